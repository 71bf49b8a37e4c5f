import { isFinished, S } from '../../core/model/states.ts';
import type { RunUpdate } from '../../core/scheduler/session.ts';
import type { InstanceView } from '../../core/store/run-view.ts';
import type { Style } from '../style.ts';
import { failureText } from './failure-text.ts';
import { isGroupDone, type KeyGroup, NAME_COLUMNS_MAX, type RunTracker } from './run-tracker.ts';
import { glyph, lookOf, toned } from './state-look.ts';
import { cutTo, displayWidth, padTo, tamed } from './text-width.ts';
import { spanText } from './time-text.ts';
import { wrapped } from './wrap.ts';

const ARROW = ' → ';
/** With more keys than this, keys that ended well are counted, not listed. */
const KEYS_LISTED_MAX = 60;
const REASON_LINES_MAX = 4;

/**
 * What a terminal keeps above the moving block: a line for each finished key of a fan-out and each other
 * task.
 */
export function scrollLines(tracker: RunTracker, update: RunUpdate, columns: number, style: Style): string[] {
  if (update.type !== 'change' || update.instance === null) return [];
  const { instance, record } = update;
  if (!isFinished(S[instance.state]) || instance.state === 'not_selected' || instance.state === 'removed')
    return [];
  if (record.from === record.to) return [];
  const group = tracker.groupOf(instance);
  if (group === null) return soloLines(tracker, instance, columns, style);
  if (group.shown || !isGroupDone(group)) return [];
  group.shown = true;
  const isMany = tracker.groups.size > KEYS_LISTED_MAX;
  return isMany && groupState(group) === 'success' ? [] : groupLines(tracker, group, columns, style);
}

/** The worst that happened in a key. */
export function groupState(group: KeyGroup): InstanceView['state'] {
  let worst: InstanceView['state'] = group.members.size < group.expected ? 'none' : 'success';
  for (const { state } of group.members.values()) {
    if (state === 'failed') return 'failed';
    if (!isFinished(S[state])) worst = worst === 'running' || state !== 'running' ? worst : state;
    if (state === 'cancelled') worst = 'cancelled';
    else if (state === 'upstream_failed' && worst !== 'cancelled') worst = 'upstream_failed';
    else if (state === 'skipped' && worst === 'success') worst = 'skipped';
  }
  return worst;
}

/** The line of a task outside of fan-outs, with what went wrong below it. */
export function soloLines(
  tracker: RunTracker,
  instance: InstanceView,
  columns: number,
  style: Style,
): string[] {
  const name = padTo(cutTo(instance.name, NAME_COLUMNS_MAX), tracker.nameColumns);
  const span = timeText(instance);
  const word = instance.state === 'success' ? span : `${lookOf(instance.state).word} ${span}`.trimEnd();
  const head = `  ${glyph(instance.state, style)} ${toned(instance.state, name, style)}  ${word}`;
  const shown = withMetrics(head, metricTexts(tracker, [instance]), columns, style);
  return [shown, ...reasonLines(tracker, [instance], columns, style)];
}

/** The line of a key: its chain of stages with durations and metrics, with what went wrong below it. */
export function groupLines(tracker: RunTracker, group: KeyGroup, columns: number, style: Style): string[] {
  const members = membersInOrder(tracker, group);
  const state = groupState(group);
  const width = tracker.nameColumns;
  const label = padTo(cutTo(`${group.fanOut}[${group.key}]`, NAME_COLUMNS_MAX), width);
  const head = `  ${glyph(state, style)} ${toned(state, label, style)}  `;
  const lines = flow(
    members.map((member) => stageText(member, style)),
    head,
    columns,
  );
  const last = lines.length - 1;
  lines[last] = withMetrics(lines[last] ?? '', metricTexts(tracker, [...members].reverse()), columns, style);
  return [...lines, ...reasonLines(tracker, members, columns, style)];
}

export function membersInOrder(tracker: RunTracker, group: KeyGroup): InstanceView[] {
  return [...group.members.values()].sort((a, b) => tracker.order(a.taskId) - tracker.order(b.taskId));
}

/** How long the last attempt took; there was none if the cache stands for it. */
function timeText({ because, durationMs }: InstanceView): string {
  if (because?.code === 'cache_hit') return 'cached';
  return durationMs === null ? '' : spanText(durationMs);
}

function stageText(member: InstanceView, style: Style): string {
  const name = member.taskId.slice(member.taskId.lastIndexOf('.') + 1);
  const time = timeText(member);
  const span = time === '' ? '' : ` ${time}`;
  const tries = member.attempts > 1 ? ` (try ${member.attempts})` : '';
  if (member.state === 'success') return `${name}${style.dim(span + tries)}`;
  const mark = toned(member.state, `${name} ${lookOf(member.state).glyph}`, style);
  return `${mark}${style.dim((member.state === 'failed' ? span : '') + tries)}`;
}

/** Puts stages behind a head, broken before an arrow where a line is full. */
function flow(stages: readonly string[], head: string, columns: number): string[] {
  const indent = ' '.repeat(displayWidth(head));
  const lines: string[] = [];
  let line = head;
  let isFirst = true;
  for (const stage of stages) {
    const piece = isFirst ? stage : `${ARROW}${stage}`;
    if (!isFirst && displayWidth(line) + displayWidth(piece) > columns) {
      lines.push(line);
      line = `${indent}${ARROW.trimStart()}${stage}`;
    } else {
      line += piece;
    }
    isFirst = false;
  }
  return [...lines, line];
}

function metricTexts(tracker: RunTracker, members: readonly InstanceView[]): string[] {
  const latest = new Map<string, number>();
  for (const member of members) {
    // They come as they were stored: in an order of their own, the lines of all keys show the same ones.
    const metrics = [...(tracker.metrics.get(member.name) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, value] of metrics) latest.set(name, value);
  }
  return [...latest].map(([name, value]) => `${name}=${metricText(value)}`);
}

/** A number of a metric: four significant digits, whole numbers whole. */
export function metricText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const text = Math.abs(value) >= 1000 ? value.toFixed(1) : value.toPrecision(4);
  return text.includes('e') ? text : text.replace(/\.?0+$/, '');
}

/** As many metrics as the rest of the line takes: the summary at the end has all of them. */
function withMetrics(line: string, metrics: readonly string[], columns: number, style: Style): string {
  let shown = line;
  let room = columns - displayWidth(line) - 1;
  for (const metric of metrics) {
    if (metric.length + 2 > room) break;
    shown += `  ${style.busy(metric)}`;
    room -= metric.length + 2;
  }
  return shown;
}

/** What went wrong, whole if four lines hold it. */
function reasonLines(
  tracker: RunTracker,
  members: readonly InstanceView[],
  columns: number,
  style: Style,
): string[] {
  const reasons = members.flatMap((one) => {
    const why = one.state === 'failed' ? failureText(one) : tracker.expansionFailure(one);
    return why === null ? [] : [tamed(why)];
  });
  return reasons.flatMap((reason) => {
    const lines = wrapped(reason, columns - 5);
    const shown = lines.slice(0, REASON_LINES_MAX);
    if (lines.length > shown.length) shown.push('…');
    return shown.map((line) => `    ${style.bad(cutTo(line, columns - 5))}`);
  });
}
