import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../core/model/clock.ts';
import { S } from '../../core/model/states.ts';
import { monotonicMs } from '../body.ts';
import { childrenCpuMs } from '../children-cpu.ts';
import { readSpans } from '../systems/orch-witness.ts';
import type { LedProject } from './led-project.ts';

/** What became of the slots that came due while it was measured. */
export interface Lateness {
  readonly slots: number;
  readonly runs: number;
  /** From each slot until its run is stored, until its task is handed over, until the body begins. */
  readonly createdMs: readonly number[];
  readonly handedMs: readonly number[];
  readonly begunMs: readonly number[];
  /** Shares of one core: of the leader, and of its keeper and runners. */
  readonly cpuShare: number;
  readonly childrenShare: number;
}

/** How long what is due at the end may take. */
const REST_MS = 10_000;
/** The watch begins this long before its first slot. */
const EARLY_MS = 100;

/**
 * Watches a scheduler whose DAGs named by `isWatched` are due every so often, from the next slot on, by the
 * real clock.
 */
export async function watchLateness(
  led: LedProject,
  dir: string,
  { everyMs, slots, dags, isWatched }: Span,
): Promise<Lateness> {
  const firstAt = Math.ceil((systemClock.now() + 2 * EARLY_MS) / everyMs) * everyMs;
  const lastAt = firstAt + (slots - 1) * everyMs;
  const dueAt = new Map<number, number>();
  const createdMs: number[] = [];
  const handedMs: number[] = [];
  let ended = 0;
  led.watch.onWritten = (actions, at) => {
    for (const action of actions) {
      if (action.type === 'run.create') {
        const { logicalAt, runNo, dagId } = action.run;
        if (logicalAt === null || logicalAt < firstAt || logicalAt > lastAt || !isWatched(dagId)) continue;
        dueAt.set(runNo, logicalAt);
        createdMs.push(at - logicalAt);
      } else if (action.type === 'instance' && action.to === S.queued) {
        const slot = dueAt.get(action.runNo);
        if (slot !== undefined) handedMs.push(at - slot);
      } else if (action.type === 'run.change' && action.endedAt && dueAt.has(action.runNo)) ended++;
    }
  };
  await sleep(firstAt - systemClock.now() - EARLY_MS);
  readSpans(dir);
  const before = { cpu: process.cpuUsage(), children: childrenCpuMs(), at: monotonicMs() };
  await sleep(lastAt + everyMs - 50 - systemClock.now());
  const { user, system } = process.cpuUsage(before.cpu);
  const spanMs = monotonicMs() - before.at;
  const childrenMs = childrenCpuMs() - before.children;
  const until = monotonicMs() + REST_MS;
  while (ended < slots * dags && monotonicMs() < until) await sleep(100);
  const offset = systemClock.now() - monotonicMs();
  const begunMs = readSpans(dir).flatMap(({ startedAt }) => {
    const at = startedAt + offset;
    const slot = Math.floor((at + 1) / everyMs) * everyMs;
    return slot < firstAt || slot > lastAt ? [] : [at - slot];
  });
  return {
    slots,
    runs: createdMs.length,
    createdMs,
    handedMs,
    begunMs,
    cpuShare: (user + system) / 1000 / spanMs,
    childrenShare: childrenMs / spanMs,
  };
}

/** What is watched. */
export interface Span {
  readonly everyMs: number;
  readonly slots: number;
  /** DAGs that are due at each slot. */
  readonly dags: number;
  readonly isWatched: (dagId: string) => boolean;
}
