import type { Store } from '../core/store/store.ts';
import type { FoundDag } from './dag-files.ts';

/**
 * DAGs that a scheduler goes on with although no file that can be read declares them: as they were when their
 * file could be loaded last.
 */
export async function lastKnownDags(store: Store, declared: readonly FoundDag[]): Promise<FoundDag[]> {
  const ids = new Set(declared.map(({ spec }) => spec.id));
  const found: FoundDag[] = [];
  for (const { dagId, present, file, versionNo } of await store.dags()) {
    if (ids.has(dagId) || !present) continue;
    const version = await store.version(versionNo);
    if (version === null) continue;
    const { spec, graphHash, codeHash } = version;
    found.push({ file, spec, graphHash, codeHash });
  }
  return found;
}
