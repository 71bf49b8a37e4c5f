import { AppError } from '../core/model/errors.ts';
import type { RunRecord } from '../core/model/run.ts';
import { canTransition, isRunFinished } from '../core/model/states.ts';
import type { RunSpan } from '../core/planner/run-span.ts';
import type { Session } from '../core/scheduler/session.ts';
import { readRunView } from '../core/store/read-run-view.ts';
import type { RunView } from '../core/store/run-view.ts';
import type { Store } from '../core/store/store.ts';
import { valueOfAnswer } from './answer-error.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { counted } from './render/counted.ts';
import { shortRunId } from './render/run-name.ts';
import { tableLines, tableWidth } from './render/table.ts';
import { instantText } from './render/time-text.ts';
import { aboutText, runsOfDag, spanOf } from './span-of-runs.ts';
import { userName } from './user-name.ts';

/** A task that is to be marked in one run and those around it. */
export interface MarkChoice {
  readonly run: RunRecord;
  readonly instance: string;
  readonly state: 'success' | 'failed';
  readonly span: RunSpan;
}

/** What a mark does about one run. */
interface MarkLine {
  readonly run: RunRecord;
  /** State of the instance before it. */
  readonly from: string | null;
  /** Why the run is left as it is; `null`: it is marked. */
  readonly left: string | null;
}

/** Where marks are set: in a project of this machine, or behind a server. */
export interface MarkDesk {
  /** All runs of a DAG. */
  runsOf(dagId: string): Promise<readonly RunRecord[]>;
  /** `null`: it is gone. */
  view(run: RunRecord): Promise<RunView | null>;
  mark(run: RunRecord, instance: string, state: 'success' | 'failed'): Promise<unknown>;
}

/** Marks in the project on this machine. */
export function marksHere({ host }: CommandContext, store: Store, session: Session | null): MarkDesk {
  const by = userName(host.env);
  return {
    runsOf: (dagId) => runsOfDag(store, dagId),
    view: ({ runNo }) => readRunView(store, runNo),
    mark: async ({ uid }, instance, state) => {
      if (session === null) throw new Error('a mark needs a session');
      return valueOfAnswer(await session.ask({ type: 'markTask', runUid: uid, by, instance, state }));
    },
  };
}

async function planMarks(desk: MarkDesk, { run, instance, state, span }: MarkChoice): Promise<MarkLine[]> {
  const lines: MarkLine[] = [];
  const all = span.past || span.future ? await desk.runsOf(run.dagId) : [];
  for (const one of spanOf(all, run, span)) lines.push(await lineOf(desk, one, instance, state));
  const named = lines.find((line) => line.run.runNo === run.runNo);
  // What was named is not left out in silence.
  if (named?.from === null && named.left !== null) throw new AppError('not_found', `The run: ${named.left}.`);
  return lines;
}

async function lineOf(
  desk: MarkDesk,
  run: RunRecord,
  instance: string,
  state: 'success' | 'failed',
): Promise<MarkLine> {
  const view = await desk.view(run);
  const found = view?.tasks.find(({ name, taskId }) => name === instance || taskId === instance);
  if (found === undefined) return { run, from: null, left: `it has no task ${instance}` };
  const from = found.state;
  if (!isRunFinished(run.state)) return { run, from, left: `it is ${run.state}: mark it alone` };
  if (canTransition(from, state)) return { run, from, left: null };
  return { run, from, left: `the task is ${from}: it cannot be marked ${state}` };
}

/** Shows in which runs a mark would be set, and why not in others; changes nothing. */
export async function previewMarks(
  context: CommandContext,
  desk: MarkDesk,
  choice: MarkChoice,
): Promise<number> {
  const lines = await planMarks(desk, choice);
  const { instance, state } = choice;
  if (context.flags.json) {
    const items = lines.map(({ run, from, left }) => ({
      runId: run.uid,
      logicalDate: instantText(run.logicalAt),
      action: left === null ? 'mark' : 'leave',
      reason: left,
      from,
    }));
    context.json({ dagId: choice.run.dagId, instance, state, items, nextCursor: null });
    return EXIT.ok;
  }
  const count = lines.filter(({ left }) => left === null).length;
  context.print(`${instance} would be marked ${state} in ${counted(count, 'run')}`);
  const columns = [
    { title: 'run', text: ({ run }: MarkLine) => shortRunId(run.uid) },
    { title: 'about (UTC)', text: ({ run }: MarkLine) => aboutText(run) },
    { title: 'now', text: ({ from }: MarkLine) => from ?? '-' },
    { title: 'what', flex: true, text: ({ left }: MarkLine) => left ?? `marked ${state}` },
  ];
  context.print(tableLines(columns, lines, tableWidth(context.host.stdout), context.style.dim).join('\n'));
  return EXIT.ok;
}

/** Sets a mark in the runs of a span, the earliest first; runs that are refused are told. */
export async function markSpan(context: CommandContext, desk: MarkDesk, choice: MarkChoice): Promise<number> {
  const { instance, state } = choice;
  const lines = await planMarks(desk, choice);
  const wanted = lines.filter(({ left }) => left === null);
  if (wanted.length === 0)
    throw new AppError(
      'conflict',
      `${instance} cannot be marked ${state} in any of these runs: -n says why.`,
    );
  const marked: string[] = [];
  for (const { run } of wanted) {
    try {
      await desk.mark(run, instance, state);
      marked.push(run.uid);
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'unavailable') throw error;
      context.warn(`run ${shortRunId(run.uid)} is not marked: ${error.message}`);
    }
  }
  const left = lines.length - marked.length;
  if (context.flags.json) context.json({ instance, state, runIds: marked, left });
  else {
    const others = left === 0 ? '' : `; ${left} left as they were (-n says why)`;
    context.print(`${instance} is marked ${state} in ${counted(marked.length, 'run')}${others}`);
  }
  return marked.length === wanted.length ? EXIT.ok : EXIT.conflict;
}
