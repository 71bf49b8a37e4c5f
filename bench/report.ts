import { GOALS } from './goals.ts';
import type { Summary } from './measurement.ts';
import type { BenchResults } from './results.ts';
import { figure, table } from './table.ts';
import type { WorkloadName } from './workloads.ts';
import { WORKLOADS } from './workloads.ts';

/** Runs on shared cores differ by this much without a cause. */
const NOISE = 0.25;

function row(summary: Summary): string[] {
  const { gapP50Ms, gapP99Ms, childrenMib, timesOrch } = summary;
  return [
    summary.system,
    String(summary.runs),
    figure(summary.medianMs),
    `${figure(summary.minMs)}-${figure(summary.maxMs)}`,
    figure(summary.tasksPerSecond),
    gapP50Ms === null ? '' : `${figure(gapP50Ms)} / ${figure(gapP99Ms ?? 0)}`,
    figure(summary.cpuUsPerTask),
    `${figure(summary.processMib)} + ${childrenMib === null ? '?' : figure(childrenMib)}`,
    timesOrch === null
      ? ''
      : `${figure(timesOrch.median)}x (${figure(timesOrch.low)}-${figure(timesOrch.high)})`,
  ];
}

const HEAD = [
  'system',
  'runs',
  'median ms',
  'min-max',
  'tasks/s',
  'gap p50/p99 ms',
  'CPU us/task',
  'MiB',
  'time/orch',
];

/** The table of one workload. */
export function workloadText(name: WorkloadName, summaries: readonly Summary[]): string {
  const lines = summaries.filter((one) => one.workload === name).map(row);
  return `${name}: ${WORKLOADS[name].title}\n${table(HEAD, lines)}`;
}

/** The other figures, the goals, and what got worse than the baseline. */
export function closingText(results: BenchResults, baseline: BenchResults | null): string {
  const parts: string[] = [];
  if (results.figures.length > 0) {
    const rows = results.figures.map((one) => [one.name, `${figure(one.value)} ${one.unit}`, one.goal ?? '']);
    parts.push(table(['orch', 'median', 'goal'], rows), '');
  }
  for (const goal of GOALS) {
    const summary = results.summaries.find((one) => one.system === 'orch' && one.workload === goal.workload);
    if (summary)
      parts.push(`goal ${goal.workload}: ${goal.text}: ${goal.reached(summary) ? 'reached' : 'MISSED'}`);
  }
  return [...parts, ...(baseline ? regressions(results, baseline) : [])].join('\n');
}

/** One line for every median that is worse than in the baseline by more than the noise. */
export function regressions(results: BenchResults, baseline: BenchResults): string[] {
  return results.summaries.flatMap((now) => {
    const before = baseline.summaries.find(
      (one) => one.system === now.system && one.workload === now.workload,
    );
    if (!before || now.medianMs <= before.medianMs * (1 + NOISE)) return [];
    const times = figure(now.medianMs / before.medianMs);
    return [`WORSE ${now.workload} ${now.system}: ${figure(now.medianMs)} ms, ${times}x the baseline`];
  });
}
