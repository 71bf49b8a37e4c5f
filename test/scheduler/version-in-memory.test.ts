import { expect, test } from 'vitest';
import { compileGraph } from '../../core/graph/graph.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import type { RunNo } from '../../core/model/ids.ts';
import { loadRun } from '../../core/planner/load.ts';
import { runOf } from '../contract/store/fixture.ts';
import { silentLeader } from './silent-leader.ts';

const DAG: DagSpec = { v: 1, id: 'one', tasks: [{ path: 'only', action: { kind: 'shell', run: 'true' } }] };

test('who unpauses a DAG before its file was seen brings its version along', async () => {
  const led = await silentLeader();
  const version = await led.keep(DAG);
  await led.store.ask({ type: 'pauseDag', dagId: 'one', paused: false, by: 'ann' }, 1);
  const [asked] = await led.store.pendingRequests();
  if (!asked) throw new Error('the request is lost');
  const prepared = await led.desk.prepare(asked);
  expect(prepared).toMatchObject({
    request: { kind: 'pauseDag' },
    version: { versionNo: version.versionNo },
  });
});

test('an attempt whose version is not in memory fails and says so, and waits for nobody', async () => {
  const led = await silentLeader();
  const { versionNo } = await led.keep(DAG);
  const record = runOf(1, { dagId: 'one', versionNo, params: {}, scope: {} });
  const graph = compileGraph(DAG);
  const run = loadRun(
    { run: record, expansions: [], instances: [] },
    graph,
    new Uint8Array(graph.size).fill(1),
  );
  led.leader.request({ inboxId: null, kind: 'start', run, replaces: null });
  await led.until(() => !led.leader.runs.has(1));
  expect(led.executor.submitted).toEqual([]);
  const stored = await led.store.loadRun(1 as RunNo);
  expect(stored?.instances).toMatchObject([{ state: 'failed', error: { name: 'InternalError' } }]);
});
