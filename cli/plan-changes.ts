import type { Upcoming } from '../core/planner/upcoming.ts';
import { type ChangedDags, changedDags, type DagChange } from './changed-dags.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { counted } from './render/counted.ts';
import { diagnosticText } from './render/diagnostic-text.ts';
import { instantText, slotText } from './render/time-text.ts';
import type { Style } from './style.ts';
import { withProject } from './with-project.ts';

const SIGNS = { new: '+', graph: '~', code: '~', gone: '-', unread: '!', none: ' ' } as const;
const WORDS = {
  new: 'new',
  graph: 'the graph changes',
  code: 'only its code changes',
  gone: 'no file declares it any more; its runs stay',
  unread: 'its file cannot be read; it goes on as it is',
  none: 'as it is',
} as const;

/**
 * `orch plan` without a DAG: what the files would change, in tasks and in the runs of schedules. Exit 3 if a
 * file cannot be read; with `--exit-code` 10 if something changes.
 */
export async function planChanges(context: CommandContext, wantsCode: boolean): Promise<number> {
  const found = await withProject(context, changedDags);
  const errors = found.diagnostics.filter(({ severity }) => severity === 'error');
  const changed = found.changes.filter(({ change }) => change !== 'none' && change !== 'unread');
  if (context.flags.json)
    context.json({ items: found.changes.map(changeJson), diagnostics: found.diagnostics });
  else print(context, found, changed);
  if (errors.length > 0) return EXIT.invalid;
  return wantsCode && changed.length > 0 ? EXIT.changes : EXIT.ok;
}

function print(
  context: CommandContext,
  { changes, diagnostics }: ChangedDags,
  changed: readonly DagChange[],
): void {
  for (const one of changes)
    if (one.change !== 'none') context.print(changeLines(one, context.style).join('\n'));
  for (const { dagId, rolledBackTo } of changes)
    if (rolledBackTo !== undefined) context.print(`  ${dagId} is rolled back to version ${rolledBackTo}`);
  const same = changes.length - changed.length;
  context.print(`${counted(changed.length, 'DAG')} would change, ${same} would not`);
  for (const diagnostic of diagnostics)
    context.host.stderr.write(`${diagnosticText(diagnostic, context.errStyle)}\n`);
}

/** What becomes of a DAG: its tasks, its runs to come, and those under way. */
export function changeLines(one: DagChange, style: Style): string[] {
  return [changeText(one, style), ...runLines(one)];
}

function changeText(one: DagChange, style: Style): string {
  const { dagId, change, file, added, removed, changed } = one;
  const paint = change === 'new' ? style.good : change === 'gone' ? style.bad : style.warn;
  const signed = (sign: string, paths: readonly string[]) => paths.map((path) => sign + path);
  const tasks = [...signed('+', added), ...signed('-', removed), ...signed('~', changed)];
  const detail =
    tasks.length === 0 ? '' : `: ${tasks.slice(0, 8).join(' ')}${tasks.length > 8 ? ' ...' : ''}`;
  return `${paint(SIGNS[change])} ${style.bold(dagId)}  ${WORDS[change]}${detail}  ${style.dim(file)}`;
}

/** What becomes of the runs of a DAG: those that a scheduler makes, and those that are under way. */
function runLines({ schedule, events, unfinishedRuns }: DagChange): string[] {
  const lines: string[] = [];
  if (schedule !== null) {
    lines.push(
      `    runs by schedule: ${upcomingText(schedule.after)}; until now ${upcomingText(schedule.before)}`,
    );
  }
  const { before, after } = events;
  if (before !== after) lines.push(`    runs by events: ${after ?? 'none'}; until now ${before ?? 'none'}`);
  if (unfinishedRuns > 0)
    lines.push(
      `    ${counted(unfinishedRuns, 'unfinished run')} go${unfinishedRuns === 1 ? 'es' : ''} on as begun`,
    );
  return lines;
}

function upcomingText(upcoming: Upcoming | null): string {
  if (upcoming === null || (upcoming.atOnce === 0 && upcoming.slots.length === 0)) return 'none';
  const { atOnce, slots } = upcoming;
  const next = slots.length === 0 ? [] : [`next ${slots.map((at) => slotText(at)).join(', ')}`];
  return [...(atOnce === 0 ? [] : [`${atOnce} at once`]), ...next].join(', ');
}

/** The same for programs. */
export function changeJson({ schedule, ...change }: DagChange): object {
  const json = (one: Upcoming | null) =>
    one === null ? null : { atOnce: one.atOnce, next: one.slots.map((at) => instantText(at)) };
  return {
    ...change,
    schedule: schedule === null ? null : { before: json(schedule.before), after: json(schedule.after) },
  };
}
