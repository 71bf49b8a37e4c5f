import type { TriggerRule } from '../../../core/model/dag.ts';
import type { Verdict } from '../../../core/planner/trigger-rules.ts';

/** The final states that an upstream can have, as the rules tell them apart. */
export const FINAL = ['success', 'skipped', 'failed', 'upstream_failed'] as const;
export type Final = (typeof FINAL)[number];
/** An upstream: final, or not finished. */
export type Upstream = Final | 'open';

/** What a rule says when every upstream is final, straight from the table in the docs. */
export function onFinal(rule: TriggerRule, states: readonly Final[]): Verdict {
  if (states.length === 0) return 'run';
  const has = (...wanted: Final[]): boolean => states.some((state) => wanted.includes(state));
  const all = (...wanted: Final[]): boolean => states.every((state) => wanted.includes(state));
  switch (rule) {
    case 'all_success':
      return has('failed', 'upstream_failed') ? 'upstream_failed' : has('skipped') ? 'skipped' : 'run';
    case 'all_failed':
      return all('failed', 'upstream_failed') ? 'run' : 'skipped';
    case 'all_done':
    case 'all_done_setup_success':
    case 'always':
      return 'run';
    case 'all_done_min_one_success':
      return has('skipped') ? 'skipped' : has('success') ? 'run' : 'upstream_failed';
    case 'all_skipped':
      return all('skipped') ? 'run' : 'skipped';
    case 'one_failed':
      return has('failed', 'upstream_failed') ? 'run' : 'skipped';
    case 'one_success':
      return has('success') ? 'run' : all('skipped') ? 'skipped' : 'upstream_failed';
    case 'one_done':
      return has('success', 'failed') ? 'run' : 'skipped';
    case 'none_failed':
      return has('failed', 'upstream_failed') ? 'upstream_failed' : 'run';
    case 'none_failed_min_one_success':
      return has('failed', 'upstream_failed') ? 'upstream_failed' : all('skipped') ? 'skipped' : 'run';
    case 'none_skipped':
      return has('skipped') ? 'skipped' : 'run';
  }
}

/**
 * What a rule must say now: the verdict on which every completion of the open upstreams agrees, else to wait.
 */
export function constantVerdict(rule: TriggerRule, states: readonly Upstream[]): Verdict {
  const at = states.indexOf('open');
  if (at < 0) return onFinal(rule, states as readonly Final[]);
  const verdicts = new Set(FINAL.map((state) => constantVerdict(rule, states.toSpliced(at, 1, state))));
  const [only] = verdicts;
  return verdicts.size === 1 && only !== undefined ? only : 'wait';
}
