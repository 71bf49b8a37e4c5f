import type { Answer } from '../model/action.ts';
import type { Json } from '../model/json.ts';
import type { RunWorld } from './run-world.ts';

/** The answer to a request about a run that was done. */
export function accepted(run: RunWorld, more: { [name: string]: Json } = {}): Answer {
  return { ok: true, value: { runId: run.record.uid, runNo: run.record.runNo, ...more } };
}

/** The answer to a request that cannot be done now. `message` is a sentence without its full stop. */
export function conflict(message: string): Answer {
  return { ok: false, code: 'conflict', message };
}
