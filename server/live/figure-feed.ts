import { AppError } from '../../core/model/errors.ts';
import type { Access } from '../access.ts';
import { bySystemTimer, type EverySecond } from './every-second.ts';

/** Listeners at once. */
const LISTENERS_MAX = 500;
/** New figures come so often. */
const READ_EVERY_S = 2;
/** A listener that has taken nothing for so long loses its connection. */
const SLOW_MAX_S = 20;

/** Somebody who is told figures, over whatever line. */
export interface FigureListener {
  /** What the listener may see now; `null`: nothing any more. */
  again(): Promise<Access | null>;
  /** Takes a text if the last one was taken; whether it was. Nothing is put by for one that is slow. */
  offer(text: string): boolean;
  /** There will be no more. `isSlow`: the last text was not taken, and might never be. */
  end(isSlow: boolean): void;
}

interface Entry {
  readonly listener: FigureListener;
  slowSeconds: number;
}

/** Figures for everybody who listens: they are read once for all, and only while somebody does. */
export class FigureFeed {
  readonly #read: () => Promise<object>;
  readonly #everySecond: EverySecond;
  readonly #entries = new Set<Entry>();
  #stop: (() => void) | null = null;
  #seconds = 0;
  /** What was told last, for who comes before the next; `null`: it is not known, or old. */
  #latest: string | null = null;
  #isClosed = false;
  #reading: Promise<void> | null = null;

  constructor(read: () => Promise<object>, everySecond: EverySecond = bySystemTimer) {
    this.#read = read;
    this.#everySecond = everySecond;
  }

  /** Listeners now. */
  get open(): number {
    return this.#entries.size;
  }

  /**
   * Tells a listener figures, at once and every two seconds, until what is returned is called.
   * @throws AppError `unavailable` if there are too many, or the server ends.
   */
  listen(listener: FigureListener): () => void {
    if (this.#isClosed) throw new AppError('unavailable', 'the server ends');
    if (this.#entries.size >= LISTENERS_MAX) throw new AppError('unavailable', 'too many streams are open');
    const entry = { listener, slowSeconds: 0 };
    this.#entries.add(entry);
    this.#stop ??= this.#everySecond(() => this.#tick());
    if (this.#latest === null) this.#tell();
    else offer(entry, this.#latest);
    return () => this.#forget(entry);
  }

  /** Ends all streams, and takes no new ones. */
  close(): void {
    this.#isClosed = true;
    for (const entry of [...this.#entries]) this.#end(entry);
  }

  #tick(): void {
    for (const entry of this.#entries) void this.#check(entry);
    if (++this.#seconds % READ_EVERY_S === 0) this.#tell();
  }

  async #check(entry: Entry): Promise<void> {
    // A store that is away is asked again: nobody is shut out by it.
    const access = await entry.listener.again().catch(() => undefined);
    if (access === null || (access !== undefined && !access.seesAll)) return this.#end(entry);
    if (entry.slowSeconds > 0 && ++entry.slowSeconds > SLOW_MAX_S) this.#end(entry);
  }

  #tell(): void {
    this.#reading ??= this.#read()
      .then((figures) => {
        if (this.#entries.size === 0) return;
        this.#latest = JSON.stringify(figures);
        for (const entry of this.#entries) offer(entry, this.#latest);
      })
      .catch(() => {
        this.#latest = null;
      })
      .finally(() => {
        this.#reading = null;
      });
  }

  #end(entry: Entry): void {
    if (!this.#entries.has(entry)) return;
    this.#forget(entry);
    entry.listener.end(entry.slowSeconds > 0);
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry);
    if (this.#entries.size > 0) return;
    this.#stop?.();
    this.#stop = null;
    this.#latest = null;
  }
}

function offer(entry: Entry, text: string): void {
  if (entry.listener.offer(text)) entry.slowSeconds = 0;
  else entry.slowSeconds ||= 1;
}
