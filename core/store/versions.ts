import type { Kysely } from 'kysely';
import type { VersionNo } from '../model/ids.ts';
import { type Fence, fenceScript } from './fence.ts';
import { pinnedScript } from './pins.ts';
import { rowsOf, type Script } from './script.ts';
import type { BrokenFileRecord, VersionRecord } from './store.ts';
import type { DagVersionTable, Database } from './tables.ts';

/**
 * Stores versions of different DAGs, each unless graph and code are known already, and makes each the one of
 * its DAG, which a pin that still holds keeps.
 */
export function* saveVersionsScript(
  db: Kysely<Database>,
  fence: Fence,
  versions: readonly NewVersion[],
): Script<readonly SavedVersion[]> {
  yield* fenceScript(db, fence);
  const ids = versions.map(({ dagId }) => dagId);
  const known = yield* knownScript(db, ids);
  yield* insertScript(
    db,
    versions.filter((version) => !known.has(keyOf(version))),
    known,
  );
  const pins = yield* rowsOf(db.selectFrom('dag_pin').select('dag_id').where('dag_id', 'in', ids));
  const pinned = new Set(pins.map((pin) => pin.dag_id));
  const saved: SavedVersion[] = [];
  const dags: ReturnType<typeof newDag>[] = [];
  for (const version of versions) {
    const { dagId, file } = version;
    const versionNo = known.get(keyOf(version)) as VersionNo;
    const inForceNo = pinned.has(dagId) ? yield* pinnedScript(db, dagId, versionNo) : versionNo;
    saved.push({ versionNo, inForceNo: inForceNo as VersionNo });
    dags.push(newDag(dagId, file, inForceNo));
  }
  yield db
    .insertInto('dag')
    .values(dags)
    .onConflict((conflict) =>
      conflict.column('dag_id').doUpdateSet((row) => ({
        file: row.ref('excluded.file'),
        version_no: row.ref('excluded.version_no'),
      })),
    );
  return saved;
}

function newDag(dagId: string, file: string, versionNo: number) {
  const state = { paused: 0, present: 1, since_at: null, cursor_at: null, decided_no: null };
  return { dag_id: dagId, ...state, file, version_no: versionNo };
}

/** A version that has no number yet. */
export type NewVersion = Omit<VersionRecord, 'versionNo'>;

/** The number of a version that was stored, and of the one that new runs have: another one under a pin. */
export interface SavedVersion {
  readonly versionNo: VersionNo;
  readonly inForceNo: VersionNo;
}

function keyOf({ dagId, graphHash, codeHash }: Pick<NewVersion, 'dagId' | 'graphHash' | 'codeHash'>): string {
  return `${dagId} ${graphHash} ${codeHash}`;
}

/** The numbers of all versions of some DAGs, by {@link keyOf}. */
function* knownScript(db: Kysely<Database>, dagIds: readonly string[]): Script<Map<string, number>> {
  const rows = yield* rowsOf(
    db
      .selectFrom('dag_version')
      .select(['version_no', 'dag_id', 'graph_hash', 'code_hash'])
      .where('dag_id', 'in', dagIds),
  );
  const key = (row: (typeof rows)[number]): string =>
    keyOf({ dagId: row.dag_id, graphHash: row.graph_hash, codeHash: row.code_hash });
  return new Map(rows.map((row) => [key(row), row.version_no]));
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

/** Graphs of one statement, in characters: one that is larger is alone in its own. */
const GRAPHS_AT_ONCE = 4 * 1024 * 1024;

/** Inserts versions and notes their numbers in `known`. */
function* insertScript(
  db: Kysely<Database>,
  versions: readonly NewVersion[],
  known: Map<string, number>,
): Script<void> {
  if (versions.length === 0) return;
  const newest = yield* rowsOf(
    db.selectFrom('dag_version').select((row) => row.fn.max('version_no').as('no')),
  );
  let last = newest[0]?.no ?? 0;
  let rows: DagVersionTable[] = [];
  let size = 0;
  for (const version of versions) {
    const row = versionRow(++last, version);
    if (rows.length > 0 && size + row.spec.length > GRAPHS_AT_ONCE) {
      yield db.insertInto('dag_version').values(rows);
      [rows, size] = [[], 0];
    }
    rows.push(row);
    size += row.spec.length;
    known.set(keyOf(version), last);
  }
  yield db.insertInto('dag_version').values(rows);
}

function versionRow(versionNo: number, version: NewVersion): DagVersionTable {
  return {
    version_no: versionNo,
    dag_id: version.dagId,
    graph_hash: version.graphHash,
    code_hash: version.codeHash,
    file: version.file,
    spec: JSON.stringify(version.spec),
    created_at: version.createdAt,
  };
}
