import type { Kysely } from 'kysely';
import type { Answer } from '../model/action.ts';
import type { Request } from '../model/request.ts';
import { rowsOf, type Script } from './script.ts';
import type { InboxRecord } from './store.ts';
import { readText } from './stored-text.ts';
import type { Database } from './tables.ts';

/**
 * Adds a request and gives its number; one whose key was asked with before gives the number that it has. The
 * key of a trigger is the id of its run.
 */
export function* askScript(
  db: Kysely<Database>,
  request: Request,
  at: number,
  key: string | null,
): Script<number> {
  const uid = request.type === 'trigger' ? request.runUid : key;
  const added = yield* rowsOf(
    db
      .insertInto('inbox')
      .values({ trigger_uid: uid, request: JSON.stringify(request), created_at: at })
      .onConflict((conflict) => conflict.column('trigger_uid').doNothing())
      .returning('inbox_id'),
  );
  const first =
    added[0] ?? (yield* rowsOf(db.selectFrom('inbox').select('inbox_id').where('trigger_uid', '=', uid)))[0];
  if (first === undefined) throw new Error('a request was neither stored nor found');
  return first.inbox_id;
}

/** Requests without an answer, oldest first, by their partial index. */
export function pendingQuery(db: Kysely<Database>) {
  return db
    .selectFrom('inbox')
    .select(['inbox_id', 'request', 'created_at'])
    .where('answer', 'is', null)
    .orderBy('inbox_id');
}

export async function readPending(db: Kysely<Database>): Promise<readonly InboxRecord[]> {
  const rows = await pendingQuery(db).execute();
  return rows.map((row) => ({
    inboxId: row.inbox_id,
    request: toRequest(row.request),
    createdAt: row.created_at,
  }));
}

export async function readAnswer(db: Kysely<Database>, inboxId: number): Promise<Answer | null> {
  const row = await db
    .selectFrom('inbox')
    .select('answer')
    .where('inbox_id', '=', inboxId)
    .executeTakeFirst();
  return readText<Answer>('inbox.answer', row?.answer ?? null);
}

/** A row that holds no request keeps nobody from reading the others. */
function toRequest(text: string): Request {
  const request = readText<Request>('inbox.request', text);
  return typeof request.type === 'string' ? request : { type: 'unreadable' };
}
