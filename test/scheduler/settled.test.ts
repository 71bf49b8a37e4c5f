import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { DagSpec } from '../../core/model/dag.ts';
import type { RunNo } from '../../core/model/ids.ts';
import type { Request } from '../../core/model/request.ts';
import type { InboxRecord } from '../../core/store/store.ts';
import { silentLeader } from './silent-leader.ts';

const DAG: DagSpec = { v: 1, id: 'one', tasks: [{ path: 'only', action: { kind: 'shell', run: 'true' } }] };

test('a request about a run is decided on what was decided of it before, stored or not', async () => {
  let stored: Promise<void> | null = null;
  const led = await silentLeader((_, write) => (stored === null ? write() : stored.then(write)));
  await led.start(1, DAG);
  const { uid } = (await led.store.run(1 as RunNo)) ?? {};
  await led.store.ask({ type: 'markRun', runUid: uid ?? '', by: 'ann', state: 'failed' }, 1);
  const [asked] = await led.store.pendingRequests();
  if (!asked) throw new Error('the request is lost');

  const { promise, resolve: store } = Promise.withResolvers<void>();
  stored = promise;
  led.executor.end('1.0.1', { kind: 'success' });
  await turn();
  const preparing = led.desk.prepare(asked);
  await turn();
  store();
  const { request, version } = await preparing;
  expect(request).toMatchObject({ kind: 'markRun', run: { record: { state: 'success' } } });
  led.leader.request(request, version);
  await led.leader.settled();
  expect(await led.store.run(1 as RunNo)).toMatchObject({ state: 'failed' });
});

test('a request about a run that one before it takes up again finds it open', async () => {
  let stored: Promise<void> | null = null;
  const led = await silentLeader((_, write) => (stored === null ? write() : stored.then(write)));
  await led.start(1, DAG);
  led.executor.end('1.0.1', { kind: 'success' });
  await led.until(() => !led.leader.runs.has(1));
  const uid = (await led.store.run(1 as RunNo))?.uid ?? '';
  const by = { runUid: uid, by: 'ann' };
  const retry = {
    type: 'retry',
    ...by,
    select: 'all',
    tasks: [],
    upstream: false,
    downstream: false,
    latest: false,
  };
  await led.store.ask(retry as Request, 1);
  await led.store.ask({ type: 'cancel', ...by }, 1);
  const [first, second] = (await led.store.pendingRequests()) as [InboxRecord, InboxRecord];

  const { promise, resolve: store } = Promise.withResolvers<void>();
  const prepared = await led.desk.prepare(first);
  stored = promise;
  led.leader.request(prepared.request, prepared.version);
  await turn();
  const cancel = await led.desk.prepare(second);
  expect(cancel.request).toMatchObject({ kind: 'cancel', runNo: 1 });
  led.leader.request(cancel.request);
  store();
  await led.until(() => led.executor.stopped.length > 0);
  led.executor.end('1.0.2', { kind: 'stopped' });
  await led.until(() => !led.leader.runs.has(1));
  expect(await led.store.run(1 as RunNo)).toMatchObject({ state: 'cancelled' });
});
