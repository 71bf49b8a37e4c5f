import type { Logger } from '../log/logger.ts';
import type { VersionNo } from '../model/ids.ts';
import type { DagEntry } from '../planner/agenda.ts';
import type { Plan } from '../planner/plan.ts';

/**
 * DAGs whose slots are not decided any more, so that one of them does not cost the others: each until another
 * version of it is seen.
 */
export class LeftAlone {
  readonly #log: Logger;
  readonly #versions = new Map<string, VersionNo>();
  #current = new Map<string, VersionNo>();
  /** Which were not as the store had them when they were last to be written. */
  readonly #stale = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Whether a DAG that was seen is to be decided about. */
  admits({ dagId, versionNo }: DagEntry): boolean {
    this.#current.set(dagId, versionNo);
    if (this.#versions.get(dagId) === versionNo) return false;
    this.#versions.delete(dagId);
    return true;
  }

  /** The planner could not decide about these. */
  failed(faults: Plan['faults']): void {
    for (const { dagId, message } of faults) this.#leave(dagId, message);
  }

  /** The store was not as memory had it: from the second time in a row on such a DAG is left alone. */
  stale(dags: readonly string[]): void {
    for (const dagId of dags)
      if (this.#stale.has(dagId)) this.#leave(dagId, 'its rows differ from memory again and again');
    for (const dagId of dags) this.#stale.add(dagId);
  }

  /** These actions were written: about their DAGs memory and the store agree. */
  written(actions: Plan['actions']): void {
    if (this.#stale.size === 0) return;
    for (const action of actions) if (action.type === 'dag.change') this.#stale.delete(action.dagId);
  }

  #leave(dagId: string, why: string): void {
    const versionNo = this.#current.get(dagId);
    if (versionNo !== undefined) this.#versions.set(dagId, versionNo);
    this.#log.error(
      { dag: dagId, why },
      'the slots of a DAG cannot be decided; it waits for its file to change',
    );
  }
}
