import type { Config } from '../config/config.ts';
import { TASK_DEFAULTS } from '../model/dag.ts';
import { AppError } from '../model/errors.ts';
import { POOL_NAME, type PoolSetting, type StoredPool } from '../model/pool.ts';
import type { Request } from '../model/request.ts';
import type { Lease, Store } from '../store/store.ts';
import { isConfigured, poolsInForce } from './pools.ts';

/** Pools that are stored at most. */
export const POOLS_MAX = 1_000;
/** So many of the tasks that name a pool are named in a refusal. */
const NAMED = 3;

export type SetPool = Extract<Request, { type: 'setPool' }>;
export type RemovePool = Extract<Request, { type: 'removePool' }>;

/** What is needed to change a pool; `pools` are those of the config as it is written now. */
interface PoolPlaces {
  readonly store: Store;
  readonly lease: Lease;
  readonly pools: Config['pools'];
  /** The pools that are stored now. */
  readonly stored: readonly StoredPool[];
}

/**
 * Makes a stored pool, or changes it, and gives all that are stored then.
 * @throws AppError `conflict` if the config has it, if it is not as the asker has read it, or if there are
 * too many.
 */
export async function setPool(
  places: PoolPlaces,
  request: SetPool,
  at: number,
): Promise<readonly StoredPool[]> {
  const { store, lease, stored } = places;
  const { pool: name, slots, by } = request;
  if (!new RegExp(POOL_NAME).test(name)) throw new AppError('invalid', `'${name}' is no name of a pool`);
  const before = changeable(places, request);
  const description = request.description === undefined ? (before?.description ?? null) : request.description;
  const next: StoredPool = { name, slots, description, changedAt: at, changedBy: by };
  const others = stored.filter((one) => one.name !== name);
  if (others.length >= POOLS_MAX)
    throw new AppError('conflict', `there are ${POOLS_MAX} stored pools: delete one first`);
  const pools = [...others, next].sort((a, b) => (a.name < b.name ? -1 : 1));
  await store.operations.facts.savePools(lease, pools);
  return pools;
}

/**
 * Deletes a stored pool and gives those that are left; `default` has the slots again that it has by itself.
 * @throws AppError `not_found`, or `conflict` if the config has it, if it is not as the asker has read it, or
 * while tasks name it.
 */
export async function removePool(places: PoolPlaces, request: RemovePool): Promise<readonly StoredPool[]> {
  const { store, lease, stored } = places;
  const { pool: name } = request;
  changeable(places, request);
  if (!stored.some((one) => one.name === name))
    throw new AppError('not_found', `there is no pool ${name} in the store`);
  if (name !== TASK_DEFAULTS.pool) await requireUnused(store, name);
  const others = stored.filter((one) => one.name !== name);
  await store.operations.facts.savePools(lease, others);
  return others;
}

/** What is said of a pool that may be changed. */
function changeable(
  { pools, stored }: PoolPlaces,
  { pool: name, ifIs }: SetPool | RemovePool,
): PoolSetting | null {
  if (isConfigured(pools, name))
    throw new AppError('conflict', `pool ${name} stands in ${pools[name]?.origin.place}: change it there`);
  const now = poolsInForce(pools, stored).get(name) ?? null;
  const isSame = ifIs?.slots === now?.slots && ifIs?.description === now?.description;
  if (ifIs !== undefined && !isSame)
    throw new AppError('conflict', `pool ${name} has changed since: read it again`);
  return now;
}

async function requireUnused(store: Store, pool: string): Promise<void> {
  const tasks = await tasksNaming(store, pool);
  if (tasks.length === 0) return;
  const more = tasks.length > NAMED ? ` and ${tasks.length - NAMED} more` : '';
  const verb = tasks.length === 1 ? 'names' : 'name';
  const named = `${tasks.slice(0, NAMED).join(', ')}${more}`;
  throw new AppError(
    'conflict',
    `${named} ${verb} pool ${pool} and could not run without it: have them name another one first, or set ` +
      'it to 0 slots to hold them back',
  );
}

/** Tasks that name a pool, of DAGs as they are declared and of unfinished runs, as `<dag>.<task>`. */
async function tasksNaming(store: Store, pool: string): Promise<string[]> {
  const declared = (await store.dags()).filter(({ present }) => present);
  const versions = new Set(
    [...declared, ...(await store.unfinishedRuns())].map(({ versionNo }) => versionNo),
  );
  const found = new Set<string>();
  for (const versionNo of versions) {
    const version = await store.version(versionNo);
    for (const task of version?.spec.tasks ?? [])
      if (task.pool === pool) found.add(`${version?.dagId}.${task.path}`);
  }
  return [...found].sort();
}
