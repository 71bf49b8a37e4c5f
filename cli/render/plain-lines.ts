import type { RunUpdate } from '../../core/scheduler/session.ts';
import type { InstanceView } from '../../core/store/run-view.ts';
import type { Style } from '../style.ts';
import { failureText } from './failure-text.ts';
import { shortRunId } from './run-name.ts';
import type { RunTracker } from './run-tracker.ts';
import { lookOf, toned } from './state-look.ts';
import { tamed } from './text-width.ts';
import { clockText, spanText } from './time-text.ts';

export interface PlainOptions {
  readonly style: Style;
  /** Tell the start of attempts too. */
  readonly verbose: boolean;
}

const WORD_COLUMNS = 5;

/** The lines for one update in append-only output: one for each state that matters to people, else none. */
export function plainLines(tracker: RunTracker, update: RunUpdate, options: PlainOptions): string[] {
  if (update.type !== 'change') return [];
  const { record, instance } = update;
  const at = clockText(record.at);
  if (instance === null) return runLine(record.from, record.to, at, record.because.text);
  const text = changeText(tracker, instance, record.at, options.verbose);
  if (text === null || record.from === record.to) return [];
  const { word } = lookOf(instance.state);
  return [
    `${options.style.dim(at)} ${toned(instance.state, word.padEnd(WORD_COLUMNS), options.style)} ${text}`,
  ];
}

function runLine(from: string, to: string, at: string, because: string): string[] {
  if (from === to || (to !== 'paused' && from !== 'paused')) return [];
  return [`${at} run   ${to}: ${because}`];
}

/** What to say of an instance that came into its state, or `null` for nothing. */
function changeText(
  tracker: RunTracker,
  instance: InstanceView,
  at: number,
  verbose: boolean,
): string | null {
  const { name, attempts } = instance;
  const span = instance.durationMs === null ? '' : ` ${spanText(instance.durationMs)}`;
  switch (instance.state) {
    case 'running':
      return verbose ? `${name}${attempts > 1 ? ` try ${attempts}` : ''}` : null;
    case 'success':
      if (instance.because?.code === 'cache_hit')
        return `${name} from the cache of run ${shortRunId(String(instance.because['run']))}`;
      return `${name}${span}${attempts > 1 ? ` (try ${attempts})` : ''}`;
    case 'up_for_retry':
      return `${name} ${tryText(tracker, instance)} ${failureText(instance)}${nextIn(instance, at)}`;
    case 'failed':
      return `${name} ${attempts > 1 ? `after ${attempts} tries` : `after${span}`}: ${failureText(instance)}`;
    case 'skipped':
      return `${name}${instance.because === null ? '' : `: ${instance.because.text}`}`;
    case 'cancelled':
      return `${name}${instance.reason === null ? '' : ` (${instance.reason})`}`;
    case 'upstream_failed': {
      const why = tracker.expansionFailure(instance);
      return why === null ? name : `${name}: ${tamed(why)}`;
    }
    case 'waiting':
      return verbose || !isLaterLook(instance) ? `${name}: ${waitText(instance)}` : null;
    case 'paused':
      return name;
    default:
      return null;
  }
}

/** A sensor that looks again, or a loop that goes on: the first time says it all. */
function isLaterLook({ because }: InstanceView): boolean {
  return Number(because?.['calls'] ?? 1) > 1;
}

function waitText({ because }: InstanceView): string {
  const options = because?.code === 'waits_answer' ? ` (${(because['options'] as string[]).join(', ')})` : '';
  return `${tamed(because?.text ?? 'it waits')}${options}`;
}

/** `try 1/3`: of how many only while the policy decides, not after retries by hand or lost attempts. */
export function tryText(tracker: RunTracker, { taskId, attempts, because }: InstanceView): string {
  const most = tracker.retriesOf(taskId) + 1;
  return because?.code === 'attempt_lost' || attempts >= most ? `try ${attempts}` : `try ${attempts}/${most}`;
}

function nextIn(instance: InstanceView, at: number): string {
  return instance.dueAt === null ? '' : `, next in ${spanText(instance.dueAt - at)}`;
}

/** The line that shows a quiet run is alive. */
export function heartbeatLine(tracker: RunTracker, now: number, style: Style): string {
  const running = [...tracker.instances.values()].filter((instance) => instance.state === 'running');
  const named = running.slice(0, 3).map((one) => `${one.name} ${spanText(now - (one.startedAt ?? now))}`);
  const more = running.length > named.length ? `, ${running.length - named.length} more` : '';
  const what = named.length > 0 ? `; running: ${named.join(', ')}${more}` : '; nothing is running';
  const done = `${tracker.completed}/${tracker.total} tasks done`;
  return `${style.dim(clockText(now))} ${style.dim('...')}   ${done}${what}`;
}

/** The end of the log of a failed attempt, set off from the lines around it. */
export function logTailLines(instance: InstanceView, tail: readonly string[], style: Style): string[] {
  if (tail.length === 0) return [];
  const count = tail.length === 1 ? 'last log line' : `last ${tail.length} log lines`;
  return [style.dim(`--- ${count} of ${instance.name} ---`), ...tail, style.dim('---')];
}
