import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { makeProject, type Running, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 60_000 });

/** The first and the fourth attempt wait for a file of their number; those between end at once. */
const TRIES = `id: tries
tasks:
  a:
    run: |
      echo "try $ORCH_TRY"
      case $ORCH_TRY in 1|4) while [ ! -e "go$ORCH_TRY" ]; do sleep 0.02; done;; esac
      [ "$ORCH_TRY" = 4 ]
    retries: { max: 3, delay: 1ms }
`;

/** Writes a line on which a hostile pattern takes for ever, and more lines once there is a file for it. */
const LINES = `id: lines
tasks:
  a:
    run: |
      echo "begin ${'a'.repeat(60)}b"
      while [ ! -e more ]; do sleep 0.02; done
      while true; do echo more; sleep 0.05; done
`;

/** Follows the logs of a run whose first task has started. */
async function follow(dag: string, ...args: string[]): Promise<{ dir: string; logs: Running }> {
  const dir = makeProject({ 'dags/tries.yaml': TRIES, 'dags/lines.yaml': LINES });
  await startOrch(['-C', dir, 'trigger', dag, '-v']).until(/start +a/);
  return { dir, logs: startOrch(['-C', dir, 'logs', 'last', 'a', '-f', ...args]) };
}

describe('logs --follow', () => {
  test('tells each attempt once, also those that end at once, and ends with the run', async () => {
    const { dir, logs } = await follow('tries');
    await logs.until(/try 1/);
    writeFileSync(join(dir, 'go1'), '');
    await logs.until(/try 4/);
    writeFileSync(join(dir, 'go4'), '');
    const lines = [1, 2, 3, 4].map((tryNo) => `a | try ${tryNo}\n`);
    expect(await logs.ended).toEqual({ code: 0, stdout: lines.join(''), stderr: '' });
  });

  test('refuses a pattern that takes too long', async () => {
    const { logs } = await follow('lines', '--grep', 'begin (a+)+$');
    const { code, stderr } = await logs.ended;
    expect([code, stderr]).toEqual([
      3,
      'error  The search pattern /begin (a+)+$/ takes too long here; use a simpler one or a plain text.\n',
    ]);
  });

  test('ends when nobody reads any more, while the run goes on', async () => {
    const { dir, logs } = await follow('lines');
    await logs.until(/begin/);
    logs.child.stdout?.destroy();
    writeFileSync(join(dir, 'more'), '');
    expect((await logs.ended).code).toBe(0);
  });
});
