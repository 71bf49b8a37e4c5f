import { watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Child } from './child-process.ts';
import { newUid, statesOf, type TempProject, tempProject } from './temp-project.ts';
import { readWitness, violations, witnessModule } from './witness.ts';

const TRIGGER = new URL('./trigger-child.ts', import.meta.url);
const FILES = {
  'dags/chains.ts': `
import { dag } from 'orch';
import { busy, step } from './chains/body.ts';
export default dag({ id: 'chains' }, (d) => {
  d.forEach('chain', { over: ['a', 'b', 'c'] }, (g) => {
    const one = g.task('one', step);
    const two = g.task('two', { after: [one] }, busy);
    return g.task('three', { after: [two] }, step);
  });
});
`,
  'dags/chains/body.ts': witnessModule({
    step: 'await new Promise((resolve) => setTimeout(resolve, 120));',
    // Hears no signal: only a kill ends it.
    busy: 'for (const end = performance.now() + 400; performance.now() < end; );',
  }),
  'dags/gated.ts': `
import { dag } from 'orch';
import { pass } from './gated/body.ts';
export default dag({ id: 'gated' }, (d) => { d.task('gate', pass); });
`,
  'dags/gated/body.ts': witnessModule({
    // Ends once the test has opened the gate.
    pass: `const { existsSync, watch } = await import('node:fs');
  const isOpen = () => existsSync(ctx.projectDir + '/open');
  await new Promise((resolve) => {
    const watcher = watch(ctx.projectDir, () => { if (isOpen()) { watcher.close(); resolve(); } });
    if (isOpen()) { watcher.close(); resolve(); }
  });`,
  }),
};

const ALL_DONE = { runs: 'success', instances: 9 };

async function outcomeOf(project: TempProject, uid: string) {
  await using orch = await project.open();
  const [run] = await orch.project.store.runsByUid(uid);
  if (!run) throw new Error('no run');
  const view = await orch.finish(run.runNo);
  const done = Object.values(statesOf(view)).filter((state) => state === 'success').length;
  expect(await orch.project.store.checkIntegrity()).toEqual([]);
  return { runs: view.run.state, instances: done };
}

/** Resolves once the witness has at least so many lines. */
async function witnessReaches(dir: string, lines: number): Promise<void> {
  if (readWitness(dir).length >= lines) return;
  const watcher = watch(dir);
  await new Promise<void>((resolve) => {
    watcher.on('change', () => {
      if (readWitness(dir).length >= lines) resolve();
    });
    if (readWitness(dir).length >= lines) resolve();
  });
  watcher.close();
}

describe('two processes on one store', () => {
  test('one leads, the other follows; both see the end', async () => {
    await using project = tempProject(FILES);
    const uid = newUid();
    const leader = new Child(TRIGGER, [project.dir, 'trigger', 'gated', uid]);
    await leader.line('asked');
    const follower = new Child(TRIGGER, [project.dir, 'follow', uid]);
    expect(await follower.line('following')).toBe('following');
    await follower.line('asked');
    writeFileSync(join(project.dir, 'open'), '');
    await Promise.all([leader.line('success'), follower.line('success')]);
    expect(await Promise.all([leader.exited, follower.exited])).toEqual([0, 0]);
    expect(violations(readWitness(project.dir))).toEqual([]);
  });

  test('kill -9 of the leader: the follower takes over and finishes the run', async () => {
    await using project = tempProject(FILES);
    const uid = newUid();
    const leader = new Child(TRIGGER, [project.dir, 'trigger', 'chains', uid]);
    await leader.line('asked');
    const follower = new Child(TRIGGER, [project.dir, 'follow', uid]);
    await follower.line('asked');
    await witnessReaches(project.dir, 3);
    await leader.kill();
    expect(await follower.line('success')).toBe('success');
    expect(await follower.exited).toBe(0);
    expect(violations(readWitness(project.dir))).toEqual([]);
    expect(await outcomeOf(project, uid)).toEqual(ALL_DONE);
  });

  test('a leader whose own run ends leaves; the run of the follower goes on', async () => {
    await using project = tempProject(FILES);
    const [first, second] = [newUid(), newUid()];
    const leader = new Child(TRIGGER, [project.dir, 'trigger', 'chains', first]);
    await leader.line('leading');
    await witnessReaches(project.dir, 4);
    const follower = new Child(TRIGGER, [project.dir, 'trigger', 'chains', second]);
    await Promise.all([leader.line('success'), follower.line('success')]);
    expect(violations(readWitness(project.dir))).toEqual([]);
    expect(await outcomeOf(project, second)).toEqual(ALL_DONE);
  });
});

describe('kill -9 and start again', () => {
  test.each([1, 10])('after %i witnessed marks: nothing is lost, nothing runs twice', async (marks) => {
    await using project = tempProject(FILES);
    const uid = newUid();
    const first = new Child(TRIGGER, [project.dir, 'trigger', 'chains', uid]);
    await witnessReaches(project.dir, marks);
    await first.kill();
    const second = new Child(TRIGGER, [project.dir, 'follow', uid]);
    expect(await second.line('success')).toBe('success');
    const lines = readWitness(project.dir);
    expect(violations(lines)).toEqual([]);
    expect(new Set(lines.filter((line) => line.mark === 'END').map((line) => line.instance)).size).toBe(9);
    expect(await outcomeOf(project, uid)).toEqual(ALL_DONE);
  });
});
