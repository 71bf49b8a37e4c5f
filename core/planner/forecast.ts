import { targets } from '../graph/csr.ts';
import { TASK, taskAt } from '../graph/graph.ts';
import { S } from '../model/states.ts';
import type { RunWorld } from './run-world.ts';

/** How long the attempts of a task took in earlier runs, in milliseconds. */
export interface TaskTimes {
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** The times of the tasks of a DAG by path; a task that ran too seldom is absent. */
export type DurationHistory = ReadonlyMap<string, TaskTimes>;

/** When a run ends if its tasks take as long as they did before. */
export interface Forecast {
  /** Instants: half of such runs end by the first, nineteen of twenty by the second. */
  readonly p50At: number;
  readonly p95At: number;
  /** The instance that makes the run late: the one on its critical path with most to do, or most overdue. */
  readonly task: string;
  /** Paths of tasks still to be done about which nothing is known: they count as taking no time. */
  readonly unknown: readonly string[];
}

/** What is left of one template: the longest of its instances that are not over. */
interface Left {
  readonly p50Ms: number;
  /** Of the time left, about its median. */
  readonly spreadMs: number;
  /** Time left, or the time by which it is overdue if that is more. */
  readonly weightMs: number;
  readonly node: number;
}

/**
 * Predicts the end of an unfinished run: the longest way through what is left of its graph, each task taking
 * its median. The spreads of the tasks on that way are taken for independent, so their squares add up. Waits
 * for slots, pools and retries to come are not foreseen. `null` if nothing is left to do or nothing is known.
 */
export function forecast(run: RunWorld, history: DurationHistory, nowAt: number): Forecast | null {
  const unknown = new Set<string>();
  const left = leftByTemplate(run, history, nowAt, unknown);
  const { size, order, up } = run.graph;
  const endMs = new Float64Array(size);
  const variance = new Float64Array(size);
  const before = new Int32Array(size).fill(-1);
  let last = -1;
  for (const node of order) {
    for (const source of targets(up, node)) {
      const best = before[node] as number;
      if (best < 0 || (endMs[source] as number) > (endMs[best] as number)) before[node] = source;
    }
    const from = before[node] as number;
    const own = left.get(node);
    endMs[node] = (from < 0 ? 0 : (endMs[from] as number)) + (own?.p50Ms ?? 0);
    variance[node] = (from < 0 ? 0 : (variance[from] as number)) + (own?.spreadMs ?? 0) ** 2;
    if (own && (last < 0 || isLater(node, last, endMs, variance))) last = node;
  }
  if (last < 0) return null;
  let worst: Left | null = null;
  for (let node = last; node >= 0; node = before[node] as number) {
    const own = left.get(node);
    if (own && (worst === null || own.weightMs > worst.weightMs)) worst = own;
  }
  if (worst === null) return null;
  const p50At = Math.round(nowAt + (endMs[last] as number));
  const p95At = Math.round(p50At + Math.sqrt(variance[last] as number));
  return { p50At, p95At, task: run.nameOf(worst.node), unknown: [...unknown].sort() };
}

function isLater(one: number, other: number, endMs: Float64Array, variance: Float64Array): boolean {
  const latest = (node: number): number => (endMs[node] as number) + Math.sqrt(variance[node] as number);
  return latest(one) > latest(other);
}

function leftByTemplate(
  run: RunWorld,
  history: DurationHistory,
  nowAt: number,
  unknown: Set<string>,
): Map<number, Left> {
  const left = new Map<number, Left>();
  for (const { node, template, block } of run.existing()) {
    if (run.graph.kind[template] !== TASK) continue;
    if (!run.isOpen(node) || !run.isSelected(template, block)) continue;
    const { path } = taskAt(run.graph, template);
    const times = history.get(path);
    if (times === undefined) unknown.add(path);
    else {
      const one = leftOf(run, node, times, nowAt);
      const known = left.get(template);
      if (!known || one.p50Ms > known.p50Ms || (one.p50Ms === known.p50Ms && one.weightMs > known.weightMs))
        left.set(template, one);
    }
  }
  return left;
}

function leftOf(run: RunWorld, node: number, { p50Ms, p95Ms }: TaskTimes, nowAt: number): Left {
  if (run.state[node] !== S.running) {
    const waitMs = Math.max(0, (run.dueAt.get(node) ?? nowAt) - nowAt);
    const wholeMs = waitMs + p50Ms;
    return { p50Ms: wholeMs, spreadMs: Math.max(0, p95Ms - p50Ms), weightMs: wholeMs, node };
  }
  const elapsedMs = Math.max(0, nowAt - (run.startedAt[node] as number));
  const restMs = Math.max(0, p50Ms - elapsedMs);
  const spreadMs = Math.max(0, p95Ms - Math.max(p50Ms, elapsedMs));
  return { p50Ms: restMs, spreadMs, weightMs: restMs + Math.max(0, elapsedMs - p50Ms), node };
}
