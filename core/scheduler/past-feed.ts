import { isRunFinished } from '../model/states.ts';
import type { RunPast } from '../planner/pasts.ts';
import type { RunWorld } from '../planner/run-world.ts';
import type { Store } from '../store/store.ts';
import type { Answer, Feed, Reading } from './feeds.ts';
import type { Leader } from './leader.ts';
import { readPast } from './read-past.ts';

/** What waits for a run that nobody here decides about is told by nobody when that run goes on. */
const UNLED_AGAIN_MS = 5_000;

/** Reads the runs before a run for the planner, once for each run whose tasks look at them. */
export class PastFeed implements Feed {
  readonly about = 'the runs before a run';
  readonly #store: Store;
  readonly #leader: Leader;

  constructor(store: Store, leader: Leader) {
    this.#store = store;
    this.#leader = leader;
  }

  *wanted(): Iterable<Reading> {
    const { pasts } = this.#leader.world;
    for (const past of pasts.unread) {
      if (past.isOffered) continue;
      past.isOffered = true;
      yield {
        read: () => this.#read(past),
        release: () => {
          past.isOffered = false;
          pasts.readAgain(past);
        },
      };
    }
  }

  async #read({ run }: RunPast): Promise<Answer> {
    const { world } = this.#leader;
    const changes = world.pasts.changesOf(run.record.dagId);
    const read = await readPast(this.#store, run, world.runs);
    const isUnled = ({ record }: RunWorld): boolean =>
      !isRunFinished(record.state) && !world.runs.has(record.runNo);
    const stale = read.runs.some(isUnled) ? { staleAfterMs: UNLED_AGAIN_MS } : {};
    return { event: { type: 'past', offer: { ...read, changes } }, ...stale };
  }
}
