import type { StoredPool } from '../model/pool.ts';
import type { Limits } from '../planner/world.ts';
import { isConfigured, poolsInForce } from './pools.ts';
import type { Project } from './project.ts';
import { reportInForce } from './report-in-force.ts';

/** The limits that the config of a project sets, with the pools that are stored beside it. */
export function limitsOf({ config }: Pick<Project, 'config'>, stored: readonly StoredPool[]): Limits {
  const pools = slotsOf(poolsInForce(config.pools, stored));
  return { globalSlots: config.scheduler.maxActive, pools, defaults: config.defaults, readsCache: true };
}

/**
 * The limits that hold now: those that the scheduler which leads has said to have, which may have changed
 * since it and this process began, or else those of the config. Pools that are stored hold at once.
 */
export async function limitsInForce({ config, store }: Pick<Project, 'config' | 'store'>): Promise<Limits> {
  const stored = await store.operations.facts.pools();
  const limits = limitsOf({ config }, stored);
  const report = await reportInForce(store);
  if (report === null) return limits;
  const unsaid = Object.entries(limits.pools).filter(([name]) => !isConfigured(config.pools, name));
  const pools = { ...Object.fromEntries(unsaid), ...report.pools };
  return { ...limits, globalSlots: report.slots, pools };
}

/** The slots of pools that somebody wrote into a config. */
export function configuredSlots({ config }: Pick<Project, 'config'>): { readonly [pool: string]: number } {
  const said = Object.entries(config.pools).filter(([name]) => isConfigured(config.pools, name));
  return slotsOf(new Map(said));
}

function slotsOf(pools: ReadonlyMap<string, { readonly slots: number }>): Limits['pools'] {
  return Object.fromEntries([...pools].map(([name, { slots }]) => [name, slots]));
}
