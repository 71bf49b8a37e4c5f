import type {
  DeadlineMiss,
  SimulatedPool,
  SimulatedRun,
  SimulationResult,
} from '../../core/simulation/simulation.ts';
import type { ClockChange } from '../../core/timetables/preview.ts';
import type { PreparedDag } from '../simulation-input.ts';
import type { Style } from '../style.ts';
import { clockChangeText } from './clock-change-text.ts';
import { counted } from './counted.ts';
import { ganttLines } from './gantt.ts';
import { tableLines } from './table.ts';
import { displayWidth, padTo } from './text-width.ts';
import { dateText, slotText, spanText } from './time-text.ts';
import { wrapped } from './wrap.ts';

const RUNS_SHOWN_MAX = 60;
const LINES_SHOWN_MAX = 20;

/** What is shown of a simulation, and how wide it may be. */
export interface SimulationView {
  readonly fromAt: number;
  readonly toAt: number;
  readonly dags: readonly PreparedDag[];
  readonly result: SimulationResult;
  readonly changes: readonly ClockChange[];
  readonly width: number;
  readonly style: Style;
}

/** A simulation for people: its runs as a chart, then pools, deadlines, clocks and what was assumed. */
export function simulationLines(view: SimulationView): string[] {
  const parts = [
    headLines(view),
    chartLines(view),
    poolLines(view),
    timeoutLines(view),
    missLines(view),
    leftOutLines(view),
    backlogLines(view),
    view.changes.map((change) => `${dateText(change.at)}  ${clockChangeText(change)}`),
    assumedLines(view),
  ];
  return parts
    .filter((part) => part.length > 0)
    .flatMap((part, index) => (index === 0 ? part : ['', ...part]));
}

function headLines({ fromAt, toAt, dags, result, width }: SimulationView): string[] {
  const { runs, attempts, stoppedAt, faults } = result;
  const total = `${counted(runs.length, 'run')}, ${counted(attempts, 'attempt')}`;
  const head =
    `${counted(dags.length, 'DAG')} from ${dateText(fromAt)} to ${dateText(toAt)} UTC: ${total}` +
    `${statesText(runs, stoppedAt)}; nothing was run or stored`;
  const stopped = stoppedAt === null ? [] : [`Too much to simulate: it stops at ${dateText(stoppedAt)}.`];
  return [
    ...wrapped(head, width),
    ...stopped,
    ...faults.map(({ dagId, message }) => `DAG ${dagId}: ${message}`),
  ];
}

function statesText(runs: readonly SimulatedRun[], stoppedAt: number | null): string {
  const failed = runs.filter(({ state }) => state === 'failed').length;
  const open = runs.filter(({ endedAt }) => endedAt === null).length;
  const openText = stoppedAt === null ? 'never over' : 'under way';
  return `${failed > 0 ? `, ${failed} failed` : ''}${open > 0 ? `, ${open} ${openText}` : ''}`;
}

function chartLines({ fromAt, toAt, result, width, style }: SimulationView): string[] {
  const shown = result.runs.slice(0, RUNS_SHOWN_MAX);
  if (shown.length === 0) return [];
  const widest = Math.max(...shown.map(({ dagId }) => displayWidth(dagId)));
  const rows = shown.map((run) => ({
    label: `${padTo(run.dagId, widest)}  ${slotText(run.dueAt)}`,
    dueAt: run.dueAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    paint: run.state === 'success' ? style.good : run.state === 'failed' ? style.bad : style.warn,
  }));
  const more = result.runs.length - shown.length;
  const rest = more > 0 ? [style.dim(`… ${counted(more, 'more run')}: a shorter span, or --json`)] : [];
  return [...ganttLines(rows, { fromAt, toAt }, width, style.dim), ...rest];
}

function poolLines({ result, width, style }: SimulationView): string[] {
  const busy = [
    ...result.pools.filter(({ mostUsed, longestQueue }) => mostUsed + longestQueue > 0),
    result.global,
  ];
  const queueText = ({ longestQueue, longestQueueAt }: SimulatedPool): string =>
    longestQueueAt === null ? '-' : `${longestQueue} at ${dateText(longestQueueAt)}`;
  const columns = [
    { title: 'pool', text: ({ name }: SimulatedPool) => name, paint: style.bold },
    { title: 'slots', text: ({ slots }: SimulatedPool) => String(slots), align: 'right' as const },
    { title: 'most used', text: ({ mostUsed }: SimulatedPool) => String(mostUsed), align: 'right' as const },
    {
      title: 'full',
      text: ({ full }: SimulatedPool) => `${(full * 100).toFixed(1)}%`,
      align: 'right' as const,
    },
    { title: 'longest queue', text: queueText },
  ];
  return tableLines(columns, busy, width, style.dim);
}

/** Runs that took longer than the timeout of their DAG: what was assumed of their tasks may be why. */
function timeoutLines({ dags, result, style }: SimulationView): string[] {
  const late = result.runs.filter(({ timedOut }) => timedOut);
  const lines = dags.flatMap(({ spec: { id, timeoutMs } }) => {
    const count = late.filter(({ dagId }) => dagId === id).length;
    return count === 0 ? [] : [`  ${id}: ${counted(count, 'run')}, after ${spanText(timeoutMs ?? 0)}`];
  });
  return lines.length === 0 ? [] : [style.warn('failed by the timeout of their DAG'), ...cut(lines)];
}

function missLines({ result, style }: SimulationView): string[] {
  const { misses } = result;
  const textOf = ({ dagId, dueAt, deadlineAt, endedAt }: DeadlineMiss): string => {
    const late = endedAt === null ? 'it is never over' : `it is over ${spanText(endedAt - deadlineAt)} later`;
    return `  ${dagId} ${dateText(dueAt)}: the deadline is ${dateText(deadlineAt)}, ${late}`;
  };
  return misses.length === 0
    ? []
    : [style.warn(`${counted(misses.length, 'deadline')} missed`), ...cut(misses.map(textOf))];
}

function leftOutLines({ result: { leftOut }, style }: SimulationView): string[] {
  const lines = leftOut.map(({ dagId, firstAt, lastAt, disposition, because }) => {
    const range = firstAt === lastAt ? dateText(firstAt) : `${dateText(firstAt)} to ${dateText(lastAt)}`;
    return `  ${dagId} ${range} ${disposition}: ${because.text}`;
  });
  return lines.length === 0 ? [] : [style.warn('slots without a run of their own'), ...cut(lines)];
}

/** What still waits at the end, and which DAGs were paused on the way. */
function backlogLines({ toAt, result: { backlog, paused }, style }: SimulationView): string[] {
  const waits = backlog.map(({ dagId, slots, firstAt }) => {
    const since = `since ${dateText(firstAt)}`;
    return `  ${dagId}: ${counted(slots, 'slot')} at ${dateText(toAt)}, the oldest ${since}`;
  });
  return [
    ...(waits.length === 0 ? [] : [style.warn('slots that still wait for their turn'), ...cut(waits)]),
    ...paused.map(({ at, because }) => style.warn(`${dateText(at)}  ${because.text}`)),
  ];
}

function cut(lines: readonly string[]): string[] {
  const more = lines.length - LINES_SHOWN_MAX;
  return more > 0 ? [...lines.slice(0, LINES_SHOWN_MAX), `  … ${more} more: --json`] : [...lines];
}

function assumedLines({ dags, width, style }: SimulationView): string[] {
  const all = dags.flatMap(({ spec, durations }) =>
    [...durations].map(([path, { ms, isKnown }]) => ({ name: `${spec.id}.${path}`, ms, isKnown })),
  );
  const unknown = all.filter(({ isKnown }) => !isKnown);
  const known = all.length - unknown.length;
  const lines = [
    'It begins with nothing under way; tasks succeed unless --fail names them.',
    ...(known > 0 ? [`${counted(known, 'task')} as long as the median of past successes.`] : []),
    ...(unknown.length > 0
      ? [`${spanText(unknown[0]?.ms ?? 0)} each (--task-duration): ${named(unknown)}.`]
      : []),
    ...dags.flatMap(({ spec, assumptions }) => assumptions.map((one) => `${spec.id}: ${one}.`)),
  ];
  return [
    style.dim('assumed'),
    ...cut(lines.flatMap((line) => wrapped(line, width - 2)).map((line) => `  ${line}`)),
  ];
}

function named(tasks: readonly { readonly name: string }[]): string {
  const names = tasks.slice(0, LINES_SHOWN_MAX).map(({ name }) => name);
  const more = tasks.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
