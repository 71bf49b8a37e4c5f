import type { TriggerRule } from '../model/dag.ts';

/** The direct upstreams of an instance by state; those outside the scope and removed ones are not counted. */
export interface UpstreamCounts {
  readonly total: number;
  readonly success: number;
  readonly skipped: number;
  readonly failed: number;
  /** `upstream_failed` and `cancelled`. */
  readonly upstreamFailed: number;
}

/** What a trigger rule says of an instance. */
export type Verdict = 'wait' | 'run' | 'skipped' | 'upstream_failed';

/**
 * Applies a trigger rule. The verdict is a function of the final states of the upstreams, independent of the
 * order in which they finish: it is given as soon as no upstream that is still open could change it, and not
 * before. `all_done_setup_success` looks at its setups and is decided by {@link teardownVerdict}.
 */
export function verdictOf(rule: TriggerRule, counts: UpstreamCounts): Verdict {
  const { total, success, skipped, failed, upstreamFailed } = counts;
  if (total === 0) return 'run';
  const bad = failed + upstreamFailed;
  const open = total - success - skipped - bad;
  switch (rule) {
    case 'all_success':
      if (bad > 0) return 'upstream_failed';
      if (open > 0) return 'wait';
      return skipped > 0 ? 'skipped' : 'run';
    case 'all_failed':
      if (success + skipped > 0) return 'skipped';
      return open > 0 ? 'wait' : 'run';
    case 'all_done':
    case 'all_done_setup_success':
      return open > 0 ? 'wait' : 'run';
    case 'all_done_min_one_success':
      if (skipped > 0) return 'skipped';
      if (open > 0) return 'wait';
      return success > 0 ? 'run' : 'upstream_failed';
    case 'all_skipped':
      if (success + bad > 0) return 'skipped';
      return open > 0 ? 'wait' : 'run';
    case 'one_failed':
      if (bad > 0) return 'run';
      return open > 0 ? 'wait' : 'skipped';
    case 'one_success':
      if (success > 0) return 'run';
      if (open > 0) return 'wait';
      return skipped === total ? 'skipped' : 'upstream_failed';
    case 'one_done':
      if (success + failed > 0) return 'run';
      return open > 0 ? 'wait' : 'skipped';
    case 'none_failed':
      if (bad > 0) return 'upstream_failed';
      return open > 0 ? 'wait' : 'run';
    case 'none_failed_min_one_success':
      if (bad > 0) return 'upstream_failed';
      if (open > 0) return 'wait';
      return skipped === total ? 'skipped' : 'run';
    case 'none_skipped':
      if (skipped > 0) return 'skipped';
      return open > 0 ? 'wait' : 'run';
    case 'always':
      return 'run';
  }
}

/** The setups of a teardown by state. */
export interface SetupCounts {
  readonly total: number;
  readonly success: number;
  readonly skipped: number;
}

/**
 * A teardown with `all_done_setup_success`: once everything before it is done it runs if a setup succeeded;
 * if all setups were skipped so is it, otherwise there is nothing to tear down and it is `upstream_failed`.
 */
export function teardownVerdict(counts: UpstreamCounts, setups: SetupCounts): Verdict {
  const done = counts.success + counts.skipped + counts.failed + counts.upstreamFailed;
  if (done < counts.total) return 'wait';
  if (setups.total === 0 || setups.success > 0) return 'run';
  return setups.skipped === setups.total ? 'skipped' : 'upstream_failed';
}
