import type { Kysely } from 'kysely';
import type { VersionNo } from '../model/ids.ts';
import { type Fence, fenceScript } from './fence.ts';
import { pinnedScript } from './pins.ts';
import { rowsOf, type Script } from './script.ts';
import type { BrokenFileRecord, VersionRecord } from './store.ts';
import type { Database } from './tables.ts';

/**
 * Stores a version unless graph and code are known already, and makes it the one of its DAG, which a pin that
 * still holds keeps. Gives the version that new runs have.
 */
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
  const inForce = yield* pinnedScript(db, version.dagId, versionNo);
  yield db
    .insertInto('dag')
    .values({
      dag_id: version.dagId,
      paused: 0,
      present: 1,
      since_at: null,
      cursor_at: null,
      decided_no: null,
      file: version.file,
      version_no: inForce,
    })
    .onConflict((conflict) =>
      conflict.column('dag_id').doUpdateSet({ file: version.file, version_no: inForce }),
    );
  return inForce as VersionNo;
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
