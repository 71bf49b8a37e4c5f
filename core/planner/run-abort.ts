import type { Json } from '../model/json.ts';

/** Why a run stops early; kept with the run so that a new leader goes on with it. */
export interface Abort {
  readonly code:
    | 'critical_failed'
    | 'cancelled_by_user'
    | 'run_timed_out'
    | 'superseded'
    | 'shutdown'
    | 'expansion_failed'
    | 'unknown_key'
    | 'quarantined'
    | 'marked';
  readonly facts: { readonly [fact: string]: Json };
  /** What the run becomes when everything has ended. */
  readonly state: 'failed' | 'cancelled' | 'success';
}
