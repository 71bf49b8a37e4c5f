import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunRecord } from '../../core/model/run.ts';
import { isRunFinished } from '../../core/model/states.ts';
import { openProject } from '../../core/scheduler/project.ts';
import { openSession } from '../../core/scheduler/session.ts';
import { seen } from './seen.ts';
import { newUid, type Opened, outputsOf, tempProject, triggerRequest } from './temp-project.ts';

const SCHEDULER = { schedules: true } as const;
const CODE = (value: string): string => `export const a = () => '${value}';\n`;
/** Due every second. */
const DAG = (task: string): string =>
  `id: t\nschedule: '* * * * * *'\ntasks: { ${task}: { uses: './t/a.ts#a' } }\n`;
/** Never due while a test runs. */
const IDLE = (text: string): string => `id: t\nschedule: '@yearly'\ntasks: { a: { run: 'echo ${text}' } }\n`;
/** Waits for the file `go`. */
const WAITING = `id: t
tasks: { a: { run: 'while [ ! -e go ]; do sleep 0.05; done' } }
`;
const FILES = { 'dags/t.yaml': DAG('a'), 'dags/t/a.ts': CODE('one') };

const ask = ({ session }: Opened, versionNo: number | null, dagId = 't') =>
  session.ask({ type: 'rollBackDag', dagId, versionNo, by: 'ann' });

/** The next run of the schedule that has a version and is over. */
function runOf({ project }: Opened, versionNo: number, after = 0): Promise<RunRecord> {
  return seen(project, async () => {
    const runs = await project.store.runs({ dagId: 't' });
    return runs.find(
      (run) =>
        run.versionNo === versionNo &&
        run.trigger === 'schedule' &&
        run.runNo > after &&
        isRunFinished(run.state),
    );
  });
}

async function outputOf(orch: Opened, run: RunRecord): Promise<object> {
  return outputsOf(await orch.finish(run.runNo));
}

describe('a DAG that is rolled back', () => {
  test('makes runs with the old graph and code, until its file changes, over a restart too', async () => {
    await using made = tempProject(FILES);
    const first = await made.open(SCHEDULER);
    await runOf(first, 1);
    made.write({ 'dags/t.yaml': DAG('b'), 'dags/t/a.ts': CODE('two') });
    const second = await seen(first.project, async () => {
      const [newest] = await first.project.store.versionsOf('t', 1);
      const code = newest?.spec.tasks[0]?.path === 'b' ? newest : null;
      const runs = await first.project.store.runs({ dagId: 't', states: ['success'] });
      const run = runs.find((one) => one.versionNo === code?.versionNo);
      return run && JSON.stringify(await outputOf(first, run)) === '{"b":"two"}' && run;
    });
    const back = await ask(first, 1);
    expect(back).toEqual({ ok: true, value: { dagId: 't', version: 1, isRolledBack: true } });
    const old = await runOf(first, 1, second.runNo);
    expect(await outputOf(first, old)).toEqual({ a: 'one' });
    expect((await first.run('t')).run.versionNo).toBe(1);
    const { store } = first.project;
    const newest = (await store.counters()).runNo;
    await first.session.close();
    await first.project.close();

    await using again = await made.open(SCHEDULER);
    await runOf(again, 1, newest);
    const between = (await again.project.store.runs({ dagId: 't' })).filter(({ runNo }) => runNo > old.runNo);
    expect(new Set(between.map(({ versionNo }) => versionNo))).toEqual(new Set([1]));
    const lines = await again.project.store.journal({ limit: 100_000 });
    expect(
      lines.filter(({ because }) => because.code === 'rolled_back').map(({ because }) => because.text),
    ).toEqual(['New runs of DAG t have version 1, until its file changes: ann has asked for it.']);

    made.write({ 'dags/t/a.ts': CODE('three') });
    const [third] = await seen(again.project, async () => {
      const runs = (await again.project.store.runs({ dagId: 't', states: ['success'] })).filter(
        ({ versionNo }) => versionNo > second.versionNo,
      );
      return runs.length > 0 && runs;
    });
    expect(await outputOf(again, third as RunRecord)).toEqual({ b: 'three' });
    expect(await again.project.store.pins()).toEqual([]);
    expect(await again.project.store.checkIntegrity()).toEqual([]);
  });

  test('stays at its version over changes of its file when it is held', async () => {
    await using made = tempProject(FILES);
    await using orch = await made.open(SCHEDULER);
    await runOf(orch, 1);
    made.write({ 'dags/t/a.ts': CODE('two') });
    await runOf(orch, 2);
    const held = { type: 'rollBackDag', dagId: 't', versionNo: 1, held: true, by: 'ann' } as const;
    expect(await orch.session.ask(held)).toMatchObject({ ok: true });
    made.write({ 'dags/t/a.ts': CODE('three') });
    const { store } = orch.project;
    await seen(orch.project, async () => (await store.pins())[0]?.declaredNo === 3);
    await runOf(orch, 1, (await store.counters()).runNo);
    const tried = await orch.session.ask({ ...triggerRequest('t'), versionNo: 3 } as never);
    if (!tried.ok) throw new Error(tried.message);
    const view = await orch.finish((tried.value as { runNo: never }).runNo);
    expect([view.run.versionNo, outputsOf(view)]).toEqual([3, { a: 'three' }]);
    expect(await ask(orch, null)).toMatchObject({ ok: true, value: { version: 3 } });
    await runOf(orch, 3);
  });

  test('keeps runs under way as they are, and ends where its file is', async () => {
    await using made = tempProject({
      ...FILES,
      'dags/t.yaml': WAITING,
    });
    await using orch = await made.open();
    const open = await orch.trigger('t');
    made.write({ 'dags/t.yaml': "id: t\ntasks: { a: { run: 'true' } }\n" });
    expect((await orch.run('t')).run.versionNo).toBe(2);
    expect(await ask(orch, 1)).toMatchObject({ ok: true });
    made.write({ go: '' });
    expect((await orch.finish(open)).run).toMatchObject({ versionNo: 1, state: 'success' });
    expect((await orch.run('t')).run.versionNo).toBe(1);
    expect(await ask(orch, null)).toEqual({
      ok: true,
      value: { dagId: 't', version: 2, isRolledBack: false },
    });
    expect((await orch.run('t')).run.versionNo).toBe(2);
  });

  test('may have a file that is broken; one that nobody has seen yet counts as declared', async () => {
    await using made = tempProject({ 'dags/t.yaml': "id: t\ntasks: { a: { run: 'true' } }\n" });
    await using orch = await made.open();
    await orch.run('t');
    made.write({ 'dags/t.yaml': "id: t\ntasks: { b: { run: 'true' } }\n" });
    expect(await ask(orch, 1)).toMatchObject({ ok: true });
    expect((await orch.run('t')).run.versionNo).toBe(1);
    expect((await orch.project.store.pins())[0]).toMatchObject({ versionNo: 1, declaredNo: 2 });
    made.write({ 'dags/t.yaml': 'id: [' });
    expect(await ask(orch, null)).toMatchObject({ ok: true, value: { version: 2 } });
  });

  test('needs a version that is its own, with its code', async () => {
    await using made = tempProject({ ...FILES, 'dags/u.yaml': "id: u\ntasks: { a: { run: 'true' } }\n" });
    await using orch = await made.open();
    await orch.run('u');
    await orch.run('t');
    expect(await ask(orch, 1)).toMatchObject({ ok: false, code: 'not_found' });
    expect(await ask(orch, 77)).toMatchObject({ ok: false, code: 'not_found' });
    expect(await ask(orch, 1, 'none')).toMatchObject({ ok: false, code: 'not_found' });
    made.write({ 'dags/t/a.ts': CODE('two') });
    await orch.run('t');
    rmSync(join(orch.project.stateDir, 'code'), { recursive: true });
    expect(await ask(orch, 2)).toMatchObject({
      ok: false,
      code: 'conflict',
      message: 'the code of version 2 of DAG t is not kept here',
    });
    expect(await orch.project.store.pins()).toEqual([]);
  });

  test('has its new version when its file comes back to it after it was at the old one', async () => {
    await using made = tempProject({ 'dags/t.yaml': IDLE('one') });
    await using orch = await made.open(SCHEDULER);
    // Whoever writes himself is not told of it.
    const eye = await openProject(made.dir);
    const { store } = eye;
    const inForce = (no: number) => seen(eye, async () => (await store.dag('t'))?.versionNo === no);
    made.write({ 'dags/t.yaml': IDLE('two') });
    await inForce(2);
    expect(await ask(orch, 1)).toMatchObject({ ok: true });
    made.write({ 'dags/t.yaml': IDLE('one') });
    await seen(eye, async () => (await store.pins()).length === 0);
    made.write({ 'dags/t.yaml': IDLE('two') });
    await inForce(2);
    expect(await store.pins()).toEqual([]);
    await eye.close();
  });

  test('stays rolled back when a scheduler that begins has read the store before', async () => {
    await using made = tempProject({ 'dags/t.yaml': IDLE('one') });
    const by = await made.open();
    await by.run('t');
    made.write({ 'dags/t.yaml': IDLE('two') });
    await by.run('t');
    await by[Symbol.asyncDispose]();
    const [project, other] = await Promise.all([openProject(made.dir), openProject(made.dir)]);
    const pins = project.store.pins.bind(project.store);
    project.store.pins = async () => {
      const read = await pins();
      project.store.pins = pins;
      const asking = await openSession(other, { warm: false });
      const request = { type: 'rollBackDag', dagId: 't', versionNo: 1, by: 'ann' } as const;
      expect(await asking.ask(request)).toMatchObject({ ok: true });
      await asking.close();
      return read;
    };
    const session = await openSession(project, { schedules: true });
    const uid = newUid();
    expect(await session.ask(triggerRequest('t', {}, uid))).toMatchObject({ ok: true });
    expect(await other.store.runsByUid(uid)).toMatchObject([{ versionNo: 1 }]);
    await session.close('now');
    await Promise.all([project.close(), other.close()]);
  });
});
