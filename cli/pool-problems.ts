import { type DagSpec, TASK_DEFAULTS } from '../core/model/dag.ts';
import { didYouMean } from '../core/model/did-you-mean.ts';
import { AppError, type Diagnostic } from '../core/model/errors.ts';
import { placeInSource, type SourceOf } from '../core/parsing/place-in-source.ts';
import { counted } from './render/counted.ts';

/** Pools by name. */
type PoolSlots = ReadonlyMap<string, { readonly slots: number }>;

/**
 * Tasks that could never start: their pool does not exist, or has fewer slots than they need. A DAG file does
 * not know the pools, so that this is asked where the config is known. Where the sources are given, a mistake
 * has the first place that names the pool.
 */
export function poolProblems(
  dags: readonly { readonly file: string; readonly spec: DagSpec }[],
  pools: PoolSlots,
  sourceOf: SourceOf = () => null,
): Diagnostic[] {
  return dags.flatMap(({ file, spec }) =>
    spec.tasks.flatMap(({ path, pool = TASK_DEFAULTS.pool, poolSlots = TASK_DEFAULTS.poolSlots }) => {
      const named = new RegExp(`\\bpool['"]?\\s*:\\s*['"]?${pool.replaceAll(/[^\w-]/g, '\\$&')}(?![\\w-])`);
      const at = { severity: 'error', file, ...placeInSource(sourceOf(file), named) } as const;
      const task = `task '${path}' of DAG ${spec.id}`;
      const slots = pools.get(pool)?.slots;
      if (slots === undefined) {
        const hint = didYouMean(pool, [...pools.keys()]) ?? `make it: orch pool set ${pool} <slots>`;
        return [{ ...at, rule: 'unknown-pool', message: `pool '${pool}' of ${task} does not exist`, hint }];
      }
      if (poolSlots <= slots) return [];
      const message = `${task} needs ${counted(poolSlots, 'slot')} of pool '${pool}', which has ${slots}`;
      return [{ ...at, rule: 'pool-too-small', message, hint: 'lower poolSlots, or enlarge the pool' }];
    }),
  );
}

/** Refuses a DAG with tasks that would wait for slots for ever. */
export function requirePools(dag: { readonly file: string; readonly spec: DagSpec }, pools: PoolSlots): void {
  const problems = poolProblems([dag], pools);
  if (problems.length === 0) return;
  const tasks = counted(problems.length, 'task');
  throw new AppError('invalid', `DAG '${dag.spec.id}' has ${tasks} that can never get slots of a pool.`, {
    diagnostics: problems.map((one) => ({ ...one })),
  });
}
