import type { Answer } from '../model/action.ts';
import type { BecauseCode, Facts } from '../model/because.ts';
import type { Json } from '../model/json.ts';
import type { SchedulerPause } from '../model/scheduler-report.ts';
import type { Turn } from './turn.ts';
import type { Limits, World } from './world.ts';

/** Something about the scheduler itself: what has to be stored for it is stored already. */
export interface OperateRequest {
  readonly kind: 'operate';
  readonly value: Json;
  /** Whether nothing is started from now on; absent: as before. */
  readonly pause?: SchedulerPause | null;
  /** The limits from now on; absent: those of before. */
  readonly limits?: Limits;
  /** The process that leads is to end, or to take the lead anew. */
  readonly stop?: 'stop' | 'restart';
  /** A line of the journal; absent: nothing has changed. */
  readonly told?: { readonly code: BecauseCode; readonly facts: Facts };
}

/** Has something about the scheduler be so from now on. */
export function operate(turn: Turn, { value, pause, limits, told }: OperateRequest): Answer {
  if (pause !== undefined) turn.world.pause = pause;
  if (limits !== undefined) applyLimits(turn.world, limits);
  if (told !== undefined) turn.note(null, null, told.code, told.facts);
  return { ok: true, value };
}

/**
 * Has other limits be in force. Attempts under way go on, also those beyond a limit that has become smaller,
 * or of a pool that is gone.
 */
export function applyLimits(world: World, limits: Limits): void {
  for (const name of Object.keys(limits.pools)) world.pool(name);
  for (const pool of world.pools.values()) {
    const slots = Object.hasOwn(limits.pools, pool.name) ? (limits.pools[pool.name] as number) : null;
    if (slots === pool.slots) continue;
    pool.slots = slots;
    world.ranking.touch(pool);
  }
  world.limits = { ...world.limits, globalSlots: limits.globalSlots, pools: limits.pools };
}
