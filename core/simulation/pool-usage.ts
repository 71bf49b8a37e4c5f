import { poolHasRoom } from '../planner/slots.ts';
import type { World } from '../planner/world.ts';
import type { SimulatedPool } from './simulation.ts';

/** What is counted of one pool. */
class Usage {
  readonly name: string;
  readonly slots: number;
  fullMs = 0;
  mostUsed = 0;
  longestQueue = 0;
  longestQueueAt: number | null = null;
  used = 0;

  constructor(name: string, slots: number) {
    this.name = name;
    this.slots = slots;
  }

  see(used: number, queue: number, at: number): void {
    this.used = used;
    this.mostUsed = Math.max(this.mostUsed, used);
    if (queue <= this.longestQueue) return;
    this.longestQueue = queue;
    this.longestQueueAt = at;
  }
}

/** Watches how full the pools of a world are, from instant to instant. */
export class PoolUsage {
  readonly #world: World;
  readonly #fromAt: number;
  readonly #toAt: number;
  readonly #pools: readonly Usage[];
  readonly #global: Usage;
  #seenAt: number;

  constructor(world: World, fromAt: number, toAt: number) {
    this.#world = world;
    this.#fromAt = fromAt;
    this.#toAt = toAt;
    this.#seenAt = fromAt;
    this.#pools = [...world.pools.values()].flatMap(({ name, slots }) =>
      slots === null ? [] : [new Usage(name, slots)],
    );
    this.#global = new Usage('all attempts', world.limits.globalSlots);
  }

  /** Time goes on to an instant with everything as it was last seen. */
  goTo(at: number): void {
    const until = Math.min(at, this.#toAt);
    const passed = until - this.#seenAt;
    if (passed <= 0) return;
    this.#seenAt = until;
    for (const usage of [...this.#pools, this.#global]) if (usage.used >= usage.slots) usage.fullMs += passed;
  }

  /** Looks at everything as it is after a turn of the planner. */
  see(at: number): void {
    const queues = new Map<string, number>();
    let waiting = 0;
    for (const lanes of this.#world.ranking.lanes.values()) {
      for (const { pool: name, slots, ready } of lanes.values()) {
        if (ready.size === 0) continue;
        waiting += ready.size;
        const pool = this.#world.pools.get(name);
        if (pool && !poolHasRoom(pool, slots)) queues.set(name, (queues.get(name) ?? 0) + ready.size);
      }
    }
    for (const usage of this.#pools)
      usage.see(this.#world.pools.get(usage.name)?.used ?? 0, queues.get(usage.name) ?? 0, at);
    const { used } = this.#world;
    this.#global.see(used, used >= this.#global.slots ? waiting : 0, at);
  }

  /** The figures of all pools, and those of all attempts together. */
  figures(): { readonly pools: readonly SimulatedPool[]; readonly global: SimulatedPool } {
    return { pools: this.#pools.map((one) => this.#figure(one)), global: this.#figure(this.#global) };
  }

  #figure({ name, slots, fullMs, mostUsed, longestQueue, longestQueueAt }: Usage): SimulatedPool {
    const spanMs = this.#toAt - this.#fromAt;
    const full = spanMs > 0 ? fullMs / spanMs : 0;
    return { name, slots, full, mostUsed, longestQueue, longestQueueAt };
  }
}
