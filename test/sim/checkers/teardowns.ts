import type { TaskSpec } from '../../../core/model/dag.ts';
import { TASK_STATES } from '../../../core/model/states.ts';
import type { SimHistory, Violation } from '../history.ts';
import { holds, Replay, type RunNow } from './replay.ts';
import { upstreams } from './rules.ts';

/** S10: of a run that is ended early a teardown that was not ready begins once nothing else of it runs. */
export function checkTeardowns(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const replay = new Replay(history);
  const ready = new Map<RunNow, ReadonlySet<number>>();
  for (const written of history.written) {
    replay.apply(written);
    for (const action of written.actions) {
      if (action.type === 'run.change') {
        const run = replay.runs.get(action.runNo) as RunNow;
        if (run.abort === null) ready.delete(run);
        else if (!ready.has(run)) ready.set(run, readyIn(run));
      }
      if (action.type !== 'instance' || TASK_STATES[action.to] !== 'queued') continue;
      const run = replay.runs.get(action.runNo) as RunNow;
      const { spec } = run.layout.at(action.nodeNo);
      if (run.abort === null || run.touched || !(spec as TaskSpec).teardown) continue;
      if (action.tryNo > 1 || ready.get(run)?.has(action.nodeNo)) continue;
      checkAlone(run, action.nodeNo, found);
    }
  }
  return found;
}

/** Teardowns for which nothing was missing when their run began to end. */
function readyIn(run: RunNow): ReadonlySet<number> {
  const ready = new Set<number>();
  for (const place of run.layout.all()) {
    if (place.kind !== 'task' || !(place.spec as TaskSpec).teardown) continue;
    const { states } = upstreams(run, place, run.abort?.code);
    if (!states.includes('open')) ready.add(place.node);
  }
  return ready;
}

function checkAlone(run: RunNow, teardown: number, found: Violation[]): void {
  const { runNo } = run.record;
  for (const [node, { state }] of run.nodes) {
    const { kind, spec } = run.layout.at(node);
    if (kind === 'task' && holds(state) && !(spec as TaskSpec).teardown)
      found.push({
        invariant: 'S10',
        text: `teardown ${runNo}.${teardown} starts while ${runNo}.${node} is ${state}`,
      });
  }
}
