import type { Limits } from '../planner/world.ts';
import type { Project } from './project.ts';

/** The limits that the config of a project sets. */
export function limitsOf(project: Project): Limits {
  const { config } = project;
  const pools = Object.fromEntries(Object.entries(config.pools).map(([name, pool]) => [name, pool.slots]));
  return { globalSlots: config.scheduler.maxActive, pools, defaults: config.defaults, readsCache: true };
}
