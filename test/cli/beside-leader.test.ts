import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { eventsOf, makeProject, orch, type Running, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

/** Both DAGs wait for the file `go`. */
const FILES = {
  'dags/work.yaml': `id: work
tasks:
  first: { run: "echo first" }
  gate: { run: "while [ ! -e go ]; do sleep 0.05; done", needs: [first] }
`,
  'dags/other.yaml': `id: other
tasks:
  wait: { run: "while [ ! -e go ]; do sleep 0.05; done" }
`,
};

interface Situation {
  readonly dir: string;
  /** A run of `work` whose process was killed. */
  readonly interrupted: string;
  /** Leads, for a run of its own. */
  readonly leader: Running;
  readonly run: (...args: string[]) => Running;
  readonly states: () => Promise<{ [runId: string]: string }>;
  readonly open: () => void;
}

async function interruptedBesideLeader(): Promise<Situation> {
  const dir = makeProject(FILES);
  const run = (...args: string[]) => startOrch(['-C', dir, ...args]);
  const killed = run('trigger', 'work', '--json');
  const told = await killed.until(/"task.finished".*"first"/);
  killed.child.kill('SIGKILL');
  await killed.ended;
  const leader = run('trigger', 'other', '--verbose');
  await leader.until(/start {1,2}wait/);
  const states = async () => {
    const { items } = JSON.parse((await orch(['-C', dir, 'runs', '--dag', 'work', '--json'])).stdout);
    return Object.fromEntries(items.map((one: { runId: string; state: string }) => [one.runId, one.state]));
  };
  const interrupted = String(eventsOf(told)[0]?.['runId']);
  return { dir, interrupted, leader, run, states, open: () => writeFileSync(join(dir, 'go'), '') };
}

test.each<[string, (runId: string) => string[]]>([
  ['the same trigger', () => ['trigger', 'work']],
  ['a retry', (runId) => ['retry', runId]],
])('%s goes on with an interrupted run also while another process leads', async (_, words) => {
  const { interrupted, leader, run, states, open } = await interruptedBesideLeader();
  const resumed = run(...words(interrupted));
  await resumed.until(/resumed: it was interrupted after 1 of 2 tasks/);
  const again = await run('retry', interrupted).ended;
  expect([again.code, again.stderr]).toEqual([5, expect.stringContaining('is under way: orch watch')]);
  open();
  expect((await resumed.ended).code).toBe(0);
  expect((await leader.ended).code).toBe(0);
  expect(await states()).toEqual({ [interrupted]: 'success' });
});

test('the same trigger beside a run that is led starts another one', async () => {
  const { interrupted, run, states, open } = await interruptedBesideLeader();
  const resumed = run('trigger', 'work');
  await resumed.until(/resumed/);
  const second = run('trigger', 'work');
  await second.until(/started/);
  const third = run('trigger', 'work', '--new');
  await third.until(/started/);
  open();
  expect(await Promise.all([resumed, second, third].map(async ({ ended }) => (await ended).code))).toEqual([
    0, 0, 0,
  ]);
  const after = await states();
  expect([Object.keys(after).length, after[interrupted]]).toEqual([3, 'success']);
});

test('--new replaces an interrupted run also while another process leads', async () => {
  const { interrupted, run, states, open } = await interruptedBesideLeader();
  const fresh = run('trigger', 'work', '--new');
  await fresh.until(/started/);
  open();
  expect((await fresh.ended).code).toBe(0);
  const after = await states();
  expect([Object.keys(after).length, after[interrupted]]).toEqual([2, 'cancelled']);
});
