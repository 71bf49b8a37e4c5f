/**
 * Entry of the process that evaluates one DAG file. Asked by its argument, it answers on its own pipe and is
 * then killed by its parent, together with everything that the file started.
 */
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import type { Diagnostic } from '../model/errors.ts';
import { type CaughtAct, guardProcess } from './child-guards.ts';
import { ANSWER_FD, answerFrame } from './child-protocol.ts';
import { loadProblem } from './load-problem.ts';
import { parseProjectFile } from './parse-project-file.ts';
import type { ParsedFile, ParseRequest } from './parsed-file.ts';
import { registerOrchResolver } from './resolver.ts';
import { SourceTexts } from './source-text.ts';

const { reallyExit } = process as unknown as { reallyExit(code: number): never };
const exit = reallyExit.bind(process);
const [, , nonce = '', requestText = '{}'] = process.argv;
const request = JSON.parse(requestText) as ParseRequest;
process.argv.length = 2;
delete process.env['NODE_COMPILE_CACHE'];
// The YAML library asks for a variable at every token, and the system is slow to answer: a copy is not.
if (/\.ya?ml$/.test(request.file)) process.env = { ...process.env };
let answered = false;

process.stdin.on('end', () => exit(1)).resume();
(process.stdin as unknown as { unref(): void }).unref();
process.on('beforeExit', () => {
  if (answered) return;
  const message = 'loading it never ends: a promise that it awaits at top level is never settled';
  answer({ file: request.file, dags: [], diagnostics: [failure('never-loaded', message)] });
});

registerOrchResolver({ projectDir: request.projectDir });
const caught = guardProcess();
try {
  const parsed = await parseProjectFile(request);
  await turn();
  answer(caught.length === 0 ? parsed : refused(parsed, caught));
} catch (error) {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  answer({ file: request.file, dags: [], diagnostics: [failure('internal', message)] });
}

function refused(parsed: ParsedFile, acts: readonly CaughtAct[]): ParsedFile {
  const { projectDir, file } = request;
  const loaded = { projectDir, files: [file], texts: new SourceTexts(projectDir) };
  const acted = acts.map(({ rule, message, error }) => ({ ...loadProblem(error, loaded), rule, message }));
  const known = new Set(acted.map((one) => `${one.file}:${one.line}`));
  const others = parsed.diagnostics.filter((one) => !known.has(`${one.file}:${one.line}`));
  return { file, dags: [], diagnostics: [...distinct(acted), ...others] };
}

/** The same act of both evaluations of a file is one. */
function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((one) => [`${one.file}:${one.line}:${one.message}`, one])).values()];
}

function failure(rule: string, message: string): Diagnostic {
  return { severity: 'error', rule, message, file: request.file };
}

function answer(parsed: ParsedFile): void {
  answered = true;
  flushCompileCache();
  const frame = answerFrame(nonce, parsed);
  for (let at = 0; at < frame.length; ) at += writeSome(frame, at);
}

function writeSome(frame: Buffer, at: number): number {
  try {
    return writeSync(ANSWER_FD, frame, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    return 0;
  }
}
