import pg from 'pg';
import type { Listening, Wakes } from '../store.ts';
import type { Timers } from '../timers.ts';
import { connectionConfig, dropConnection, ignoreLoss } from './connection.ts';

/** Wakes are lost with a connection, and where a pooler is in between: then this is how long it takes. */
export const FALLBACK_MS = 5_000;
/** Waits before the next try to connect. */
const RECONNECT_MS = { first: 100, most: FALLBACK_MS };
/** Others hear of commits at most this often. */
const TELL_EVERY_MS = 15;
/** PostgreSQL takes names of channels up to 63 bytes. */
const CHANNEL_MAX = 63;

/** The channel of the store in a schema. Two long names may share one: a wake too many does no harm. */
export function channelOf(schema: string): string {
  return `orch_${schema}`.slice(0, CHANNEL_MAX);
}

export interface ListenerOptions {
  readonly url: string;
  readonly schema: string;
  readonly timers: Timers;
  readonly wakes: Wakes;
}

/**
 * Hears what other processes notify of, over a connection of its own, which is made again when it breaks.
 * After every connect, and every {@link FALLBACK_MS} in any case, it wakes as if something had been heard.
 */
export class Listener implements Listening {
  readonly #options: ListenerOptions;
  readonly #closed = new AbortController();
  readonly #listening: Promise<void>;
  #client: pg.Client | null = null;
  #telling = false;
  #tellAgain = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#listening = this.#listen();
    void this.#fallBack();
  }

  tell(): void {
    this.#tellAgain = true;
    if (this.#telling) return;
    this.#telling = true;
    void this.#tell().finally(() => {
      this.#telling = false;
    });
  }

  async close(): Promise<void> {
    this.#closed.abort();
    if (this.#client !== null) dropConnection(this.#client);
    await this.#listening;
  }

  async #tell(): Promise<void> {
    const { timers, schema } = this.#options;
    while (this.#tellAgain && !this.#closed.signal.aborted) {
      this.#tellAgain = false;
      const told = this.#client?.query('select pg_notify($1, $2)', [channelOf(schema), 'written']);
      await told?.catch(ignoreLoss);
      await timers.delay(TELL_EVERY_MS, this.#closed.signal);
    }
  }

  async #fallBack(): Promise<void> {
    const { timers } = this.#options;
    while (!this.#closed.signal.aborted) {
      await timers.delay(FALLBACK_MS, this.#closed.signal);
      this.#wakeAll();
    }
  }

  async #listen(): Promise<void> {
    let waitMs = RECONNECT_MS.first;
    while (!this.#closed.signal.aborted) {
      const wasConnected = await this.#listenOnce().catch(() => false);
      waitMs = wasConnected ? RECONNECT_MS.first : Math.min(waitMs * 2, RECONNECT_MS.most);
      await this.#options.timers.delay(waitMs, this.#closed.signal);
    }
  }

  /** Listens until the connection ends; whether it ever listened. */
  async #listenOnce(): Promise<boolean> {
    const { url, schema } = this.#options;
    const client = new pg.Client(connectionConfig(url, schema));
    client.on('error', ignoreLoss);
    const ended = new Promise((resolve) => client.once('end', resolve));
    client.on('notification', (heard) => this.#onHeard(client, heard));
    try {
      await client.connect();
      await client.query(`listen ${pg.escapeIdentifier(channelOf(schema))}`);
      (client as unknown as { unref(): void }).unref();
      this.#client = client;
      if (this.#closed.signal.aborted) return true;
      this.#wakeAll();
      await ended;
      return true;
    } finally {
      this.#client = null;
      dropConnection(client);
    }
  }

  #onHeard(client: pg.Client, { payload, processId }: pg.Notification): void {
    const isOwn = processId === (client as unknown as { readonly processID: number }).processID;
    if (isOwn || this.#closed.signal.aborted) return;
    const { wakes } = this.#options;
    if (payload === 'asked') wakes.asked();
    else if (payload === 'freed') wakes.freed();
    else wakes.written();
  }

  #wakeAll(): void {
    if (this.#closed.signal.aborted) return;
    this.#options.wakes.asked();
    this.#options.wakes.written();
  }
}
