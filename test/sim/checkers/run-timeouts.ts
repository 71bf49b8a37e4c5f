import { isRunFinished, TASK_STATES } from '../../../core/model/states.ts';
import type { SimHistory, Violation } from '../history.ts';
import { Replay } from './replay.ts';

/** L3: a run whose timeout is over is ended before anything else of it starts; its teardowns may then. */
export function checkRunTimeouts(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const replay = new Replay(history);
  for (const written of history.written) {
    replay.apply(written);
    for (const action of written.actions) {
      if (action.type !== 'instance' || TASK_STATES[action.to] !== 'queued') continue;
      const run = replay.runs.get(action.runNo);
      if (run === undefined || run.startedAt === null || run.abort || isRunFinished(run.state)) continue;
      const timeoutMs = history.versions.get(run.versionNo)?.spec.timeoutMs ?? Number.POSITIVE_INFINITY;
      const overMs = written.at - run.startedAt - timeoutMs;
      if (overMs >= 0)
        found.push({
          invariant: 'L3',
          text: `${action.runNo}.${action.nodeNo} starts ${overMs} ms after the timeout of its run`,
        });
    }
  }
  return found;
}
