import type { Kysely } from 'kysely';
import { AppError } from '../model/errors.ts';
import type { VersionNo } from '../model/ids.ts';
import { rowsOf, type Script } from './script.ts';
import type { BrokenFileRecord, VersionRecord } from './store.ts';
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

/** Stores a version unless graph and code are known already, and makes it the newest of its DAG. */
export function* saveVersionScript(
  db: Kysely<Database>,
  fence: Fence,
  version: Omit<VersionRecord, 'versionNo'>,
): Script<VersionNo> {
  yield* fenceScript(db, fence);
  const known = yield* rowsOf(
    db
      .selectFrom('dag_version')
      .select('version_no')
      .where('dag_id', '=', version.dagId)
      .where('graph_hash', '=', version.graphHash)
      .where('code_hash', '=', version.codeHash),
  );
  const versionNo = known[0]?.version_no ?? (yield* insertScript(db, version));
  yield db
    .insertInto('dag')
    .values({
      dag_id: version.dagId,
      paused: 0,
      present: 1,
      since_at: null,
      cursor_at: null,
      file: version.file,
      version_no: versionNo,
    })
    .onConflict((conflict) =>
      conflict.column('dag_id').doUpdateSet({ file: version.file, version_no: versionNo }),
    );
  return versionNo as VersionNo;
}

/** Notes a file that cannot be loaded, or forgets it. */
export function* saveBrokenFileScript(
  db: Kysely<Database>,
  fence: Fence,
  file: string,
  broken: Omit<BrokenFileRecord, 'file'> | null,
): Script<void> {
  yield* fenceScript(db, fence);
  if (broken === null) {
    yield db.deleteFrom('broken_file').where('file', '=', file);
    return;
  }
  const row = { at: broken.at, diagnostics: JSON.stringify(broken.diagnostics) };
  yield db
    .insertInto('broken_file')
    .values({ file, ...row })
    .onConflict((conflict) => conflict.column('file').doUpdateSet(row));
}

function* insertScript(db: Kysely<Database>, version: Omit<VersionRecord, 'versionNo'>): Script<number> {
  const newest = yield* rowsOf(
    db.selectFrom('dag_version').select((row) => row.fn.max('version_no').as('no')),
  );
  const versionNo = (newest[0]?.no ?? 0) + 1;
  yield db.insertInto('dag_version').values({
    version_no: versionNo,
    dag_id: version.dagId,
    graph_hash: version.graphHash,
    code_hash: version.codeHash,
    file: version.file,
    spec: JSON.stringify(version.spec),
    created_at: version.createdAt,
  });
  return versionNo;
}
