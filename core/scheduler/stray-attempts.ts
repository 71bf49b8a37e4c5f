import { type AttemptId, parseAttemptId, type RunNo } from '../model/ids.ts';
import { S } from '../model/states.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { attemptsOf } from './quarantine.ts';

/**
 * Attempts under way whose instances neither wait for a process nor have one, as the store has the run, or
 * whose run is not there. They were ended by a turn that was stored and not carried out: its leader never
 * heard of the commit.
 */
export function strayAttempts(runNo: RunNo, live: ReadonlySet<string>, run: RunWorld | null): AttemptId[] {
  return attemptsOf(runNo, live).filter((id) => {
    const parsed = parseAttemptId(id);
    if (run === null || parsed === null || run.tryNo[parsed.node] !== parsed.tryNo) return true;
    const state = run.state[parsed.node];
    return state !== S.queued && state !== S.running;
  });
}
