import type { RetryPlan } from '../../client/generated/api.ts';
import { AppError } from '../../core/model/errors.ts';
import type { RunRecord } from '../../core/model/run.ts';
import type { RetryChoice } from '../../core/scheduler/preview-retry.ts';
import type { RunView } from '../../core/store/run-view.ts';
import type { RemoteRun } from '../command.ts';
import { type CancelOptions, tellCancelled } from '../commands/cancel.ts';
import { type MarkOptions, markOf, markSpanOf, tellMarked } from '../commands/mark.ts';
import { choiceOf, type RetryOptions, tellRetried } from '../commands/retry.ts';
import type { CommandContext } from '../context.ts';
import { durationFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { findInstances } from '../find-instances.ts';
import { findRun } from '../find-run.ts';
import { followAt } from '../follow-run.ts';
import { type MarkDesk, markSpan, previewMarks } from '../mark-span.ts';
import { shortRunId } from '../render/run-name.ts';
import { previewSpan, type RetryDesk, retrySpan } from '../retry-span.ts';
import { followThere } from './follow-there.ts';
import { idOf, ServerDesk } from './server-desk.ts';

/** `orch cancel` of a server. */
export const cancel: RemoteRun<CancelOptions> = async (context, server, options, [name]) => {
  const desk = new ServerDesk(server);
  const run = await findRun(desk, String(name));
  const follow = followThere(desk, run);
  await follow.stop(options.kill === true ? 'kill' : 'cancel', run.uid, '');
  let last: RunView | null = null;
  if (options.wait !== false)
    for await (const update of follow.watch(new AbortController().signal))
      if (update.type === 'ended') last = update.view;
  return tellCancelled(context, run, last);
};

/** `orch retry` of a server. */
export const retry: RemoteRun<RetryOptions> = async (context, server, options, [name]) => {
  const timeoutMs = options.timeout === undefined ? null : durationFlag('--timeout', options.timeout);
  const choice = choiceOf(options);
  const desk = new ServerDesk(server);
  const run = await findRun(desk, String(name));
  const span = { past: options.past === true, future: options.future === true };
  const retries = retriesThere(context, desk);
  if (span.past || span.future)
    return options.dryRun === true
      ? previewSpan(context, retries, run, choice, span)
      : retrySpan(context, retries, run, choice, span, timeoutMs);
  if (options.dryRun === true) {
    const { instances, moves } = await retries.preview(run, choice);
    if (!context.flags.json) return tellRetried(context, run, instances, moves);
    const items = instances.map(({ taskId, key, state }) => ({ taskId, key, state }));
    context.json({ runId: run.uid, newVersion: moves, items });
    return EXIT.ok;
  }
  const sinceAt = Date.parse((await lastLineAt(desk, run.uid)) ?? new Date(0).toISOString());
  await retries.retry(run, choice);
  return retries.follow(run, { how: 'retried', sinceAt: sinceAt + 1, timeoutMs });
};

/** Retries behind a server. */
function retriesThere(context: CommandContext, desk: ServerDesk): RetryDesk {
  const { server } = desk;
  const bodyOf = ({ tasks, ...choice }: RetryChoice) => ({
    ...choice,
    ...(tasks.length > 0 ? { tasks } : {}),
  });
  return {
    runsOf: (dagId) => desk.runs({ dagId, limit: Number.POSITIVE_INFINITY }),
    preview: async (run, choice) => {
      const asked = { params: { runId: run.uid }, query: { dryRun: true }, body: bodyOf(choice) };
      const plan = await server.call('retryRun', asked);
      if (!('planHash' in plan)) throw new Error('the server gave no plan');
      const { items, newVersion: moves } = plan as RetryPlan;
      const known = new Map((await desk.view(run)).tasks.map((one) => [idOf(one), one]));
      const instances = items.flatMap(({ taskInstanceId }) => known.get(taskInstanceId) ?? []);
      return { instances, moves };
    },
    retry: ({ uid }, choice) => server.call('retryRun', { params: { runId: uid }, body: bodyOf(choice) }),
    follow: (run, options) => followAt(context, followThere(desk, run), options),
  };
}

/** When the last thing happened in a run so far, by the clock of the server. */
async function lastLineAt({ server }: ServerDesk, runId: string): Promise<string | null> {
  const lines = await server.items('listJournal', { params: { runId } });
  return lines.at(-1)?.at ?? null;
}

/** `orch mark` of a server. */
export const mark: RemoteRun<MarkOptions> = async (context, server, options, [name, second, third]) => {
  const { instance, state } = markOf(second, third);
  const { span, isWide } = markSpanOf(options, instance);
  const desk = new ServerDesk(server);
  const run = await findRun(desk, String(name));
  const set = ({ uid }: RunRecord, task: string | null) =>
    server.call('markRun', { params: { runId: uid }, body: { state, ...(task === null ? {} : { task }) } });
  if (instance !== null && (isWide || options.dryRun === true)) {
    const marks: MarkDesk = {
      runsOf: (dagId) => desk.runs({ dagId, limit: Number.POSITIVE_INFINITY }),
      view: (one) => desk.view(one),
      mark: set,
    };
    const choice = { run, instance, state, span };
    return options.dryRun === true ? previewMarks(context, marks, choice) : markSpan(context, marks, choice);
  }
  await set(run, instance);
  return tellMarked(context, run, instance, state);
};

/** `orch pause` and `orch unpause` of a server. */
export function pauseThere(paused: boolean): RemoteRun<Record<string, never>> {
  return async (context, server, _options, [name]) => {
    const dagId = String(name);
    await server.call('changeDag', { params: { dagId }, body: { paused } });
    if (context.flags.json) context.json({ dagId, paused });
    else context.print(`DAG ${dagId} is ${paused ? 'paused' : 'not paused any more'}`);
    return EXIT.ok;
  };
}

/** An answer of `orch approve` to a server. */
export const answer: RemoteRun<{ message?: string }> = async (
  context,
  server,
  options,
  [name, task, option],
) => {
  if (task === undefined || option === undefined)
    throw new AppError('usage', 'Name the run, the task and the option; orch approve alone lists them.');
  const desk = new ServerDesk(server);
  const run = await findRun(desk, String(name));
  const [instance, another] = findInstances(await desk.view(run), String(task));
  if (instance === undefined || another !== undefined)
    throw new AppError(
      'usage',
      `'${task}' stands for several instances: name one, such as ${instance?.name}.`,
    );
  const message = options.message ?? null;
  await server.call('decideApproval', {
    params: { taskInstanceId: idOf(instance) },
    body: { option: String(option), ...(message === null ? {} : { message }) },
  });
  if (context.flags.json) context.json({ runId: run.uid, instance: task, option, message });
  else context.print(`${task} of run ${shortRunId(run.uid)}: ${option}`);
  return EXIT.ok;
};
