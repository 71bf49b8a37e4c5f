import type { Kysely } from 'kysely';
import type { JsonText } from '../model/json.ts';
import type { WriteScript } from './accounts.ts';
import { isKnownDead, toHolder } from './holder.ts';
import { rowsOf, type Script } from './script.ts';
import type { Database } from './tables.ts';

/** An answer as it was given. */
export interface KeptReply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** What is known of a request with a key. */
export type KeyState =
  /** It is the first, or what the first one came to is not known: whoever asks goes on. */
  | { readonly state: 'mine' }
  | { readonly state: 'under way' }
  /** The key stands for another request. */
  | { readonly state: 'other' }
  | { readonly state: 'answered'; readonly reply: KeptReply };

/** A request with a key that begins to be answered. */
export interface KeyClaim {
  readonly key: string;
  /** Of what is asked: the key stands for that alone. */
  readonly fingerprint: string;
  readonly at: number;
  /** The process that answers; see `thisHolder`. */
  readonly holder: JsonText;
  readonly lostAfterMs: number;
}

/** What requests with a key were answered, so that one that comes again is answered the same. */
export class KeptReplies {
  readonly #db: Kysely<Database>;
  readonly #write: WriteScript;

  constructor(db: Kysely<Database>, write: WriteScript) {
    this.#db = db;
    this.#write = write;
  }

  /**
   * Claims a key for a request. A claim without an answer is given to the next one once who had it has died:
   * at once where that can be seen, else after `lostAfterMs`.
   */
  claim(claim: KeyClaim): Promise<KeyState> {
    return this.#write(claimScript(this.#db, claim));
  }

  /** Keeps the answer to a request whose key was claimed; `null` gives the key back. */
  async settle(key: string, reply: KeptReply | null): Promise<void> {
    await this.#write(settleScript(this.#db, key, reply));
  }

  /** Forgets answers from before an instant. */
  async forget(before: number): Promise<void> {
    await this.#write(forgetScript(this.#db, before));
  }
}

function* claimScript(
  db: Kysely<Database>,
  { key, fingerprint, at, holder, lostAfterMs }: KeyClaim,
): Script<KeyState> {
  const fresh = { fingerprint, at, holder, status: null, type: null, body: null };
  const added = yield* rowsOf(
    db
      .insertInto('kept_reply')
      .values({ key, ...fresh })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .returning('key'),
  );
  if (added.length > 0) return { state: 'mine' };
  const [known] = yield* rowsOf(db.selectFrom('kept_reply').selectAll().where('key', '=', key));
  if (known === undefined) return { state: 'under way' };
  if (known.fingerprint !== fingerprint) return { state: 'other' };
  if (known.status !== null)
    return {
      state: 'answered',
      reply: { status: known.status, type: known.type ?? '', body: known.body ?? '' },
    };
  const owner = toHolder(0, known.holder);
  if (at - known.at < lostAfterMs && !(owner !== null && isKnownDead(owner))) return { state: 'under way' };
  yield db.updateTable('kept_reply').set({ at, holder }).where('key', '=', key);
  return { state: 'mine' };
}

function* settleScript(db: Kysely<Database>, key: string, reply: KeptReply | null): Script<void> {
  if (reply === null) yield db.deleteFrom('kept_reply').where('key', '=', key);
  else
    yield db
      .updateTable('kept_reply')
      .set({ ...reply })
      .where('key', '=', key);
}

function* forgetScript(db: Kysely<Database>, before: number): Script<void> {
  yield db.deleteFrom('kept_reply').where('at', '<', before);
}
