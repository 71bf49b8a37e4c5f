import { describe, expect, it } from 'vitest';
import { inDependencyOrder, inTurns } from '../../../bench/dependency-order.ts';
import type { Measurement } from '../../../bench/measurement.ts';
import { regressions } from '../../../bench/report.ts';
import type { BenchResults } from '../../../bench/results.ts';
import { scalingTable } from '../../../bench/scaling/print-scaling.ts';
import { watchedStore } from '../../../bench/scaling/watched-store.ts';
import { median, medianRange, quantile } from '../../../bench/statistics.ts';
import { summarize } from '../../../bench/summarize.ts';
import { figure, table } from '../../../bench/table.ts';
import { Witness } from '../../../bench/witness.ts';
import type { BenchTask } from '../../../bench/workloads.ts';
import { tasksOf, WORKLOAD_NAMES, WORKLOADS } from '../../../bench/workloads.ts';
import type { Lease, Store } from '../../../core/store/store.ts';

const chain: BenchTask[] = [
  { id: 'a', needs: [], fib: 0 },
  { id: 'b', needs: ['a'], fib: 0 },
];
const span = (startedAt: number, endedAt: number) => ({ startedAt, endedAt });

describe('workloads', () => {
  it.each([...WORKLOAD_NAMES])('%s has unique tasks, each after what it needs', (name) => {
    const seen = new Set<string>();
    const misplaced = tasksOf(WORKLOADS[name]).filter((task) => {
      const wrong = seen.has(task.id) || !task.needs.every((need) => seen.has(need));
      seen.add(task.id);
      return wrong;
    });
    expect(misplaced).toEqual([]);
  });
  it('have the sizes that their titles promise', () => {
    const sizes = WORKLOAD_NAMES.map((name) => tasksOf(WORKLOADS[name]).length);
    expect(sizes).toEqual([100, 1002, 40, 10, 10, 300, 10_002, 100_002]);
  });
});

describe('witness', () => {
  it('accepts a run in order and measures its gap', () => {
    const witness = new Witness();
    witness.saw('a', span(1, 2));
    witness.saw('b', span(2.5, 3));
    witness.check(chain);
    expect(witness.gapsMs(chain)).toEqual([0.5]);
  });
  it.each<[string, [string, number, number][]]>([
    [
      'b began before a had ended',
      [
        ['a', 1, 2],
        ['b', 1.5, 3],
      ],
    ],
    ['1 of 2 tasks ran', [['a', 1, 2]]],
    [
      '1 tasks ran twice, first a',
      [
        ['a', 1, 2],
        ['a', 1, 2],
        ['b', 3, 4],
      ],
    ],
    [
      'b did not run',
      [
        ['a', 1, 2],
        ['c', 3, 4],
      ],
    ],
  ])('refuses a run: %s', (message, spans) => {
    const witness = new Witness();
    for (const [id, startedAt, endedAt] of spans) witness.saw(id, span(startedAt, endedAt));
    expect(() => witness.check(chain)).toThrow(message);
  });
});

describe('runners of the limit', () => {
  const tasks = tasksOf({ ...WORKLOADS.W2, size: 30 });

  it('inDependencyOrder keeps order and concurrency', async () => {
    const witness = new Witness();
    let [clock, running, most] = [0, 0, 0];
    await inDependencyOrder(tasks, 8, async (task) => {
      const startedAt = clock++;
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      witness.saw(task.id, span(startedAt, clock++));
    });
    witness.check(tasks);
    expect(most).toBe(8);
  });

  it('inDependencyOrder rejects when a task does', async () => {
    await expect(inDependencyOrder(chain, 1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('inTurns writes every transition once, before the task starts', async () => {
    const written = { ended: [] as string[], queued: [] as string[], started: [] as string[] };
    const starts: string[] = [];
    await inTurns(
      tasks,
      8,
      (turn) => {
        written.ended.push(...turn.ended);
        written.queued.push(...turn.queued);
        written.started.push(...turn.started);
      },
      (task, ended) => {
        expect(written.started).toContain(task.id);
        starts.push(task.id);
        setImmediate(ended);
      },
    );
    const ids = tasks.map((task) => task.id);
    expect(starts).toEqual(ids);
    expect(written.queued).toEqual(ids);
    expect([...written.ended].sort()).toEqual([...ids].sort());
  });

  it('inTurns rejects when a commit fails', async () => {
    const commit = () => {
      throw new Error('disk full');
    };
    await expect(inTurns(chain, 1, commit, (_task, ended) => ended())).rejects.toThrow('disk full');
  });
});

describe('figures', () => {
  const run = (durationMs: number, gapsMs: number[] = []): Measurement => ({
    system: 'orch',
    workload: 'W1',
    tasks: 100,
    durationMs,
    cpuMs: 10,
    gapsMs,
    processMib: 50,
    childrenMib: null,
  });
  it('takes medians and quantiles', () => {
    expect([
      median([3, 1, 2]),
      median([4, 1, 2, 3]),
      quantile([1, 2, 3, 4], 0.5),
      quantile([5], 0.99),
    ]).toEqual([2, 2.5, 2, 5]);
    expect(() => median([])).toThrow();
  });
  it('sums up runs', () => {
    const summary = summarize([run(10, [1, 2]), run(20, [3, 4]), run(40)], []);
    expect(summary).toMatchObject({ medianMs: 20, minMs: 10, maxMs: 40, tasksPerSecond: 5000, gapP50Ms: 2 });
    expect(summary.cpuUsPerTask).toBe(100);
    expect(summary.timesOrch).toBeNull();
  });
  it('compares a system with orch round by round, so that a slow minute counts for both', () => {
    const peer = (durationMs: number): Measurement => ({ ...run(durationMs), system: 'peer' });
    const orch = [run(10), run(100), run(10)];
    const { timesOrch } = summarize([peer(11), peer(120), peer(12)], orch);
    expect(timesOrch).toEqual({ median: 1.2, low: 1.1, high: 1.2 });
    expect(summarize([peer(11)], []).timesOrch).toBeNull();
  });
  it('says where a median lies', () => {
    const values = Array.from({ length: 100 }, (_, at) => at + 1);
    expect(medianRange(values)).toEqual({ low: 40, high: 61 });
    expect(medianRange([3, 1, 2])).toEqual({ low: 1, high: 3 });
  });
  it('reports what is worse than the baseline by more than the noise', () => {
    const results = (durationMs: number): BenchResults => ({
      machine: { cores: 2, model: '', memoryGib: 1, node: '' },
      summaries: [summarize([run(durationMs)], [])],
      figures: [],
      absent: {},
    });
    expect(regressions(results(13), results(10))).toHaveLength(1);
    expect(regressions(results(12), results(10))).toEqual([]);
  });
  it('writes figures and tables', () => {
    expect([figure(12345.6), figure(0.04321), figure(0)]).toEqual(['12,346', '0.0432', '0']);
    expect(table(['name', 'ms'], [['a', '1']])).toBe('| name |  ms |\n|------|----:|\n| a    |   1 |');
  });
});

describe('scaling goals', () => {
  it('are lines that say what was aimed at, and whether it was reached', () => {
    const reading = { goal: '6', what: 'idle', aim: '<= 1 ms', found: '2 ms', met: false };
    const lines = scalingTable([reading, { ...reading, aim: '', met: null }])
      .split('\n')
      .slice(2);
    expect(lines).toEqual([
      '| 6: idle | <= 1 ms |  2 ms | MISSED |',
      '| 6: idle |         |  2 ms |        |',
    ]);
  });

  it('count what a leader does with its store', async () => {
    const inner = { commit: () => ({ ok: true }), dags: async () => ['a'], closed: false };
    const watch = watchedStore(inner as unknown as Store);
    const written: number[] = [];
    watch.onWritten = (actions) => written.push(actions.length);
    expect(await watch.store.dags()).toEqual(['a']);
    await watch.store.commit({} as Lease, { no: 1, at: 0, actions: [] });
    expect([watch.reads, watch.writes, written]).toEqual([1, 1, [0]]);
  });
});
