import { AppError } from '../core/model/errors.ts';
import type { RunRecord } from '../core/model/run.ts';
import { isRunFinished } from '../core/model/states.ts';
import type { RunSpan } from '../core/planner/run-span.ts';
import { previewRetry, type RetryChoice, type RetryPreview } from '../core/scheduler/preview-retry.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { Session } from '../core/scheduler/session.ts';
import { valueOfAnswer } from './answer-error.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { type FollowOptions, followRun } from './follow-run.ts';
import { counted } from './render/counted.ts';
import { shortRunId } from './render/run-name.ts';
import { glyph } from './render/state-look.ts';
import { tableLines, tableWidth } from './render/table.ts';
import { instantText } from './render/time-text.ts';
import { aboutText, runsOfDag, spanOf } from './span-of-runs.ts';
import { userName } from './user-name.ts';

/** What a retry does about one run of its span. */
interface SpanLine {
  readonly run: RunRecord;
  readonly preview: RetryPreview;
  /** Why the run is left as it is; `null`: it is retried. */
  readonly left: string | null;
}

/** Where runs are retried: in a project of this machine, or behind a server. */
export interface RetryDesk {
  /** All runs of a DAG. */
  runsOf(dagId: string): Promise<readonly RunRecord[]>;
  preview(run: RunRecord, choice: RetryChoice): Promise<RetryPreview>;
  retry(run: RunRecord, choice: RetryChoice): Promise<unknown>;
  follow(run: RunRecord, options: FollowOptions): Promise<number>;
}

/** Retries in the project on this machine. */
export function retriesHere(context: CommandContext, project: Project, session: Session | null): RetryDesk {
  const by = userName(context.host.env);
  const here = (): Session => {
    if (session === null) throw new Error('a retry needs a session');
    return session;
  };
  return {
    runsOf: (dagId) => runsOfDag(project.store, dagId),
    preview: ({ runNo }, choice) => previewRetry(project, runNo, choice),
    retry: async ({ uid }, choice) =>
      valueOfAnswer(await here().ask({ type: 'retry', runUid: uid, by, ...choice })),
    follow: ({ runNo }, options) => followRun(context, { project, session: here(), runNo, ...options }),
  };
}

/** What a retry does about the run that was named and those before or after it, earliest first. */
async function planSpan(
  desk: RetryDesk,
  run: RunRecord,
  choice: RetryChoice,
  span: RunSpan,
): Promise<SpanLine[]> {
  if (!isRunFinished(run.state))
    throw new AppError('conflict', `Run ${shortRunId(run.uid)} is ${run.state}: retry it alone first.`);
  const runs = spanOf(await desk.runsOf(run.dagId), run, span);
  const lines: SpanLine[] = [];
  for (const one of runs) lines.push(await lineOf(desk, one, choice, one.runNo === run.runNo));
  return lines;
}

async function lineOf(
  desk: RetryDesk,
  run: RunRecord,
  choice: RetryChoice,
  isNamed: boolean,
): Promise<SpanLine> {
  const none: RetryPreview = { instances: [], moves: false };
  if (!isRunFinished(run.state)) return { run, preview: none, left: `it is ${run.state}` };
  try {
    const preview = await desk.preview(run, choice);
    if (preview.instances.length > 0) return { run, preview, left: null };
    if (isNamed && choice.select === 'tasks')
      throw new AppError('conflict', 'There is nothing to retry in this run.');
    return { run, preview, left: 'there is nothing to retry in it' };
  } catch (error) {
    const isSmall = error instanceof AppError && (error.code === 'not_found' || error.code === 'conflict');
    if (isNamed || !isSmall) throw error;
    return { run, preview: none, left: error.message };
  }
}

/** Shows what a retry would do about every run of its span; changes nothing. */
export async function previewSpan(
  context: CommandContext,
  desk: RetryDesk,
  run: RunRecord,
  choice: RetryChoice,
  span: RunSpan,
): Promise<number> {
  const lines = await planSpan(desk, run, choice, span);
  if (context.flags.json) {
    const items = lines.map(({ run: one, preview, left }) => ({
      runId: one.uid,
      logicalDate: instantText(one.logicalAt),
      action: left === null ? 'retry' : 'leave',
      reason: left,
      newVersion: preview.moves,
      tasks: preview.instances.map(({ taskId, key, state }) => ({ taskId, key, state })),
    }));
    context.json({ dagId: run.dagId, items, nextCursor: null });
    return EXIT.ok;
  }
  const retried = lines.filter(({ left }) => left === null);
  const tasks = retried.reduce((sum, { preview }) => sum + preview.instances.length, 0);
  const how = choice.latest ? ', with the newest version of the DAG' : '';
  context.print(`${counted(tasks, 'task')} of ${counted(retried.length, 'run')} would run again${how}`);
  const names = ({ preview, left }: SpanLine): string =>
    left ?? preview.instances.map(({ name, state }) => `${glyph(state, context.style)} ${name}`).join(', ');
  const columns = [
    { title: 'run', text: (line: SpanLine) => shortRunId(line.run.uid) },
    { title: 'about (UTC)', text: (line: SpanLine) => aboutText(line.run) },
    { title: 'what', text: ({ left }: SpanLine) => (left === null ? 'retry' : 'left') },
    { title: 'tasks, or why not', flex: true, text: names },
  ];
  context.print(tableLines(columns, lines, tableWidth(context.host.stdout), context.style.dim).join('\n'));
  return EXIT.ok;
}

/**
 * Retries every run of a span that there is something to retry in, the earliest first, so that a task that
 * looks at the run before waits for its retry, and follows them one after the other.
 *
 * @returns the code of the first run that did not succeed, or that of a refused retry.
 */
export async function retrySpan(
  context: CommandContext,
  desk: RetryDesk,
  run: RunRecord,
  choice: RetryChoice,
  span: RunSpan,
  timeoutMs: number | null,
): Promise<number> {
  const lines = await planSpan(desk, run, choice, span);
  const sinceAt = context.host.clock.now();
  const retried = lines.filter(({ left }) => left === null);
  if (retried.length === 0) throw new AppError('conflict', 'There is nothing to retry in these runs.');
  const open: RunRecord[] = [];
  let worst: number = EXIT.ok;
  for (const { run: one } of retried) {
    try {
      await desk.retry(one, choice);
      open.push(one);
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'unavailable') throw error;
      context.warn(`run ${shortRunId(one.uid)} is not retried: ${error.message}`);
      worst = EXIT.conflict;
    }
  }
  const left = lines.length - retried.length;
  context.say(`${counted(open.length, 'run')} retried, ${left} left as they were (-n says why).`);
  for (const [at, one] of open.entries()) {
    const code = await desk.follow(one, { how: 'retried', sinceAt, timeoutMs });
    if (worst === EXIT.ok) worst = code;
    const isLeft = code === EXIT.interrupted || code === EXIT.timeout || code === EXIT.terminated;
    if (!isLeft) continue;
    const more = open.length - at - 1;
    if (more > 0) context.say(`${counted(more, 'more run')} of this retry were not followed: orch runs`);
    return code;
  }
  return worst;
}
