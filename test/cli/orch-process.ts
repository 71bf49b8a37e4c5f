import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { onTestFailed, onTestFinished } from 'vitest';
import { runCommand } from './served-command.ts';

const BIN = resolve(import.meta.dirname, '../../cli/orch.js');

/** How one command line ended. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line under way. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Finished>;
  /** Resolves once stdout matches; rejects if the process ends first. */
  until(pattern: RegExp): Promise<string>;
}

export interface OrchOptions {
  readonly env?: { readonly [name: string]: string };
  readonly cwd?: string;
  /** Another Node than this one. */
  readonly node?: string;
  /** What its stdin gives; nothing by default. */
  readonly input?: string;
}

/** A project of its own for a test; files by path. */
export function makeProject(files: { readonly [path: string]: string }): string {
  const dir = mkdtempSync(join(tmpdir(), 'orch-cli-'));
  for (const [path, text] of Object.entries({ 'airflow.yaml': '{}\n', ...files })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

/** Before a command line is asked again: until then the machine is free for what is waited for. */
export function beforeNextLook(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 250));
}

/** The environment of a test: nothing of the machine that changes what orch prints. */
function cleanEnvironment(more: { readonly [name: string]: string } = {}): NodeJS.ProcessEnv {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, USER: 'tester', ...more };
}

/** Starts a command line; what is left of it dies with the test, and a test that fails tells what it said. */
export function startOrch(args: readonly string[], options: OrchOptions = {}): Running {
  const child = spawn(options.node ?? process.execPath, [BIN, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: cleanEnvironment(options.env),
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(options.input);
  let stdout = '';
  let stderr = '';
  const heard: (() => void)[] = [];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const listener of heard) listener();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Finished>((done) => child.on('close', (code) => done({ code, stdout, stderr })));
  onTestFailed(() => {
    const end = child.exitCode ?? child.signalCode ?? 'still running';
    process.stderr.write(`orch ${args.join(' ')} (${end}):\n${stdout}${stderr}\n`);
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const until = (pattern: RegExp): Promise<string> =>
    new Promise((found, missed) => {
      const look = (): void => {
        if (pattern.test(stdout)) found(stdout);
      };
      heard.push(look);
      look();
      void ended.then(() => missed(new Error(`ended before ${pattern}:\n${stdout}\n${stderr}`)));
    });
  return { child, pid: child.pid ?? 0, ended, until };
}

/**
 * Runs a command line to its end: in this process, since starting one costs ten times as much as most
 * commands. What is about its process has one of its own: completion, stdin, what goes on by itself.
 */
export async function orch(args: readonly string[], options: OrchOptions = {}): Promise<Finished> {
  const { cwd = tmpdir(), env, input, node } = options;
  const isOfProcess = args.includes('--detach') || /^complet/.test(args[0] ?? '');
  if (isOfProcess || input !== undefined || node !== undefined) return startOrch(args, options).ended;
  let ended: Finished | null = null;
  onTestFailed(() => {
    const said = ended === null ? ' (did not end)' : ` (${ended.code}):\n${ended.stdout}${ended.stderr}`;
    process.stderr.write(`orch ${args.join(' ')}${said}\n`);
  });
  ended = await runCommand(args, cwd, env === undefined ? {} : { env });
  return ended;
}

/** The events of a `--json` stream. */
export function eventsOf(stdout: string): { readonly [field: string]: unknown }[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly [field: string]: unknown });
}

/** Output with what differs from run to run made equal: ids, times, durations, folders. */
export function normalized(text: string, dir = ''): string {
  return text
    .replaceAll(dir === '' ? '\u0000' : dir, '<project>')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<run>')
    .replaceAll(/\b(?=[a-f]*\d)[0-9a-f]{12}\b/g, '<run>')
    .replaceAll(/\d{2}:\d{2}:\d{2}Z/g, '<time>')
    .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, '<instant>')
    .replaceAll(/\b(?:\d+m\d{2}s|\d+(?:\.\d+)?m?s)\b/g, '<span>')
    .replaceAll(/just now|<span> ago/g, '<ago>');
}
