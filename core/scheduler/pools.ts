import type { Config, ConfigOrigin } from '../config/config.ts';
import type { PoolSetting, StoredPool } from '../model/pool.ts';
import type { Project } from './project.ts';

/** A pool as it holds, and who says so. */
export interface PoolInForce extends PoolSetting {
  /** `null`: it is stored, and no config has it. */
  readonly origin: ConfigOrigin | null;
}

/**
 * The pools of a config and those that are stored, by name. A pool that the config has is the config's: what
 * is stored of it does not hold as long as it stands there.
 */
export function poolsInForce(
  pools: Config['pools'],
  stored: readonly StoredPool[],
): ReadonlyMap<string, PoolInForce> {
  const found = new Map<string, PoolInForce>(Object.entries(pools));
  for (const { name, slots, description } of stored)
    if (!isConfigured(pools, name)) found.set(name, { slots, description, origin: null });
  return found;
}

/** Whether somebody has written a pool into a config; `default` is there without that. */
export function isConfigured(pools: Config['pools'], name: string): boolean {
  return Object.hasOwn(pools, name) && pools[name]?.origin.kind !== 'default';
}

/** The pools of a project by the config as this process has read it. */
export async function readPools({ config, store }: Pick<Project, 'config' | 'store'>) {
  return poolsInForce(config.pools, await store.operations.facts.pools());
}
