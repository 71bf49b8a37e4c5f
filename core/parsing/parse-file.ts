import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { entryPath, isCheckout } from '../config/installation.ts';
import type { Diagnostic } from '../model/errors.ts';
import { AnswerReader } from './child-protocol.ts';
import { ChildWatch, type Excess, usageOf } from './child-watch.ts';
import { PARSE_LIMITS, type ParsedFile, type ParseLimits, type ParseRequest } from './parsed-file.ts';
import { absolutePath } from './project-path.ts';
import { regularFile } from './regular-file.ts';

export interface ParseFileOptions {
  readonly projectDir: string;
  /** The DAG file, relative to the project. */
  readonly file: string;
  /**
   * Folder that `uses: ./x.ts#y` is relative to instead of the folder of the file; relative to the project.
   */
  readonly codeDir?: string;
  readonly limits?: Partial<ParseLimits>;
  /** Ends the evaluation; the answer then says so. */
  readonly signal?: AbortSignal;
}

/**
 * Evaluates one DAG file in a process of its own, with caps on time and memory and none of the secrets of
 * this process. Whatever the file does, the answer is its DAGs or diagnostics; it never rejects.
 */
export async function parseFile(options: ParseFileOptions): Promise<ParsedFile> {
  const { file, codeDir } = options;
  const refused = (rule: string, message: string, hint?: string): ParsedFile => {
    const diagnostic: Diagnostic = { severity: 'error', rule, message, file };
    return { file, dags: [], diagnostics: [hint === undefined ? diagnostic : { ...diagnostic, hint }] };
  };
  const projectDir = realpathSync(options.projectDir);
  const found = regularFile(absolutePath(projectDir, file));
  if (!found.ok) return refused('unknown-file', found.message);
  const limits = limitsOf(found.bytes, options.limits);
  const request: ParseRequest = { projectDir, file, limits, ...(codeDir === undefined ? {} : { codeDir }) };
  const ending = await runChild(request, options.signal);
  if (ending.kind === 'answer') return checked(ending.parsed, file) ?? refused('bad-answer', GARBAGE);
  const parsed = refused(ending.rule, ending.message, ending.hint);
  if (!REPEATABLE.has(ending.rule)) return parsed;
  const { failureInputs } = await import('./failure-inputs.ts');
  const inputs = failureInputs(projectDir, file);
  return inputs === undefined ? parsed : { ...parsed, inputs };
}

/** Ends of an evaluation that come from the file, not from the machine. */
const REPEATABLE: ReadonlySet<string> = new Set(['deadline', 'memory', 'ended-at-load', 'answer-too-large']);

/** The limits of a file of a size: a large one may take longer. */
function limitsOf(bytes: number, given: Partial<ParseLimits> = {}): ParseLimits {
  const limits = { ...PARSE_LIMITS, ...given };
  const megabytes = Math.min(bytes, limits.fileBytesMax) / 1_024 / 1_024;
  return { ...limits, cpuMs: Math.round(limits.cpuMs + megabytes * limits.cpuMsPerMb) };
}

type Ending =
  | { readonly kind: 'answer'; readonly parsed: ParsedFile }
  | { readonly kind: 'failed'; readonly rule: string; readonly message: string; readonly hint?: string };

const GARBAGE = 'the file wrote to the pipe that orch reads its answer from';
const STDERR_KEPT = 8_192;
/** Memory of an evaluation of nothing: Node, orch, and room for the garbage of a moment. */
const BASE_MB = 128;

function runChild(request: ParseRequest, signal: AbortSignal | undefined): Promise<Ending> {
  const { limits } = request;
  const { promise, resolve } = Promise.withResolvers<Ending>();
  const nonce = randomUUID();
  const child = startChild(request, nonce);
  const reader = new AnswerReader(nonce, limits.answerBytesMax);
  let stderr = '';
  const finish = (ending: Ending): void => {
    watch.stop();
    signal?.removeEventListener('abort', abort);
    killGroup(child);
    resolve(ending);
  };
  const fail = (rule: string, message: string, hint?: string): void =>
    finish({ kind: 'failed', rule, message, ...(hint === undefined ? {} : { hint }) });
  const abort = (): void => fail('aborted', 'the evaluation was stopped');
  const { cpuMs, waitMs, memoryMb } = limits;
  const memoryBytes = (memoryMb + BASE_MB) * 1_024 * 1_024;
  const watch = new ChildWatch(
    { cpuMs, waitMs, memoryBytes },
    () => usageOf(child.pid ?? 0),
    (excess) => fail(...excessText(excess, limits)),
  );
  watch.start();
  signal?.addEventListener('abort', abort, { once: true });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  (child.stdio[3] as Readable)
    .on('error', () => {})
    .on('data', (chunk: Buffer) => {
      const answer = reader.push(chunk);
      if (answer === 'garbage') fail('bad-answer', GARBAGE);
      else if (answer === 'too-large') fail('answer-too-large', tooLargeText(limits.answerBytesMax));
      else if (answer !== null) finish({ kind: 'answer', parsed: answer });
    });
  child.on('error', (error) => fail('internal', `the evaluation could not be started: ${error.message}`));
  child.on('close', (code, ended) => fail(...endText(code, ended, stderr, limits)));
  if (signal?.aborted) abort();
  return promise;
}

function startChild(request: ParseRequest, nonce: string): ChildProcess {
  const { cpuMs, memoryMb } = request.limits;
  const quick = isCheckout ? ['--import', new URL('./own-imports-main.ts', import.meta.url).href] : [];
  // The limit on CPU time ends an endless loop even if this process is gone and cannot kill it.
  const seconds = Math.ceil(cpuMs / 1_000) * 2 + 5;
  const heap = [`--max-old-space-size=${memoryMb}`, '--max-semi-space-size=32'];
  const entry = entryPath('core/parsing/parse-child');
  const node = [...heap, '--disable-warning=ExperimentalWarning', ...quick, entry];
  const command = ['-c', 'ulimit -t "$0"; exec "$@"', String(seconds), process.execPath, ...node];
  return spawn('/bin/sh', [...command, nonce, JSON.stringify(request)], {
    cwd: request.projectDir,
    env: { ...cleanEnvironment(process.env), ...sharedCodeCache() },
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
  });
}

const PASSED_ON = /^(PATH|HOME|LANG|LC_\w+|TZ|TMPDIR)$/;

/** What a DAG file may see of an environment: nothing that could be a secret. */
export function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passed = Object.entries(env).filter(([name]) => PASSED_ON.test(name));
  return { HOME: homedir(), ...Object.fromEntries(passed) };
}

/** Has the child share the compiled code that this process keeps, if it keeps any. */
function sharedCodeCache(): { readonly NODE_COMPILE_CACHE?: string } {
  const directory = getCompileCacheDir();
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: dirname(directory) };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nothing of it lives any more.
  }
}

function excessText(
  excess: Excess,
  { cpuMs, waitMs, memoryMb }: ParseLimits,
): [rule: string, message: string, hint: string] {
  if (excess === 'memory') {
    const message = `loading it needs more than ${memoryMb} MB of memory`;
    return ['memory', message, 'files that need more: scheduler.loadMemoryMb in airflow.yaml'];
  }
  if (excess === 'wait') {
    const message = `loading it waited for more than ${waitMs / 1_000} s: for a server or a timer?`;
    return ['deadline', message, 'a DAG file must not wait: let a task do it'];
  }
  const seconds = Math.round(cpuMs / 100) / 10;
  const guess = 'an endless loop, or work outside of tasks?';
  const message = `loading it took more than ${seconds} s of CPU time: ${guess}`;
  return ['deadline', message, 'files that need more: scheduler.loadCpu in airflow.yaml'];
}

function tooLargeText(bytes: number): string {
  return `its graph is larger than ${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function endText(
  code: number | null,
  signal: NodeJS.Signals | null,
  stderr: string,
  limits: ParseLimits,
): [rule: string, message: string, hint?: string] {
  if (/heap out of memory|Allocation failed/.test(stderr)) return excessText('memory', limits);
  if (signal === 'SIGXCPU') return excessText('cpu', limits);
  const how = signal === null ? `exit code ${code}` : signal;
  return ['ended-at-load', `loading it ended its process (${how})`];
}

/** The parsed file if it has the shape of one: code in the child could have written anything. */
function checked(parsed: ParsedFile, file: string): ParsedFile | null {
  if (typeof parsed !== 'object' || parsed === null || parsed.file !== file) return null;
  if (!Array.isArray(parsed.dags) || !Array.isArray(parsed.diagnostics)) return null;
  const isText = (value: unknown): boolean => typeof value === 'string';
  const whole = parsed.dags.every(
    (dag) => isText(dag?.graphHash) && isText(dag?.spec?.id) && isText(dag?.code?.digest),
  );
  return whole && parsed.diagnostics.every((one: Diagnostic) => isText(one?.message)) ? parsed : null;
}
