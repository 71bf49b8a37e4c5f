import { setTimeout as pause } from 'node:timers/promises';
import type { NodeNo, TryNo } from '../../core/model/ids.ts';
import type { RunRecord } from '../../core/model/run.ts';
import { isRunFinished } from '../../core/model/states.ts';
import type { InstanceView } from '../../core/store/run-view.ts';
import type { RemoteRun } from '../command.ts';
import {
  attemptOf,
  hasReader,
  LEVELS,
  type LogOptions,
  noLogText,
  printLine,
  requireAttempt,
  windowOf,
} from '../commands/logs.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { findInstances } from '../find-instances.ts';
import { findRun } from '../find-run.ts';
import { printHookLine } from '../hook-logs.ts';
import { type LogQuery, logPage, requireProgress } from './log-pages.ts';
import { Patience } from './patience.ts';
import { ServerDesk } from './server-desk.ts';

const LOOK_EVERY_MS = 1_000;
const PAGE = 2_000;

/** `orch logs` of a server. */
export const logs: RemoteRun<LogOptions> = async (context, server, options, [name, task]) => {
  windowOf(options);
  const tryNo = attemptOf(options);
  const desk = new ServerDesk(server);
  const run = await findRun(desk, String(name));
  const only = task === undefined ? null : String(task);
  if (options.hooks === true) return hookLogs(context, desk, run, only, options);
  const reader = new LogReader(context, desk, options);
  if (options.follow === true) return reader.follow(run, only);
  const view = await desk.view(run);
  const instances = only === null ? view.tasks : findInstances(view, only);
  if (tryNo !== null) requireAttempt(instances, only, tryNo);
  const started = instances
    .filter(({ attempts }) => attempts > 0 && attempts >= (tryNo ?? 1))
    .sort((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0));
  let lines = 0;
  for (const instance of started)
    lines += await reader.tell(instance, tryNo ?? instance.attempts, started.length === 1);
  if (lines === 0) context.say(noLogText(instances, only));
  return EXIT.ok;
};

/** Which lines the flags ask for. */
function queryOf({ grep, level }: LogOptions): LogQuery {
  return {
    ...(grep === undefined ? {} : { regex: grep }),
    ...(level === undefined ? {} : { stream: (LEVELS[level] ?? []) as LogQuery['stream'] & object }),
  };
}

/** Tells what the hooks of a run wrote in their last tries. */
async function hookLogs(
  context: CommandContext,
  { server }: ServerDesk,
  { uid: runId }: RunRecord,
  only: string | null,
  options: LogOptions,
): Promise<number> {
  const { items } = await server.call('listHooks', { params: { runId } });
  let lines = 0;
  for (const { hookNo, hook, taskId, key, tries } of items) {
    if (only !== null && taskId !== only) continue;
    for (let from = 0, atEnd = false; !atEnd && (await hasReader(context)); ) {
      const query = { from, limit: PAGE, ...queryOf(options) };
      const page = await server.call('readHookLog', { params: { runId, hookNo }, query });
      requireProgress(server.url, from, page);
      for (const { at, ...line } of page.lines)
        printHookLine(context, options, { hook, task: taskId, key, tries }, { ...line, at: Date.parse(at) });
      lines += page.lines.length;
      ({ next: from, atEnd } = page);
    }
  }
  if (lines === 0) context.say('No hook of the run wrote anything.');
  return EXIT.ok;
}

/** Tells the lines of attempts, each once. */
class LogReader {
  readonly #context: CommandContext;
  readonly #desk: ServerDesk;
  readonly #options: LogOptions;
  readonly #query: LogQuery;
  /** Where to go on in the log of an attempt. */
  readonly #next = new Map<string, number>();

  constructor(context: CommandContext, desk: ServerDesk, options: LogOptions) {
    this.#context = context;
    this.#desk = desk;
    this.#options = options;
    this.#query = queryOf(options);
  }

  /** Tells what is new in the log of an attempt; how many lines that were. */
  async tell(instance: InstanceView, tryNo: TryNo, alone: boolean): Promise<number> {
    const id = `${instance.nodeNo}.${tryNo}`;
    let lines = 0;
    for (let atEnd = false; !atEnd && (await hasReader(this.#context)); ) {
      const page = await logPage(this.#desk, instance, tryNo, this.#next.get(id) ?? 0, this.#query);
      for (const line of page.lines)
        printLine(this.#context, this.#options, { instance, tryNo, alone }, line);
      this.#next.set(id, page.next);
      lines += page.lines.length;
      ({ atEnd } = page);
    }
    return lines;
  }

  /** Tells lines as they are written until the run is over, from the attempts on that are the last now. */
  async follow(run: RunRecord, only: string | null): Promise<number> {
    const from = new Map<NodeNo, number>();
    const patience = new Patience();
    // The first look is not waited for: what is wrong with it is told at once.
    for (let isOver = await this.#look(run, only, from); !isOver && (await hasReader(this.#context)); ) {
      await pause(LOOK_EVERY_MS);
      isOver = (await patience.look(() => this.#look(run, only, from))) ?? false;
    }
    return EXIT.ok;
  }

  /** Tells what is new of a run; whether it is over. `from`: the first attempt of each instance to tell. */
  async #look(run: RunRecord, only: string | null, from: Map<NodeNo, number>): Promise<boolean> {
    const isFirst = from.size === 0;
    const view = await this.#desk.view(run);
    for (const instance of only === null ? view.tasks : findInstances(view, only)) {
      const { nodeNo, attempts } = instance;
      const first = from.get(nodeNo) ?? (isFirst ? Math.max(1, attempts) : 1);
      for (let tryNo = first; tryNo <= attempts; tryNo++) await this.tell(instance, tryNo as TryNo, false);
      // The last one is asked again: it may have been running.
      from.set(nodeNo, Math.max(first, attempts));
    }
    return isRunFinished(view.run.state);
  }
}
