import { execFileSync, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { displayWidth } from '../../cli/render/text-width.ts';
import { makeProject } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const BIN = resolve(import.meta.dirname, '../../cli/orch.js');

const DAG = `id: demo
params: { symbols: { type: array, items: { type: string }, default: [A, B, C, D, E, F, G, H, I, J, K, L] } }
maxActiveTasks: 100
tasks:
  symbol:
    forEach:
      over: \${{ params.symbols }}
      returns: two
      tasks:
        one: { run: 'test "$KEY" != B', env: { KEY: "\${{ item }}" } }
        two: { run: "sleep 0.3", needs: [one] }
`;

/** Whether this machine has a \`script\` that can make a terminal for a command. */
function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
}

/** Everything that a command line writes to a terminal of a size. */
function inTerminal(
  command: string,
  size: { columns: number; rows: number },
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const line = `stty cols ${size.columns} rows ${size.rows}; ${command}; echo "exit $?"`;
  const { PATH, HOME } = process.env;
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    env: { PATH, HOME, TERM: 'xterm-256color', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return new Promise((done) => child.on('close', () => done(text)));
}

const orchLine = (...words: string[]): string => [process.execPath, BIN, ...words].join(' ');
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const ESCAPES = /\u001B\[[0-9;?]*[A-Za-z]/g;

/** Lines as they were written, the escape sequences that place them taken away. */
const linesOf = (text: string): string[] => text.replaceAll(ESCAPES, '\n').split(/[\r\n]+/);

// Needs the script command of util-linux, which gives a command a terminal of its own.
test.skipIf(!hasScript())(
  'a run in a terminal: finished keys scroll, a small block is redrawn, the result stays',
  async () => {
    const dir = makeProject({ 'dags/demo.yaml': DAG });
    for (const size of [
      { columns: 80, rows: 24 },
      { columns: 140, rows: 50 },
    ]) {
      const text = await inTerminal(orchLine('-C', dir, 'trigger', 'demo'), size);
      const plain = text.replaceAll(ESCAPES, '');
      expect(plain).toMatch(/▸ demo run \S+ {2}started: 2 tasks/);
      expect(plain).toMatch(/✓ symbol\[A\] +one \S+ → two \S+/);
      expect(plain).toMatch(/✗ symbol\[B\] +one ✗ \S+ → two ⇡/);
      expect(plain).toMatch(/▶ symbol +\d+\/\d+ ✓/);
      expect(plain).toContain('Ctrl-C cancels');
      expect(plain).toMatch(
        /FAILED 22 ok, 1 failed, 1 upstream_failed in \S+\s+Retry: orch retry \S+ --failed\s+exit 1/,
      );
      expect(text).toContain('\u001B[');
      for (const line of linesOf(text)) expect(displayWidth(line)).toBeLessThanOrEqual(size.columns);
    }
  },
);

// Needs the script command of util-linux, which gives a command a terminal of its own.
test.skipIf(!hasScript())('without colours, in CI and in a dumb terminal', async () => {
  const dir = makeProject({ 'dags/demo.yaml': DAG });
  const size = { columns: 80, rows: 24 };
  const trigger = orchLine('-C', dir, 'trigger', 'demo', '-p', 'symbols=A');
  const bare = await inTerminal(trigger, size, { NO_COLOR: '1' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for
  expect(bare).not.toMatch(/\u001B\[(?:[39][0-7]|1|2)m/);
  for (const env of [{ CI: 'true' }, { TERM: 'dumb' }]) {
    const text = await inTerminal(trigger, size, env);
    const plain = text.replaceAll(ESCAPES, '');
    expect(plain).toMatch(/ok {4}symbol\[A\]\.two/);
    expect(text).not.toContain('\u001B[2K');
    expect(plain).not.toContain('▸');
  }
});
