import type { Answer } from '../model/action.ts';
import { isRunFinished, RUN_TRANSITIONS } from '../model/states.ts';
import { abortRun } from './abort.ts';
import { accepted, conflict } from './answers.ts';
import type { RunWorld } from './run-world.ts';
import type { Turn } from './turn.ts';

/** Sets the state of a run by hand; one that is under way is ended first. */
export function markRun(turn: Turn, run: RunWorld, by: string, state: 'success' | 'failed'): Answer {
  const { state: from } = run.record;
  if (from === state) return accepted(run);
  if (!RUN_TRANSITIONS[from].includes(state)) {
    return conflict(`the run is ${from}: it cannot be marked ${state}`);
  }
  if (isRunFinished(from)) turn.changeRun(run, state, 'marked', { state, by }, { endedAt: turn.now.at });
  else abortRun(turn, run, { code: 'marked', facts: { state, by }, state });
  return accepted(run);
}
