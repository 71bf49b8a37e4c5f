import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { isRunFinished } from '../../core/model/states.ts';
import { scansOf } from './scans.ts';
import { seen } from './seen.ts';
import { tempProject } from './temp-project.ts';

const DAG = `id: t
schedule: '* * * * * *'
tasks:
  s: { forEach: { over: [A, B], tasks: { a: { run: 'true', retries: 1 } } } }
  z: { run: 'test -e good', needs: [], after: [s], dependsOnPast: true, triggerRule: all_done }
`;

test('a scheduler looks through no table that grows with history', async () => {
  await using project = tempProject({ 'dags/t.yaml': DAG, good: '' });
  // A migration may look at every row, once.
  await (await project.open())[Symbol.asyncDispose]();
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
  const orch = await project.open({ schedules: true });
  const { store } = orch.project;
  const ended = async (): Promise<boolean> =>
    (await store.runs({ dagId: 't' })).filter(({ state }) => isRunFinished(state)).length >= 3;
  await seen(orch.project, ended);
  const now = orch.project.clock.now();
  const window = { fromAt: now - 60_000, toAt: now - 50_000, dueBy: now };
  const wanted = { type: 'createBackfill', dagId: 't', which: 'all', reverse: false } as const;
  const part = { scope: {}, params: {}, maxActiveRuns: 2, by: 'ann' };
  const answer = await orch.session.ask({ ...wanted, ...window, ...part });
  expect(answer).toMatchObject({ ok: true });
  const { backfillId } = (answer as unknown as { value: { backfillId: number } }).value;
  await seen(orch.project, async () => (await store.backfill(backfillId))?.state === 'done');
  const [last] = await store.runs({ dagId: 't', states: ['success'], limit: 1 });
  const retry = { type: 'retry', runUid: last?.uid ?? '', by: 'ann', tasks: [] } as const;
  await orch.session.ask({ ...retry, select: 'all', upstream: false, downstream: false });
  await orch.session.close('now');
  const again = await project.open({ schedules: true });
  await again.session.close('now');
  const texts = new Set(prepare.mock.calls.map(([text]) => text));
  await orch.project.close();
  const database = new DatabaseSync(join(project.dir, '.orch', 'orch.db'));
  const questions = [...texts].filter((text) => /^\s*(select|insert|update|delete|with)/i.test(text));
  const scans = questions.flatMap((text) => scansOf(database, text));
  // What the test looks for would be found.
  expect(scansOf(database, 'select count(*) from journal where because = 1')).toHaveLength(1);
  expect(scansOf(database, 'select * from dag_run where state = 5')).toHaveLength(1);
  database.close();
  expect(questions.length).toBeGreaterThan(10);
  expect(scans).toEqual([]);
});
