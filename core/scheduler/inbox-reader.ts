import type { InboxRecord, Store } from '../store/store.ts';
import type { Leader } from './leader.ts';
import type { Prepared } from './request-desk.ts';

export interface InboxReaderOptions {
  readonly store: Pick<Store, 'pendingRequests'>;
  readonly leader: Leader;
  readonly prepare: (record: InboxRecord) => Promise<Prepared>;
  /** The inbox cannot be read, or nothing can be prepared. */
  readonly onError: (error: unknown) => void | Promise<void>;
  /** Whether a request can be prepared by now; one that cannot waits for {@link InboxReader.lookAtHeld}. */
  readonly isReady?: (record: InboxRecord) => boolean;
  /** A request was handed to the planner. */
  readonly onTaken?: (prepared: Prepared) => void;
}

/** The way of a leader through the inbox: its planner gets every request without an answer once, in order. */
export class InboxReader {
  readonly #options: InboxReaderOptions;
  #reading: Promise<void> | null = null;
  #readAgain = false;
  #isOpen = false;
  /** Requests wait until they can be prepared. */
  #isHolding = false;
  /** Requests given to the planner whose answer is not stored yet. */
  readonly #prepared = new Set<number>();

  constructor(options: InboxReaderOptions) {
    this.#options = options;
  }

  /** Takes requests from now on. Not before the runs are in memory that they are to be decided beside. */
  open(): void {
    this.#isOpen = true;
    this.look();
  }

  /** Looks into the inbox now, or once more after the look that is under way. */
  look(): void {
    if (!this.#isOpen) return;
    if (this.#reading !== null) {
      this.#readAgain = true;
      return;
    }
    this.#reading = this.#read()
      .catch(this.#options.onError)
      .finally(() => {
        this.#reading = null;
        if (!this.#readAgain) return;
        this.#readAgain = false;
        this.look();
      });
  }

  /** Something has changed that requests may wait for. */
  lookAtHeld(): void {
    if (this.#isHolding) this.look();
  }

  /** The leader has dropped what it was given: every request without an answer comes again. */
  again(): void {
    this.#prepared.clear();
    this.look();
  }

  /** Takes nothing more; resolves once nothing is being read. */
  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { store, leader, prepare, isReady, onTaken } = this.#options;
    this.#isHolding = false;
    for (const record of await store.pendingRequests()) {
      if (this.#prepared.has(record.inboxId) || !this.#isOpen) continue;
      // A leader that ends takes nothing over any more: the next one does.
      const { request } = record;
      if (leader.world.draining && request.type === 'adopt' && request.takeOver !== undefined) continue;
      if (isReady && !isReady(record)) {
        this.#isHolding = true;
        continue;
      }
      const { generation } = leader;
      const prepared = await prepare(record);
      // What was prepared while memory was dropped names runs of the past.
      if (generation !== leader.generation) {
        this.#readAgain = true;
        return;
      }
      this.#prepared.add(record.inboxId);
      if (prepared.adopt) {
        const { run, version, repin } = prepared.adopt;
        leader.request({ inboxId: null, kind: 'adopt', run, ...(repin ? { repin } : {}) }, version);
      }
      leader.request(prepared.request, prepared.version);
      onTaken?.(prepared);
    }
  }
}
