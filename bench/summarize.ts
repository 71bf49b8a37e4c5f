import type { Measurement, Summary, TimesOrch } from './measurement.ts';
import { median, medianRange, quantile } from './statistics.ts';

/**
 * Sums up the runs of one workload on one system, round by round; there must be at least one. `orch`: its
 * runs in the same rounds.
 */
export function summarize(measurements: readonly Measurement[], orch: readonly Measurement[]): Summary {
  const [first] = measurements;
  if (!first) throw new Error('there is nothing to summarise');
  const durations = measurements.map((one) => one.durationMs);
  const gaps = measurements.flatMap((one) => one.gapsMs);
  const medianMs = median(durations);
  const children = measurements.flatMap((one) => (one.childrenMib === null ? [] : [one.childrenMib]));
  return {
    system: first.system,
    workload: first.workload,
    runs: measurements.length,
    tasks: first.tasks,
    medianMs,
    minMs: Math.min(...durations),
    maxMs: Math.max(...durations),
    tasksPerSecond: (first.tasks / medianMs) * 1000,
    gapP50Ms: gaps.length > 0 ? quantile(gaps, 0.5) : null,
    gapP99Ms: gaps.length > 0 ? quantile(gaps, 0.99) : null,
    cpuUsPerTask: (median(measurements.map((one) => one.cpuMs)) / first.tasks) * 1000,
    processMib: Math.max(...measurements.map((one) => one.processMib)),
    childrenMib: children.length > 0 ? Math.max(...children) : null,
    timesOrch: first.system === 'orch' ? null : timesOf(measurements, orch),
  };
}

/** What disturbs the machine for seconds disturbs both of a round: their ratio stays. */
function timesOf(measurements: readonly Measurement[], orch: readonly Measurement[]): TimesOrch | null {
  const ratios = measurements.flatMap(({ durationMs }, round) => {
    const beside = orch[round];
    return beside === undefined ? [] : [durationMs / beside.durationMs];
  });
  return ratios.length === 0 ? null : { median: median(ratios), ...medianRange(ratios) };
}
