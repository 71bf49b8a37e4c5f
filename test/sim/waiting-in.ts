import { S } from '../../core/model/states.ts';
import type { Leader } from '../../core/scheduler/leader.ts';
import type { Waiting } from './history.ts';

/** What is ready in running runs and has no slot. */
export function waitingIn(leader: Leader): Waiting[] {
  const waiting: Waiting[] = [];
  for (const run of leader.runs.values()) {
    if (run.record.state !== 'running') continue;
    for (const { node } of run.existing())
      if (run.state[node] === S.scheduled) waiting.push({ runNo: run.record.runNo, nodeNo: node });
  }
  return waiting;
}
