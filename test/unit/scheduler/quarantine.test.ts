import { expect, test } from 'vitest';
import type { RunNo } from '../../../core/model/ids.ts';
import type { PlannerEvent } from '../../../core/planner/plan.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { Quarantine } from '../../../core/scheduler/quarantine.ts';

const adopt = (inboxId: number | null): PlannerEvent => ({
  type: 'request',
  request: { inboxId, kind: 'adopt', run: {} as RunWorld },
});

test('runs to go on with are kept when memory is dropped; requests of people come again', () => {
  const pause: PlannerEvent = {
    type: 'request',
    request: { inboxId: null, kind: 'pause', runNo: 1 as RunNo },
  };
  const gone = { type: 'dag.gone', dagId: 'd', state: {} } as PlannerEvent;
  expect([adopt(null), adopt(7), pause, gone].map(Quarantine.isKept)).toEqual([true, false, false, false]);
});
