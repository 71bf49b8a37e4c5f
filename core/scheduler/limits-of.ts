import type { Limits } from '../planner/world.ts';
import type { Project } from './project.ts';
import { reportInForce } from './report-in-force.ts';

/** The limits that the config of a project sets. */
export function limitsOf({ config }: Pick<Project, 'config'>): Limits {
  const pools = Object.fromEntries(Object.entries(config.pools).map(([name, pool]) => [name, pool.slots]));
  return { globalSlots: config.scheduler.maxActive, pools, defaults: config.defaults, readsCache: true };
}

/**
 * The limits that hold now: those that the scheduler which leads has said to have, which may have changed
 * since it and this process began, or else those of the config.
 */
export async function limitsInForce({ config, store }: Pick<Project, 'config' | 'store'>): Promise<Limits> {
  const limits = limitsOf({ config });
  const report = await reportInForce(store);
  return report === null ? limits : { ...limits, globalSlots: report.slots, pools: report.pools };
}
