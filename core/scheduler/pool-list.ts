import { type PoolUse, readPoolUse } from './pool-use.ts';
import { isConfigured } from './pools.ts';
import type { Project } from './project.ts';

/** A pool with its use, and who says what of it. */
export interface ListedPool extends PoolUse {
  readonly description: string | null;
  readonly kind: 'config' | 'stored' | 'default';
  /** Where the config says so, as far as this process knows. */
  readonly place: string | null;
  readonly changedAt: number | null;
  readonly changedBy: string | null;
}

/** All pools, `default` first and the others by their names. */
export async function listPools(project: Project): Promise<ListedPool[]> {
  const { pools } = project.config;
  const stored = new Map((await project.store.operations.facts.pools()).map((one) => [one.name, one]));
  const uses = (await readPoolUse(project)).sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  return uses.map((use) => {
    const said = isConfigured(pools, use.name) ? pools[use.name] : undefined;
    const row = said === undefined ? stored.get(use.name) : undefined;
    const { changedAt = null, changedBy = null } = row ?? {};
    const place = said?.origin.place ?? null;
    const description = (said ?? row)?.description ?? null;
    const isDefault = row === undefined && said === undefined && use.name === 'default';
    const kind = isDefault ? 'default' : row === undefined ? 'config' : 'stored';
    return { ...use, description, kind, place, changedAt, changedBy };
  });
}

function placeOf({ name }: PoolUse): string {
  return name === 'default' ? '' : name;
}
