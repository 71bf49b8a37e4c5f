import { AppError } from '../core/model/errors.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { Declared } from './changed-dags.ts';
import { rolledBack } from './rolled-back.ts';
import { requireVersion } from './version-list.ts';

/** The versions of a DAG that count. */
export interface VersionsNow {
  /** What new runs have until now. */
  readonly inForce: Declared;
  /** What the file declares, or declared before it was broken or gone. */
  readonly declared: Declared;
  readonly rolledBackTo: number | null;
}

/**
 * The versions of a DAG as they are. The file may have changed since anybody looked; a file that cannot be
 * read goes on as it was.
 */
export async function versionsNow({ store, library }: Project, dagId: string): Promise<VersionsNow> {
  const known = await store.dag(dagId);
  if (known === null) throw new AppError('not_found', `DAG ${dagId} has no version yet: it never ran.`);
  const loaded = await library.load(dagId).catch((error: unknown) => {
    if (error instanceof AppError) return null;
    throw error;
  });
  const [pin] = await store.pins([dagId]);
  const stored = await requireVersion(store, dagId, known.versionNo);
  if (loaded === null) {
    const declared = pin === undefined ? stored : await requireVersion(store, dagId, pin.declaredNo);
    return { inForce: stored, declared, rolledBackTo: pin?.versionNo ?? null };
  }
  const { file, dag } = loaded;
  const declared = { spec: dag.spec, graphHash: dag.graphHash, codeHash: dag.code.digest, file };
  const back = await rolledBack(store, declared);
  return { inForce: back?.version ?? declared, declared, rolledBackTo: back?.version.versionNo ?? null };
}
