/**
 * The part of a DAG that a run does. Names match a task, a group, a fan-out or a stage; absent means all.
 * Tasks outside are `not_selected`.
 */
export interface RunScope {
  /** These and all their ancestors. */
  readonly until?: readonly string[];
  /** These and all their descendants. */
  readonly from?: readonly string[];
  /** These alone. */
  readonly only?: readonly string[];
  /** Keys of fan-outs; instances of other keys are not selected. */
  readonly keys?: readonly string[];
}

/** Whether a scope leaves something of the DAG out. */
export function isPartial(scope: RunScope): boolean {
  return Object.values(scope).some((names: readonly string[]) => names.length > 0);
}
