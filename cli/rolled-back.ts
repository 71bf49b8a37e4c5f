import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../core/model/errors.ts';
import type { PinRecord } from '../core/store/pins.ts';
import type { Store, VersionRecord } from '../core/store/store.ts';
import type { CommandContext } from './context.ts';
import type { FoundDag } from './dag-files.ts';
import { projectDir } from './project-dir.ts';
import { configOf } from './state-dir.ts';
import { withProject } from './with-project.ts';

/** A DAG whose new runs have another version than its file declares. */
export interface RolledBack {
  readonly pin: PinRecord;
  readonly version: VersionRecord;
}

type Declared = Pick<FoundDag, 'spec' | 'graphHash' | 'codeHash'>;

/** The version that new runs of a DAG have instead of what its file declares; `null`: they have that. */
export async function rolledBack(
  store: Store,
  dag: Declared,
  pins?: readonly PinRecord[],
): Promise<RolledBack | null> {
  const pin = (pins ?? (await store.pins())).find(({ dagId }) => dagId === dag.spec.id);
  if (pin === undefined) return null;
  const declared = await store.version(pin.declaredNo);
  // The pin of a file that has changed is over, although nobody has looked at it yet.
  const isSame = declared?.graphHash === dag.graphHash && declared.codeHash === dag.codeHash;
  if (!isSame && !pin.held) return null;
  const version = await store.version(pin.versionNo);
  return version === null ? null : { pin, version };
}

/** A DAG as new runs have it: what its file declares, or the version that it is rolled back to. */
export async function dagInForce(store: Store, dag: FoundDag): Promise<FoundDag> {
  const found = await rolledBack(store, dag);
  if (found === null) return dag;
  const { spec, file, graphHash, codeHash } = found.version;
  return { spec, file, graphHash, codeHash };
}

/** Which of these DAGs are rolled back, by id. A project without a store has none; one is not made for it. */
export async function rolledBackOf(
  context: CommandContext,
  dags: readonly FoundDag[],
): Promise<ReadonlyMap<string, RolledBack>> {
  const { store } = configOf(projectDir(context), context);
  if (store.kind === 'sqlite' && !existsSync(join(store.path, 'orch.db'))) return new Map();
  try {
    return await withProject(context, async (project) => {
      const pins = await project.store.pins();
      const found = new Map<string, RolledBack>();
      for (const dag of pins.length === 0 ? [] : dags) {
        const one = await rolledBack(project.store, dag, pins);
        if (one !== null) found.set(dag.spec.id, one);
      }
      return found;
    });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'unavailable') throw error;
    context.warn(`which DAGs are rolled back is not known now: ${error.message}`);
    return new Map();
  }
}

/** How people are told that a DAG is rolled back. */
export function rolledBackText({ pin, version }: RolledBack): string {
  if (pin.held)
    return `held at version ${version.versionNo} while another one is tried: orch canary ${pin.dagId}`;
  const off = `orch rollback ${pin.dagId} --off`;
  return `rolled back to version ${version.versionNo}; its file declares version ${pin.declaredNo} (${off})`;
}
