import type { Kysely } from 'kysely';
import { AppError } from '../model/errors.ts';
import type { VersionNo } from '../model/ids.ts';
import { type Fence, fenceScript } from './fence.ts';
import { rowsOf, type Script } from './script.ts';
import type { Database } from './tables.ts';

/** A DAG whose new runs have another version than the one that its file declares. */
export interface PinRecord {
  readonly dagId: string;
  /** The version of new runs. */
  readonly versionNo: VersionNo;
  /** The version that the file declares; once it declares another one the pin is over, unless it is held. */
  readonly declaredNo: VersionNo;
  /** It stays until somebody ends it. */
  readonly held: boolean;
  readonly at: number;
  readonly by: string;
}

/** Has the new runs of a DAG use a version. */
export interface PinPlan {
  readonly dagId: string;
  /** `null`, or the version that the file declares: they use that one again. */
  readonly versionNo: VersionNo | null;
  /** Also when the file changes. */
  readonly held: boolean;
  readonly at: number;
  readonly by: string;
}

/** The DAGs whose new runs have an older version, by id; of some DAGs, or of all. */
export async function readPins(
  db: Kysely<Database>,
  dagIds?: readonly string[],
): Promise<readonly PinRecord[]> {
  if (dagIds?.length === 0) return [];
  const all = db.selectFrom('dag_pin').selectAll().orderBy('dag_id');
  const rows = await (dagIds === undefined ? all : all.where('dag_id', 'in', dagIds)).execute();
  return rows.map((row) => ({
    dagId: row.dag_id,
    versionNo: row.version_no as VersionNo,
    declaredNo: row.declared_no as VersionNo,
    held: row.held === 1,
    at: row.at,
    by: row.pinned_by,
  }));
}

/** Pins a DAG to a version, or ends that; the version that its new runs have from now on. */
export function* pinScript(db: Kysely<Database>, fence: Fence, plan: PinPlan): Script<VersionNo> {
  yield* fenceScript(db, fence);
  const { dagId } = plan;
  const [dag] = yield* rowsOf(db.selectFrom('dag').select('version_no').where('dag_id', '=', dagId));
  if (dag === undefined) throw new AppError('not_found', `there is no DAG ${dagId}`);
  const [pin] = yield* rowsOf(db.selectFrom('dag_pin').selectAll().where('dag_id', '=', dagId));
  const declaredNo = pin?.declared_no ?? dag.version_no;
  const versionNo = plan.versionNo ?? declaredNo;
  yield db.deleteFrom('dag_pin').where('dag_id', '=', dagId);
  if (versionNo !== declaredNo) {
    const row = { dag_id: dagId, version_no: versionNo, declared_no: declaredNo };
    const { at, by, held } = plan;
    yield db.insertInto('dag_pin').values({ ...row, held: held ? 1 : 0, at, pinned_by: by });
  }
  yield db.updateTable('dag').set({ version_no: versionNo }).where('dag_id', '=', dagId);
  return versionNo as VersionNo;
}

/** The version of new runs of a DAG whose file declares one: another one only while it is pinned. */
export function* pinnedScript(db: Kysely<Database>, dagId: string, declaredNo: number): Script<number> {
  const [pin] = yield* rowsOf(db.selectFrom('dag_pin').selectAll().where('dag_id', '=', dagId));
  if (pin === undefined) return declaredNo;
  if (pin.declared_no === declaredNo) return pin.version_no;
  if (pin.held === 1 && pin.version_no !== declaredNo) {
    yield db.updateTable('dag_pin').set({ declared_no: declaredNo }).where('dag_id', '=', dagId);
    return pin.version_no;
  }
  yield db.deleteFrom('dag_pin').where('dag_id', '=', dagId);
  return declaredNo;
}
