import type { Kysely } from 'kysely';
import { AppError } from '../model/errors.ts';
import type { Database } from './tables.ts';

/** The two numbers that prove the right to write: who leads, and which schema its code knows. */
export interface Fence {
  readonly epoch: number;
  readonly schemaNo: number;
}

/** Proves the right to write inside a transaction, which then holds the lease row until its end. */
export function* fenceScript(
  db: Kysely<Database>,
  fence: Fence,
): Generator<ReturnType<typeof fenceQuery>, void, readonly unknown[]> {
  const held = yield fenceQuery(db, fence);
  if (held.length === 0) {
    throw new AppError('unavailable', 'Another process has taken the lead of this store.', {
      epoch: fence.epoch,
    });
  }
}

/** Writing the row is what makes it a fence: a reader would not wait for another leader's takeover. */
function fenceQuery(db: Kysely<Database>, fence: Fence) {
  return db
    .updateTable('lease')
    .set((row) => ({ epoch: row.ref('epoch') }))
    .where('id', '=', 1)
    .where('epoch', '=', fence.epoch)
    .where('schema_no', '=', fence.schemaNo)
    .returning('epoch');
}
