import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { RunRecord } from '../../core/model/run.ts';
import { isRunFinished } from '../../core/model/states.ts';
import { openProject } from '../../core/scheduler/project.ts';
import { seen } from './seen.ts';
import { type Opened, tempProject } from './temp-project.ts';

const SCHEDULER = { schedules: true } as const;
/** Due every second. */
const tick = (id: string, run = 'true', more = ''): string =>
  `id: ${id}\nschedule: '* * * * * *'\n${more}tasks: { a: { run: '${run}' } }\n`;
/** Never due while a test runs. */
const yearly = (id: string): string => `id: ${id}\nschedule: '@yearly'\ntasks: { a: { run: 'true' } }\n`;

async function finishedRuns(
  { project }: Opened,
  dagId: string,
  count: number,
): Promise<readonly RunRecord[]> {
  return seen(project, async () => {
    const runs = (await project.store.runs({ dagId })).filter(({ state }) => isRunFinished(state));
    return runs.length >= count && runs;
  });
}

describe('a scheduler', () => {
  test('makes a run for every slot, once, and says what became of each', async () => {
    await using project = tempProject({
      'dags/t.yaml': tick('t'),
      'dags/hand.yaml': "id: hand\ntasks: { a: { run: 'true' } }\n",
    });
    await using orch = await project.open(SCHEDULER);
    const runs = await finishedRuns(orch, 't', 3);
    for (const run of runs) {
      expect(run).toMatchObject({ state: 'success', trigger: 'schedule' });
      expect((run.logicalAt ?? 0) % 1_000).toBe(0);
      expect(run.createdAt).toBeGreaterThanOrEqual(run.logicalAt ?? 0);
    }
    const spans = await orch.project.store.slots({ dagId: 't' });
    expect(new Set(spans.map(({ firstAt }) => firstAt)).size).toBe(spans.length);
    expect(spans.filter(({ disposition }) => disposition === 'run').length).toBeGreaterThanOrEqual(3);
    expect(await orch.project.store.runs({ dagId: 'hand' })).toEqual([]);
    expect((await orch.run('hand')).run).toMatchObject({ state: 'success', trigger: 'manual' });
    expect(await orch.project.store.checkIntegrity()).toEqual([]);
  });

  test('takes up what is saved: a new file, another version, a mistake, a file that goes', async () => {
    await using project = tempProject({ 'dags/y.yaml': yearly('y') });
    await using orch = await project.open(SCHEDULER);
    const { store } = orch.project;
    const dag = (id: string) => () => store.dag(id);
    expect(await seen(orch.project, dag('y'))).toMatchObject({ present: true, versionNo: 1 });

    project.write({ 'dags/t.yaml': tick('t', 'exit 3') });
    await finishedRuns(orch, 't', 1);
    project.write({ 'dags/t.yaml': tick('t', 'true') });
    await seen(orch.project, async () => (await store.runs({ dagId: 't', states: ['success'] }))[0]);

    project.write({ 'dags/t.yaml': 'id: t\ntaks: {}\n' });
    const [broken] = await seen(orch.project, async () => {
      const files = await store.brokenFiles();
      return files.length > 0 && files;
    });
    expect(broken).toMatchObject({ file: 'dags/t.yaml', diagnostics: [{ rule: 'unknown-key' }] });
    const before = await finishedRuns(orch, 't', 1);
    await finishedRuns(orch, 't', before.length + 1);

    project.write({ 'dags/t.yaml': tick('t') });
    await seen(orch.project, async () => (await store.brokenFiles()).length === 0);
    rmSync(join(project.dir, 'dags/t.yaml'));
    expect(await seen(orch.project, async () => (await store.dag('t'))?.present === false)).toBe(true);
    expect(await store.dag('y')).toMatchObject({ present: true, versionNo: 1 });
    // Saving without a change is no new version.
    project.write({ 'dags/y.yaml': yearly('y') });
    project.write({ 'dags/z.yaml': yearly('z') });
    await seen(orch.project, dag('z'));
    expect(await store.dag('y')).toMatchObject({ versionNo: 1 });
  });

  test('goes on with the file that declares a DAG when another one declares it too', async () => {
    await using project = tempProject({ 'dags/t.yaml': tick('t') });
    await using orch = await project.open(SCHEDULER);
    await finishedRuns(orch, 't', 1);
    project.write({ 'dags/a_copy.yaml': tick('t', 'exit 3') });
    const eye = await openProject(project.dir);
    const [broken] = await seen(eye, async () => {
      const files = await eye.store.brokenFiles();
      return files.length > 0 && files;
    });
    expect(broken).toMatchObject({ file: 'dags/a_copy.yaml', diagnostics: [{ rule: 'duplicate-dag' }] });
    expect((await orch.run('t')).run).toMatchObject({ state: 'success', versionNo: 1 });
    expect(await eye.store.dag('t')).toMatchObject({ file: 'dags/t.yaml', versionNo: 1 });
    await eye.close();
  });

  test('makes no run of the past for a schedule that comes back after one that makes up', async () => {
    await using project = tempProject({ 'dags/t.yaml': tick('t') });
    await using orch = await project.open(SCHEDULER);
    // Who writes himself is not told of it.
    const eye = await openProject(project.dir);
    const { store } = eye;
    await finishedRuns(orch, 't', 1);
    project.write({ 'dags/t.yaml': `catchup: true\n${yearly('t')}` });
    await seen(eye, async () => (await store.dag('t'))?.decidedNo === 2);
    const awaySince = orch.project.clock.now();
    // At least one slot of the first schedule goes by.
    while (orch.project.clock.now() < awaySince + 1_500) await orch.run('t');
    const backAt = orch.project.clock.now();
    project.write({ 'dags/t.yaml': tick('t') });
    await seen(eye, async () => (await store.dag('t'))?.decidedNo === 1);
    const late = await seen(eye, async () => {
      const runs = await store.runs({ dagId: 't', limit: 500 });
      const made = runs.filter(({ trigger, createdAt }) => trigger === 'schedule' && createdAt > awaySince);
      return made.length > 0 && made.map(({ logicalAt }) => logicalAt ?? 0);
    });
    expect(late.filter((logicalAt) => logicalAt < backAt)).toEqual([]);
    await eye.close();
  });

  test('makes no run of the past for a schedule that came back while it was away', async () => {
    await using project = tempProject({ 'dags/t.yaml': tick('t') });
    const first = await project.open(SCHEDULER);
    await finishedRuns(first, 't', 1);
    project.write({ 'dags/t.yaml': yearly('t') });
    const eye = await openProject(project.dir);
    await seen(eye, async () => (await eye.store.dag('t'))?.decidedNo === 2);
    await eye.close();
    await first[Symbol.asyncDispose]();
    project.write({ 'dags/t.yaml': tick('t') });
    // Who triggers it stores the version, and decides of no slot.
    const hand = await project.open();
    await hand.run('t');
    expect(await hand.project.store.dag('t')).toMatchObject({ versionNo: 1, decidedNo: 2 });
    const awayUntil = hand.project.clock.now();
    await hand[Symbol.asyncDispose]();
    await using orch = await project.open(SCHEDULER);
    const { store } = orch.project;
    const [run] = await seen(orch.project, async () => {
      const runs = await store.runs({ dagId: 't' });
      const made = runs.filter(({ trigger, createdAt }) => trigger === 'schedule' && createdAt > awayUntil);
      return made.length > 0 && made.reverse();
    });
    expect(run?.logicalAt).toBeGreaterThan(awayUntil);
    expect(await store.dag('t')).toMatchObject({ decidedNo: 1 });
  });

  test('pauses a DAG and goes on, whoever asks', async () => {
    await using project = tempProject({ 'dags/t.yaml': tick('t') });
    await using orch = await project.open(SCHEDULER);
    await finishedRuns(orch, 't', 1);
    await using other = await project.open();
    const ask = (paused: boolean) => other.session.ask({ type: 'pauseDag', dagId: 't', paused, by: 'ann' });
    expect(await ask(true)).toEqual({ ok: true, value: { dagId: 't', paused: true } });
    const { store } = orch.project;
    const pausedAt = (await store.dag('t'))?.cursorAt ?? 0;
    expect((await store.dag('t'))?.paused).toBe(true);
    expect((await other.run('t')).run).toMatchObject({ state: 'success', trigger: 'manual' });
    while (orch.project.clock.now() <= pausedAt + 2_000) await other.run('t');
    expect(await ask(false)).toMatchObject({ ok: true });
    const spans = await store.slots({ dagId: 't' });
    expect(spans[0]).toMatchObject({ disposition: 'paused', because: { code: 'slot_paused' } });
    const after = (await store.dag('t'))?.cursorAt ?? 0;
    await seen(orch.project, async () => ((await store.dag('t'))?.cursorAt ?? 0) > after);
  });

  test('a pause without a scheduler holds for the next one', async () => {
    await using project = tempProject({ 'dags/t.yaml': tick('t'), 'dags/other.yaml': tick('other') });
    await using session = await project.open();
    expect(
      await session.session.ask({ type: 'pauseDag', dagId: 't', paused: true, by: 'ann' }),
    ).toMatchObject({ ok: true });
    await session.session.close();
    await using orch = await project.open(SCHEDULER);
    await finishedRuns(orch, 'other', 2);
    expect(await orch.project.store.runs({ dagId: 't' })).toEqual([]);
    expect(await orch.project.store.dag('t')).toMatchObject({ paused: true });
  });

  test('goes on with what a leader before it left, and gives a slot no second run', async () => {
    await using project = tempProject({ 'dags/t.yaml': tick('t', 'true', 'catchup: true\n') });
    const first = await project.open(SCHEDULER);
    await finishedRuns(first, 't', 2);
    await first.session.close('now');
    const left = await first.project.store.runs({ dagId: 't' });
    await first.project.close();
    await using orch = await project.open(SCHEDULER);
    const runs = await finishedRuns(orch, 't', left.length + 2);
    const slots = runs.map(({ logicalAt }) => logicalAt);
    expect(new Set(slots).size).toBe(slots.length);
    // With catchup there is a run for every second since the first one.
    const oldest = Math.min(...slots.map(Number));
    expect([...slots].map(Number).sort((a, b) => a - b)).toEqual(
      slots.map((_, index) => oldest + index * 1_000),
    );
    expect(await orch.project.store.checkIntegrity()).toEqual([]);
  });

  test('reads again where a DAG stands when the store is not as it remembers', async () => {
    await using project = tempProject({ 'dags/t.yaml': tick('t') });
    await using orch = await project.open(SCHEDULER);
    const before = await finishedRuns(orch, 't', 1);
    const database = new DatabaseSync(join(orch.project.stateDir, 'orch.db'));
    database.exec('pragma busy_timeout = 5000; update dag set cursor_at = cursor_at + 3000');
    database.close();
    const runs = await finishedRuns(orch, 't', before.length + 2);
    const slots = runs.map(({ logicalAt }) => logicalAt);
    expect(new Set(slots).size).toBe(slots.length);
    expect(await orch.project.store.checkIntegrity()).toEqual([]);
  });

  test('with mistakes in a file from before its start runs what was declared last', async () => {
    await using project = tempProject({ 'dags/t.yaml': tick('t') });
    const first = await project.open(SCHEDULER);
    await finishedRuns(first, 't', 1);
    await first.session.close();
    await first.project.close();
    project.write({ 'dags/t.yaml': 'id: [' });
    await using orch = await project.open(SCHEDULER);
    const before = await orch.project.store.runs({ dagId: 't' });
    await finishedRuns(orch, 't', before.length + 1);
    expect(await orch.project.store.brokenFiles()).toMatchObject([{ file: 'dags/t.yaml' }]);
  });
});
