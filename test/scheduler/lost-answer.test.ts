import { expect, test } from 'vitest';
import type { DagSpec } from '../../core/model/dag.ts';
import { AppError } from '../../core/model/errors.ts';
import type { NodeNo } from '../../core/model/ids.ts';
import type { RunWorld } from '../../core/planner/run-world.ts';
import { silentLeader } from './silent-leader.ts';

const PASS = { action: { kind: 'shell', run: 'true' } } as const;
const DAG: DagSpec = {
  v: 1,
  id: 'two',
  tasks: [
    { path: 'marked', ...PASS },
    { path: 'other', ...PASS },
  ],
};

test('an attempt that a stored turn ended is stopped although the answer of the store was lost', async () => {
  let isLost = false;
  const led = await silentLeader((tick, write) => {
    const result = write();
    const marks = tick.actions.some((one) => one.type === 'instance' && one.nodeNo === 0 && one.to === 7);
    if (!marks || isLost) return result;
    isLost = true;
    throw new AppError('internal', 'the answer is lost');
  });
  await led.start(1, DAG);
  const run = led.leader.runs.get(1) as RunWorld;
  const mark = { kind: 'markTask', by: 'ann', node: 0 as NodeNo, state: 'success' } as const;
  led.leader.request({ inboxId: null, run, ...mark });
  await led.until(() => isLost && led.leader.runs.get(1) !== run && led.leader.runs.has(1));
  expect(led.executor.stopped).toEqual(['1.0.1']);
  led.executor.end('1.0.1', { kind: 'stopped' });
  led.executor.end('1.1.1', { kind: 'success' });
  await led.until(() => !led.leader.runs.has(1));
  const counts = await led.store.runs({ dagId: 'two', limit: 1 });
  expect(counts).toMatchObject([{ state: 'success' }]);
});
