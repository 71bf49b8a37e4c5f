import type { Dag } from '../../client/generated/api.ts';
import type { Because } from '../../core/model/because.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import { AppError } from '../../core/model/errors.ts';
import type { RunRecord } from '../../core/model/run.ts';
import { isRunFinished } from '../../core/model/states.ts';
import type { Check } from '../../core/planner/explain.ts';
import { runViewJson } from '../../core/store/run-json.ts';
import type { RemoteRun } from '../command.ts';
import { schedulesText } from '../commands/list.ts';
import { filterOf, printRuns, type RunsOptions } from '../commands/runs.ts';
import { printStatus } from '../commands/status.ts';
import { type Explained, printExplained, tellDag, tellRun } from '../commands/why.ts';
import { durationFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { findInstances } from '../find-instances.ts';
import { couldBeRun, findRun } from '../find-run.ts';
import { followAt } from '../follow-run.ts';
import { deadlineLines } from '../render/deadline-lines.ts';
import { hookLines } from '../render/hook-lines.ts';
import { tableLines, tableWidth } from '../render/table.ts';
import { tamed } from '../render/text-width.ts';
import { slotText } from '../render/time-text.ts';
import { upstreamsOf } from '../upstreams.ts';
import { followThere } from './follow-there.ts';
import type { Server } from './server.ts';
import { idOf, ServerDesk } from './server-desk.ts';

/** `orch runs` of a server. */
export const runs: RemoteRun<RunsOptions> = async (context, server, options) => {
  const desk = new ServerDesk(server);
  return printRuns(context, await desk.runs(filterOf(context, options)), (run) => desk.runJson(run));
};

/** `orch status` of a server. */
export const status: RemoteRun = async (context, server, _options, [name]) => {
  const desk = new ServerDesk(server);
  const run = await findRun(desk, name as string | undefined);
  const view = await desk.view(run, { outputs: context.flags.json });
  const { deadline, setAside } = await desk.standing(run);
  const { items: hooks } = await server.call('listHooks', { params: { runId: run.uid } });
  if (context.flags.json) {
    const told = hooks.map(({ hookNo: _, ...hook }) => hook);
    context.json({ ...runViewJson(view), ...desk.runJson(run), deadline, hooks: told });
    return EXIT.ok;
  }
  const due = deadline && { ...deadline, at: Date.parse(deadline.at) };
  printStatus(context, view, await desk.metrics(run), {
    head: deadlineLines(due, context.host.clock.now(), context.style),
    foot: [
      ...hookLines(
        hooks.map((one) => ({ ...one, event: { ...one, task: one.taskId } })),
        context.style,
      ),
      ...(await idleLines(server, run, setAside)),
    ],
  });
  return EXIT.ok;
};

/** Why nothing happens in a run that is not over; nothing where something does. */
async function idleLines(server: Server, run: RunRecord, setAside: string | null): Promise<string[]> {
  if (setAside !== null)
    return ['', `It was set aside: ${setAside}. The next scheduler there tries it again.`];
  if (isRunFinished(run.state)) return [];
  try {
    const { state, text } = await server.call('getSchedulerStatus', {});
    return state === 'running' ? [] : ['', `The scheduler there: ${text}`];
  } catch (error) {
    // Who may see some DAGs only is not told of the scheduler.
    if (error instanceof AppError && error.code === 'forbidden') return [];
    throw error;
  }
}

/** `orch watch` of a server. */
export const watch: RemoteRun<{ timeout?: string }> = async (context, server, { timeout }, [name]) => {
  const timeoutMs = timeout === undefined ? null : durationFlag('--timeout', timeout);
  const desk = new ServerDesk(server);
  const run = await findRun(desk, name as string | undefined);
  return followAt(context, followThere(desk, run), { how: 'watched', sinceAt: 0, timeoutMs });
};

/** `orch why` of a server: of a run, of instances of it, or of a DAG. */
export const why: RemoteRun = async (context, server, _options, [name, task]) => {
  const desk = new ServerDesk(server);
  const dagId = String(name);
  if (task === undefined && (!couldBeRun(dagId) || (await isDag(server, dagId)))) {
    const { because, also, nextAt } = await server.call('whyDag', { params: { dagId } });
    const reasons = [because, ...also] as unknown as readonly [Because, ...Because[]];
    const [first, ...others] = reasons;
    return tellDag(context, dagId, {
      because: first,
      also: others,
      nextAt: nextAt === null ? null : Date.parse(nextAt),
    });
  }
  const run = await findRun(desk, dagId);
  if (task === undefined) {
    const { because } = await server.call('whyRun', { params: { runId: run.uid } });
    return tellRun(context, run, because as unknown as Because);
  }
  const view = await desk.view(run);
  const explained: Explained[] = [];
  for (const instance of findInstances(view, String(task))) {
    const found = await server.call('whyTaskInstance', { params: { taskInstanceId: idOf(instance) } });
    const explanation = {
      because: found.because as unknown as Because,
      checks: found.checks as unknown as readonly Check[],
    };
    const attempts = instance.attempts > 1 ? await desk.attempts(instance) : [];
    explained.push({ instance, explanation, upstreams: upstreamsOf(view, instance), attempts });
  }
  return printExplained(context, run, explained);
};

async function isDag(server: Server, dagId: string): Promise<boolean> {
  const dags = await server.items('listDags', {});
  return dags.some((dag) => dag.dagId === dagId);
}

/** `orch list` of a server: the DAGs that its scheduler knows. */
export const list: RemoteRun<{ tag?: string }> = async (context, server, { tag }) => {
  const dags = await server.items('listDags', { query: { tag } });
  if (context.flags.json) context.json({ items: dags, nextCursor: null });
  else if (dags.length === 0) context.say('The server has no such DAGs.');
  else {
    const { style, host } = context;
    const columns = [
      { title: 'dag', text: ({ dagId }: Dag) => dagId, paint: style.bold },
      { title: 'schedule', text: ({ schedule }: Dag) => schedulesText({ schedule } as unknown as DagSpec) },
      { title: 'next (UTC)', text: nextText },
      { title: 'last run', text: ({ lastRun }: Dag) => lastRun?.state ?? '-' },
      { title: 'file', text: ({ file }: Dag) => file, paint: style.dim, flex: true },
      {
        title: 'about',
        text: ({ title, description }: Dag) => tamed(title ?? description ?? ''),
        flex: true,
      },
    ];
    context.print(tableLines(columns, dags, tableWidth(host.stdout), style.dim).join('\n'));
  }
  return EXIT.ok;
};

function nextText({ paused, present, nextSlotAt }: Dag): string {
  if (!present) return 'no file';
  if (paused) return 'paused';
  return nextSlotAt === null ? '-' : slotText(Date.parse(nextSlotAt));
}
