import { isFinished, S } from '../../core/model/states.ts';
import type { InstanceView } from '../../core/store/run-view.ts';
import type { Style } from '../style.ts';
import { failureText } from './failure-text.ts';
import type { KeyGroup, RunTracker } from './run-tracker.ts';
import { groupState, membersInOrder } from './scroll-lines.ts';
import { glyph, toned } from './state-look.ts';
import { cutTo, displayWidth, padTo } from './text-width.ts';
import { spanText } from './time-text.ts';

const ROWS_MAX = 8;
const BAR_COLUMNS = 10;
const KEY_COLUMNS_MAX = 24;

export interface BlockSize {
  readonly columns: number;
  readonly rows: number;
}

/** What is said in the last row of the block. */
export interface BlockFooter {
  readonly startedAt: number;
  readonly note: string;
}

/** The moving block at the bottom: fan-outs counted, what runs and waits now, and how far the run is. */
export function liveBlock(
  tracker: RunTracker,
  now: number,
  size: BlockSize,
  footer: BlockFooter,
  style: Style,
): string[] {
  const rowsMax = Math.max(2, Math.min(ROWS_MAX, size.rows - 2));
  const rows: string[] = [];
  const busy = [...tracker.instances.values()].filter(isBusy);
  for (const [fanOut, groups] of groupsByFanOut(tracker)) {
    rows.push(fanOutRow(fanOut, groups, tracker.keysOf(fanOut), style));
    const widest = Math.min(
      KEY_COLUMNS_MAX,
      Math.floor(size.columns / 3),
      Math.max(8, ...groups.map(({ key }) => displayWidth(key))),
    );
    for (const group of groups) {
      const active = membersInOrder(tracker, group).find(isBusy);
      if (active !== undefined)
        rows.push(instanceRow(tracker, active, { key: group.key, width: widest }, now, size.columns, style));
    }
  }
  for (const one of busy)
    if (one.key === null) rows.push(instanceRow(tracker, one, null, now, size.columns, style));
  const room = rowsMax - 1;
  const shown =
    rows.length <= room
      ? rows
      : [...rows.slice(0, room - 1), style.dim(`    … ${rows.length - room + 1} more`)];
  const done = `${tracker.completed}/${tracker.total} tasks`;
  const foot = `  ${done} · ${spanText(now - footer.startedAt)} · ${footer.note}`;
  return [...shown, style.dim(cutTo(foot, size.columns - 1))];
}

function isBusy({ state }: InstanceView): boolean {
  return state === 'running' || state === 'up_for_retry' || state === 'waiting' || state === 'paused';
}

function groupsByFanOut(tracker: RunTracker): Map<string, KeyGroup[]> {
  const found = new Map<string, KeyGroup[]>();
  for (const group of tracker.groups.values()) {
    const list = found.get(group.fanOut);
    if (list === undefined) found.set(group.fanOut, [group]);
    else list.push(group);
  }
  for (const [fanOut, groups] of found)
    if (groups.length >= tracker.keysOf(fanOut) && groups.every(isSettled)) found.delete(fanOut);
  return found;
}

function isSettled(group: KeyGroup): boolean {
  if (group.members.size < group.expected) return false;
  return [...group.members.values()].every(({ state }) => isFinished(S[state]));
}

/** `▶ symbol   5/8 ✓  1 ✗  2 ▶`: keys of a fan-out by what became of them. */
function fanOutRow(fanOut: string, groups: readonly KeyGroup[], keys: number, style: Style): string {
  let done = 0;
  let failed = 0;
  let running = 0;
  let retrying = 0;
  for (const group of groups) {
    const states = [...group.members.values()].map(({ state }) => state);
    if (isSettled(group) && groupState(group) === 'success') done++;
    else if (states.some((state) => state === 'failed' || state === 'upstream_failed')) failed++;
    else if (states.includes('running')) running++;
    else if (states.includes('up_for_retry')) retrying++;
  }
  const parts = [
    style.good(`${done}/${Math.max(keys, groups.length)} ✓`),
    failed > 0 ? style.bad(`${failed} ✗`) : '',
    running > 0 ? style.busy(`${running} ▶`) : '',
    retrying > 0 ? style.warn(`${retrying} ↻`) : '',
  ];
  const name = padTo(cutTo(fanOut, 24), 18);
  return `  ${glyph('running', style)} ${style.bold(name)} ${parts.filter((part) => part !== '').join('  ')}`;
}

function instanceRow(
  tracker: RunTracker,
  instance: InstanceView,
  inside: { readonly key: string; readonly width: number } | null,
  now: number,
  columns: number,
  style: Style,
): string {
  const label =
    inside !== null
      ? padTo(cutTo(inside.key, inside.width), inside.width)
      : padTo(cutTo(instance.name, 28), 18);
  const stage =
    inside !== null ? ` ${padTo(instance.taskId.slice(instance.taskId.lastIndexOf('.') + 1), 10)}` : '';
  const { state } = instance;
  const indent = inside !== null ? '    ' : '  ';
  const head = `${indent}${glyph(state, style)} ${toned(state, label, style)}${stage} `;
  const room = Math.max(0, columns - displayWidth(head) - 1);
  return head + style.dim(cutTo(activityText(tracker, instance, now), room));
}

function activityText(tracker: RunTracker, instance: InstanceView, now: number): string {
  if (instance.state === 'up_for_retry') {
    const dueIn = instance.dueAt === null ? '' : ` in ${spanText(instance.dueAt - now)}`;
    const tries = tracker.retriesOf(instance.taskId) + 1;
    const next = instance.attempts + 1;
    return `try ${next}${next <= tries ? `/${tries}` : ''}${dueIn}  ${failureText(instance)}`;
  }
  if (instance.state !== 'running') return instance.state;
  const span = instance.startedAt === null ? '' : spanText(now - instance.startedAt);
  const tries = instance.attempts > 1 ? `  try ${instance.attempts}` : '';
  return `${span}${tries}${progressText(instance)}`;
}

function progressText({ progress }: InstanceView): string {
  if (progress === null || progress.total <= 0) return '';
  const share = Math.min(1, Math.max(0, progress.done / progress.total));
  const filled = Math.round(share * BAR_COLUMNS);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_COLUMNS - filled);
  return `  ${bar} ${progress.done}/${progress.total}${progress.step === null ? '' : `  ${progress.step}`}`;
}
