import {
  type DagSpec,
  type FanOutSpec,
  PRIORITY_LEVELS,
  type TaskSpec,
  TRIGGER_RULES,
} from '../../../core/model/dag.ts';
import type { JsonObject } from '../../../core/model/json.ts';
import type { Random } from './random.ts';

/** What a random DAG may contain. */
export interface DagTraits {
  readonly tasks: number;
  /** Fan-outs, conditions, branches, setups and teardowns. */
  readonly rich: boolean;
  /** Pools, caps, priorities, retries. */
  readonly limits: boolean;
  readonly critical: boolean;
}

/** A DAG with lists within lists, whose keys may be asked for again and again. */
export function listsDag(random: Random): DagSpec {
  const task = (path: string, fanOut: number | undefined, more: Partial<TaskSpec>): TaskSpec => ({
    path,
    action: { kind: 'function', ref: `./x.ts#${path}` },
    ...(fanOut === undefined ? {} : { fanOut }),
    ...(random.chance(0.4) ? { triggerRule: random.pick(TRIGGER_RULES) } : {}),
    ...(random.chance(0.2) ? { retries: { max: 1, delayMs: 500 } } : {}),
    ...(random.chance(0.2) ? { pool: 'small', poolSlots: 1 + random.upTo(1) } : {}),
    ...(random.chance(0.1) ? { maxActivePerRun: 1 } : {}),
    ...more,
  });
  const more = (): Partial<FanOutSpec> => ({
    ...(random.chance(0.3) ? { minSuccess: random.pick([0.5, 1]) } : {}),
    ...(random.chance(0.4) ? { maxParallel: 1 + random.upTo(1) } : {}),
    ...(random.chance(0.3) ? { triggerRule: 'all_done' as const } : {}),
  });
  const [after, setups] = [['f.a'], ['f.a']];
  const tasks = [
    task('list0', undefined, {}),
    task('f.a', 0, {}),
    task('f.list1', 0, { after: random.some(after, 0.5) }),
    task('f.g.u', 1, { after: random.some(after, 0.5) }),
    task('f.g.v', 1, { after: ['f.g.u'], ...(random.chance(0.3) ? { shortCircuit: 'output.ok' } : {}) }),
    task('f.h.w', 2, { after: random.some(after, 0.3) }),
    task('f.b', 0, { after: random.some(['f.a', 'f.g.v', 'f.h.w'], 0.6) }),
    ...(random.chance(0.5)
      ? [task('f.down', 0, { teardown: true, setups, triggerRule: 'all_done_setup_success' })]
      : []),
    task('slow', undefined, {}),
    task('z', undefined, { after: random.some(['f.b', 'f.g.u', 'f.h.w', 'slow', 'f.a'], 0.5) }),
    task('end', undefined, { after: ['z'] }),
  ];
  const list = { key: 'item.id' };
  const fanOuts: FanOutSpec[] = [
    { path: 'f', over: 'needs.l', needs: { l: 'list0' }, ...list, returns: 'f.a', ...more() },
    { path: 'f.g', parent: 0, over: 'item.more', returns: 'f.g.v', ...more() },
    {
      path: 'f.h',
      parent: 0,
      over: 'needs.l',
      needs: { l: 'f.list1' },
      ...list,
      returns: 'f.h.w',
      ...more(),
    },
  ];
  return { v: 1, id: 'lists', maxActiveTasks: 1 + random.upTo(4), tasks, fanOuts };
}

/** Pools that random DAGs use. */
export const RANDOM_POOLS = { default: 4, small: 2, big: 3 };

/** Params that random DAGs read. */
export function randomParams(random: Random): JsonObject {
  const keys = (): string[] => ['A', 'B', 'C/D'].slice(0, random.upTo(3));
  return {
    yes: true,
    no: false,
    n: random.upTo(3),
    k0: keys(),
    k1: keys(),
    k2: [{ id: 'x', more: [1] }, { id: 'y' }],
  };
}

interface Region {
  readonly fanOut: number | undefined;
  readonly prefix: string;
  readonly depth: number;
  /** Items have lists in them: `item.more`. */
  readonly lists: boolean;
}

/** Builds DAGs from a seed: the same random numbers give the same DAG. */
export class RandomDag {
  readonly #random: Random;
  readonly #traits: DagTraits;
  readonly #tasks: TaskSpec[] = [];
  readonly #fanOuts: FanOutSpec[] = [];
  #names = 0;
  #left: number;

  constructor(random: Random, traits: DagTraits) {
    this.#random = random;
    this.#traits = traits;
    this.#left = traits.tasks;
  }

  build(id: string): DagSpec {
    const random = this.#random;
    const visible: string[] = [];
    while (this.#left > 0) this.#item({ fanOut: undefined, prefix: '', depth: 0, lists: false }, visible);
    const caps: Partial<DagSpec> = this.#traits.limits
      ? {
          maxActiveTasks: 1 + random.upTo(3),
          maxActiveRuns: 1 + random.upTo(1),
          ...(random.chance(0.3) ? { maxActiveTasksTotal: 1 + random.upTo(3) } : {}),
          ...(random.chance(0.2) ? { priorityRule: random.pick(['downstream', 'upstream'] as const) } : {}),
          ...(random.chance(0.1) ? { timeoutMs: 20_000 } : {}),
        }
      : {};
    return { v: 1, id, ...caps, tasks: this.#tasks, fanOuts: this.#fanOuts };
  }

  #item(region: Region, visible: string[]): void {
    if (this.#traits.rich && region.depth < 2 && this.#random.chance(0.2)) this.#fanOut(region, visible);
    else this.#task(region, visible);
  }

  #fanOut(region: Region, visible: string[]): void {
    const random = this.#random;
    const path = `${region.prefix}f${this.#names++}`;
    const index = this.#fanOuts.length;
    const producers = this.#tasks.filter(
      (task) => visible.includes(task.path) && task.tags?.includes('list'),
    );
    const inner: string[] = [];
    const producer = producers.length > 0 && random.chance(0.5) ? random.pick(producers) : undefined;
    const inItem = region.lists && random.chance(0.6);
    const source: Partial<FanOutSpec> & { over: string } = inItem
      ? { over: 'item.more' }
      : producer
        ? { over: 'needs.list', needs: { list: producer.path }, key: 'item.id' }
        : random.pick([{ over: 'params.k0' }, { over: 'params.k1' }, { over: 'params.k2', key: 'item.id' }]);
    this.#fanOuts.push({ path, over: source.over });
    const here: Region = {
      fanOut: index,
      prefix: `${path}.`,
      depth: region.depth + 1,
      lists: !inItem && producer !== undefined,
    };
    const size = 1 + random.upTo(3);
    const before = [...visible];
    for (let at = 0; at < size; at++) this.#item(here, before);
    inner.push(...this.#tasks.filter((task) => task.fanOut === index).map((task) => task.path));
    if (inner.length === 0) {
      this.#task(here, before);
      inner.push((this.#tasks.at(-1) as TaskSpec).path);
    }
    this.#fanOuts[index] = {
      path,
      ...(region.fanOut === undefined ? {} : { parent: region.fanOut }),
      ...source,
      after: random.some(visible, 0.15),
      ...(random.chance(0.3) ? { triggerRule: random.pick(TRIGGER_RULES) } : {}),
      ...(this.#traits.limits && random.chance(0.3) ? { maxParallel: 1 + random.upTo(1) } : {}),
      ...(random.chance(0.4) ? { minSuccess: random.pick([0.5, 1, 2]) } : {}),
      returns: random.pick(inner),
    };
    visible.push(path, random.pick(inner));
  }

  #task(region: Region, visible: string[]): void {
    this.#left--;
    const random = this.#random;
    const isList = this.#traits.rich && random.chance(0.15);
    const path = `${region.prefix}${isList ? 'list' : 't'}${this.#names++}`;
    const after = random.some(visible, Math.min(0.5, 2 / Math.max(1, visible.length)));
    const task: TaskSpec = {
      path,
      action: { kind: 'function', ref: `./x.ts#${path}` },
      ...(region.fanOut === undefined ? {} : { fanOut: region.fanOut }),
      after,
      ...(random.chance(0.4) ? { triggerRule: random.pick(TRIGGER_RULES) } : {}),
      ...(this.#traits.rich && !isList ? this.#richness(after) : {}),
      ...(isList ? { tags: ['list'] } : {}),
      ...(this.#traits.limits ? this.#limits() : {}),
      ...(this.#traits.critical && random.chance(0.08) ? { critical: true as const } : {}),
    };
    this.#tasks.push(task);
    visible.push(path);
  }

  #richness(after: readonly string[]): Partial<TaskSpec> {
    const random = this.#random;
    const setups = after.filter((path) => this.#tasks.some((task) => task.path === path));
    const roll = random.next();
    if (roll < 0.08) {
      const cases = [{ when: random.pick(['params.yes', 'params.no', 'params.n > 1']), value: 'left' }];
      return { action: { kind: 'choose', cases, ...(random.chance(0.5) ? { otherwise: 'right' } : {}) } };
    }
    if (roll < 0.14) return { action: { kind: 'pass' } };
    if (roll < 0.24)
      return { when: random.pick(['params.yes', 'params.no', 'params.n >= 1', '1 / params.zero > 0']) };
    if (roll < 0.32) return { shortCircuit: 'output.ok' };
    if (roll < 0.45 && setups.length > 0) {
      const failRun = random.chance(0.4) ? { failRun: true as const } : {};
      return {
        teardown: true,
        setups: [random.pick(setups)],
        triggerRule: 'all_done_setup_success',
        ...failRun,
      };
    }
    const chooser = this.#tasks.find((task) => after.includes(task.path) && task.action.kind === 'choose');
    if (chooser) return { when: "needs.c == 'left'", needs: { c: chooser.path } };
    return {};
  }

  #limits(): Partial<TaskSpec> {
    const random = this.#random;
    const pool = random.pick(['default', 'default', 'small', 'big'] as const);
    return {
      pool,
      poolSlots: 1 + random.upTo(RANDOM_POOLS[pool] > 1 ? 1 : 0),
      ...(random.chance(0.3) ? { priority: random.pick([...PRIORITY_LEVELS, 5, -3]) } : {}),
      ...(random.chance(0.2) ? { maxActive: 1 + random.upTo(1) } : {}),
      ...(random.chance(0.2) ? { maxActivePerRun: 1 } : {}),
      ...(random.chance(0.1) ? { onLost: 'fail' as const } : {}),
      ...(random.chance(0.5) ? { retries: this.#retries() } : {}),
      ...(random.chance(0.2) ? { timeoutMs: 3_000 } : {}),
    };
  }

  #retries(): NonNullable<TaskSpec['retries']> {
    const random = this.#random;
    return {
      max: random.upTo(2),
      delayMs: random.pick([0, 500, 4_000]),
      backoff: random.pick(['fixed', 'linear', 'exponential'] as const),
      ...(random.chance(0.2) ? { on: ['Error', 'timeout'] } : {}),
      ...(random.chance(0.2) ? { except: ['memory'] } : {}),
    };
  }
}
