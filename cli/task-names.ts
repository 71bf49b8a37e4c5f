import type { Place } from '../core/model/violation.ts';
import { readRunView } from '../core/store/read-run-view.ts';
import type { Store } from '../core/store/store.ts';

/** Runs whose graph is read for names: each may be large. */
const RUNS_MAX = 50;

/** Names of the task instances of some runs, for who has their numbers only. */
export class TaskNames {
  readonly #names = new Map<string, string>();

  /** Reads the names of the instances in these places; those of damaged runs stay numbers. */
  static async of(store: Store, places: readonly Place[]): Promise<TaskNames> {
    const known = new TaskNames();
    const runs = new Set(
      places.flatMap(({ runNo, runUid, nodeNo }) => (runUid && nodeNo !== null ? [runNo] : [])),
    );
    for (const runNo of [...runs].slice(0, RUNS_MAX)) {
      if (runNo === null) continue;
      // What is damaged may be what the names are read from.
      const view = await readRunView(store, runNo).catch(() => null);
      for (const { nodeNo, name } of view?.tasks ?? []) known.#names.set(`${runNo}.${nodeNo}`, name);
    }
    return known;
  }

  /** The name of the instance in a place; `null` if there is none, or none that is known. */
  nameOf({ runNo, nodeNo }: Place): string | null {
    return this.#names.get(`${runNo}.${nodeNo}`) ?? null;
  }
}
