import { type Static, Type } from 'typebox';
import { AppError } from '../../core/model/errors.ts';
import { POOL_NAME, POOL_SLOTS_MAX, type PoolSetting } from '../../core/model/pool.ts';
import { type ListedPool, listPools } from '../../core/scheduler/pool-list.ts';
import { askLeader } from '../ask-leader.ts';
import { etagOf } from '../config-file.ts';
import { API, type Route, route } from '../route.ts';
import { Pool } from '../schemas/operations.ts';
import { exact, orNull, pageOf } from '../schemas/words.ts';
import type { Services } from '../services.ts';
import { instant } from '../views.ts';

const tag = 'pools';
const POOL = { pool: Type.String({ pattern: POOL_NAME }) };

function view(pool: ListedPool): Static<typeof Pool> {
  return { ...pool, changedAt: instant(pool.changedAt) };
}

async function find(services: Services, name: string): Promise<ListedPool | null> {
  return (await listPools(services)).find((one) => one.name === name) ?? null;
}

function tagOf({ slots, description }: PoolSetting): string {
  return etagOf(JSON.stringify([slots, description]));
}

function answered(pool: ListedPool): never {
  return Response.json(view(pool), { headers: { etag: tagOf(pool) } }) as never;
}

/** What the leader has to find, so that nobody has changed the pool since it was read. */
async function expected(
  services: Services,
  name: string,
  match: string | undefined,
): Promise<{ readonly ifIs?: PoolSetting }> {
  if (match === undefined) return {};
  const now = await find(services, name);
  if (now === null || (match !== '*' && match !== tagOf(now)))
    throw new AppError('conflict', `pool ${name} has changed since: read it again`);
  return { ifIs: { slots: now.slots, description: now.description } };
}

const list = route('get', `${API}/pools`, {
  id: 'listPools',
  tag,
  summary: 'Pools, how much of them is held, and how many task instances wait for a slot',
  role: 'viewer',
  answer: pageOf('PoolPage', Pool),
  handle: async (services, { access }) => {
    access.requireGlobal();
    return { items: (await listPools(services)).map(view), nextCursor: null };
  },
});

const get = route('get', `${API}/pools/{pool}`, {
  id: 'getPool',
  tag,
  summary: 'A pool; its ETag is for `If-Match` of a change',
  role: 'viewer',
  params: POOL,
  answer: Pool,
  handle: async (services, { params, access }) => {
    access.requireGlobal();
    const pool = await find(services, params.pool);
    if (pool === null) throw new AppError('not_found', `there is no pool ${params.pool}`);
    return answered(pool);
  },
});

const save = route('put', `${API}/pools/{pool}`, {
  id: 'savePool',
  tag,
  summary: 'Makes a pool, or changes it: at once, without a restart',
  description:
    'What is smaller than what is held ends nothing. A pool of the config is changed there only (409). ' +
    'With `If-Match` and the ETag that was read, one that has changed since is refused (409).',
  role: 'admin',
  params: POOL,
  body: exact({
    slots: Type.Integer({ minimum: 0, maximum: POOL_SLOTS_MAX, description: '0 holds its tasks back' }),
    description: Type.Optional(
      orNull(Type.String({ maxLength: 1_000, description: 'what it protects; absent: as it was' })),
    ),
  }),
  answer: Pool,
  handle: async (services, { params, body, access, header }) => {
    access.requireGlobal();
    const ifIs = await expected(services, params.pool, header('if-match'));
    const by = access.principal.name;
    await askLeader(services, { type: 'setPool', pool: params.pool, ...body, ...ifIs, by });
    const pool = await find(services, params.pool);
    if (pool === null) throw new AppError('conflict', `pool ${params.pool} was deleted meanwhile`);
    return answered(pool);
  },
});

const remove = route('delete', `${API}/pools/{pool}`, {
  id: 'removePool',
  tag,
  summary: 'Deletes a pool that no task names; `default` has 128 slots again',
  role: 'admin',
  params: POOL,
  handle: async (services, { params, access, header }) => {
    access.requireGlobal();
    if ((await find(services, params.pool)) === null)
      throw new AppError('not_found', `there is no pool ${params.pool}`);
    const ifIs = await expected(services, params.pool, header('if-match'));
    await askLeader(services, {
      type: 'removePool',
      pool: params.pool,
      ...ifIs,
      by: access.principal.name,
    });
  },
});

/** Limits that tasks of all DAGs share. */
export const poolRoutes: readonly Route[] = [list, get, save, remove];
