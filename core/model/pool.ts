/** What a pool of a name may be called, as a pattern. */
export const POOL_NAME = '^[A-Za-z_][A-Za-z0-9_-]{0,127}$';

/** Slots of a pool at most. */
export const POOL_SLOTS_MAX = 1_000_000;

/** What is said of a pool. */
export interface PoolSetting {
  readonly slots: number;
  /** What the pool protects. */
  readonly description: string | null;
}

/** A pool that no config file has: it was made by a command or over the API. */
export interface StoredPool extends PoolSetting {
  readonly name: string;
  readonly changedAt: number;
  readonly changedBy: string;
}
