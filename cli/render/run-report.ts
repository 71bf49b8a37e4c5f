import type { RunView } from '../../core/store/run-view.ts';
import type { MetricRecord } from '../../core/store/store.ts';
import type { Style } from '../style.ts';
import { RunTracker } from './run-tracker.ts';
import { groupLines, soloLines } from './scroll-lines.ts';

/**
 * The tasks of a run as they are now: a line for each key of a fan-out and for each other task, in DAG order.
 */
export function runReport(
  view: RunView,
  metrics: readonly MetricRecord[],
  columns: number,
  style: Style,
): string[] {
  const tracker = new RunTracker(view);
  for (const instance of view.tasks) tracker.apply({ type: 'progress', instance });
  const byNode = new Map(view.tasks.map((task) => [task.nodeNo, task]));
  for (const metric of metrics) {
    const instance = byNode.get(metric.nodeNo);
    if (instance !== undefined) tracker.apply({ type: 'metric', instance, metric });
  }
  const lines: string[] = [];
  const shown = new Set<object>();
  const inOrder = [...view.tasks].sort((a, b) => tracker.order(a.taskId) - tracker.order(b.taskId));
  for (const instance of inOrder) {
    if (instance.state === 'not_selected' || instance.state === 'removed') continue;
    const group = tracker.groupOf(instance);
    if (group === null) {
      lines.push(...soloLines(tracker, instance, columns, style));
    } else if (!shown.has(group)) {
      shown.add(group);
      lines.push(...groupLines(tracker, group, columns, style));
    }
  }
  return lines;
}
