import { AppError } from '../../core/model/errors.ts';
import type { RunView } from '../../core/store/run-view.ts';
import type { RemoteRun } from '../command.ts';
import { type CancelOptions, tellCancelled } from '../commands/cancel.ts';
import { type MarkOptions, markOf, tellMarked } from '../commands/mark.ts';
import { choiceOf, type RetryOptions, tellRetried } from '../commands/retry.ts';
import { durationFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { findInstances } from '../find-instances.ts';
import { findRun } from '../find-run.ts';
import { followAt } from '../follow-run.ts';
import { shortRunId } from '../render/run-name.ts';
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
  if (options.past === true || options.future === true)
    throw new AppError('usage', '--past and --future work on this machine only: leave out --server.');
  const timeoutMs = options.timeout === undefined ? null : durationFlag('--timeout', options.timeout);
  const { select, tasks, upstream, downstream, latest } = choiceOf(options);
  const body = { select, ...(tasks.length > 0 ? { tasks } : {}), upstream, downstream, latest };
  const desk = new ServerDesk(server);
  const run = await findRun(desk, String(name));
  const params = { runId: run.uid };
  if (options.dryRun === true) {
    const plan = await server.call('retryRun', { params, query: { dryRun: true }, body });
    if (!('planHash' in plan)) throw new Error('the server gave no plan');
    const { items, newVersion } = plan as { items: PlanItems; newVersion: boolean };
    if (!context.flags.json) return tellRetried(context, run, items, newVersion);
    const nodes = new Map((await desk.view(run)).tasks.map((one) => [idOf(one), one]));
    const listed = items.map(({ taskInstanceId, name: instance, state }) => {
      const { taskId = instance, key = null } = nodes.get(taskInstanceId) ?? {};
      return { taskId, key, state };
    });
    context.json({ runId: run.uid, newVersion, items: listed });
    return EXIT.ok;
  }
  const sinceAt = Date.parse((await lastLineAt(desk, run.uid)) ?? new Date(0).toISOString());
  await server.call('retryRun', { params, body });
  return followAt(context, followThere(desk, run), { how: 'retried', sinceAt: sinceAt + 1, timeoutMs });
};

type PlanItems = readonly {
  readonly taskInstanceId: string;
  readonly name: string;
  readonly state: RunView['tasks'][number]['state'];
}[];

/** When the last thing happened in a run so far, by the clock of the server. */
async function lastLineAt({ server }: ServerDesk, runId: string): Promise<string | null> {
  const lines = await server.items('listJournal', { params: { runId } });
  return lines.at(-1)?.at ?? null;
}

/** `orch mark` of a server. */
export const mark: RemoteRun<MarkOptions> = async (context, server, options, [name, second, third]) => {
  const { instance, state } = markOf(second, third);
  if (options.past === true || options.future === true || options.dryRun === true)
    throw new AppError('usage', '--past, --future and -n work on this machine only: leave out --server.');
  const run = await findRun(new ServerDesk(server), String(name));
  const body = { state, ...(instance === null ? {} : { task: instance }) };
  await server.call('markRun', { params: { runId: run.uid }, body });
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
