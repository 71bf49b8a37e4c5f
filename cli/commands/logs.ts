import { lineFilter } from '../../core/log/line-filter.ts';
import type { LogLine, LogStream } from '../../core/log/log-line.ts';
import { type LogWindow, readAttemptLog } from '../../core/log/read-attempt-log.ts';
import type { LogRange } from '../../core/model/attempt.ts';
import { AppError } from '../../core/model/errors.ts';
import type { RunNo, TryNo } from '../../core/model/ids.ts';
import { attemptId } from '../../core/model/ids.ts';
import type { Project } from '../../core/scheduler/project.ts';
import { readRunView } from '../../core/store/read-run-view.ts';
import type { InstanceView } from '../../core/store/run-view.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { countFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { findInstances } from '../find-instances.ts';
import { findRun, RUN_ARGUMENT } from '../find-run.ts';
import { printHookLogs } from '../hook-logs.ts';
import { logLineText } from '../render/log-line-text.ts';
import { instantText } from '../render/time-text.ts';
import { withProject } from '../with-project.ts';

export interface LogOptions {
  readonly follow?: boolean;
  readonly attempt?: string;
  readonly grep?: string;
  readonly level?: string;
  readonly time?: boolean;
  readonly hooks?: boolean;
}

const PAGE = 2_000;
/** The streams of a level and of all graver ones. */
export const LEVELS: Readonly<Record<string, readonly LogStream[]>> = {
  debug: ['debug', 'info', 'stdout', 'system', 'warn', 'stderr', 'error'],
  info: ['info', 'stdout', 'system', 'warn', 'stderr', 'error'],
  warn: ['warn', 'stderr', 'error'],
  error: ['error'],
};

/** An attempt whose log is to be shown. */
export interface LoggedAttempt {
  readonly instance: InstanceView;
  readonly tryNo: TryNo;
  readonly range: LogRange;
}

/** `orch logs <run> [task]`: what tasks wrote, attempt by attempt. */
export const logs = defineCommand<LogOptions>({
  description: 'Levels are those of ctx.log; stdout counts as info, stderr as warn.',
  examples: [
    { command: "orch logs last 'symbol[SP500].clean'", what: 'one task of one key' },
    { command: 'orch logs last', what: 'every task of the latest run' },
    { command: 'orch logs last backtest -f', what: 'as it is written' },
    { command: 'orch logs last --grep "HTTP 4.." --level warn', what: 'only some lines' },
  ],
  define: (command) => {
    command
      .argument('<run>', RUN_ARGUMENT)
      .argument('[task]', 'a task, or an instance such as symbol[SP500].clean');
    command
      .option('-f, --follow', 'go on as lines are written, until the run ends')
      .option('--attempt <n>', 'of this attempt instead of the last; not with --follow')
      .option('--grep <regex>', 'only lines that match')
      .option('--level <level>', 'only lines of this level and above: debug, info, warn, error')
      .option('-t, --time', 'begin each line with its time')
      .option('--hooks', 'what the hooks wrote in their last tries; not with --follow or --attempt');
  },
  run: async (context, options, [name, task]) => {
    const window = windowOf(options);
    const tryNo = attemptOf(options);
    return withProject(context, async (project) => {
      const run = await findRun(project.store, String(name));
      const only = task === undefined ? null : String(task);
      if (options.hooks === true) {
        const how = { window, time: options.time === true };
        const lines = await printHookLogs(context, project, run.runNo, only, how);
        if (lines === 0) context.say('No hook of the run wrote anything.');
        return EXIT.ok;
      }
      if (options.follow === true) {
        const { followLogs } = await import('../follow-logs.ts');
        await followLogs(project, run.runNo, only, {
          window,
          ready: () => hasReader(context),
          onLine: (instance, line, attempt) =>
            printLine(context, options, { instance, tryNo: attempt, alone: false }, line),
        });
        return EXIT.ok;
      }
      const { instances, attempts } = await loggedAttempts(project, run.runNo, only, tryNo);
      for (const one of attempts)
        await printLog(context, project, run.runNo, options, one, attempts.length === 1, window);
      if (attempts.length === 0) context.say(noLogText(instances, only));
      return EXIT.ok;
    });
  },
});

/** The attempt of the flags; `null`: the last one. */
export function attemptOf(options: LogOptions): TryNo | null {
  const tryNo = options.attempt === undefined ? null : (countFlag('--attempt', options.attempt) as TryNo);
  if (options.follow === true && tryNo !== null)
    throw new AppError('usage', '--follow shows every attempt as it runs: leave out --attempt.');
  if (options.hooks === true && (options.follow === true || tryNo !== null))
    throw new AppError('usage', '--hooks shows what hooks wrote so far: leave out --follow and --attempt.');
  return tryNo;
}

/** The filter of the flags; a bad pattern is refused here, whether or not there is anything to search. */
export function windowOf({ grep, level }: LogOptions): LogWindow {
  const streams = level === undefined ? undefined : LEVELS[level];
  if (level !== undefined && streams === undefined) {
    throw new AppError('usage', `There is no level '${level}'. Levels: ${Object.keys(LEVELS).join(', ')}.`);
  }
  return {
    ...(streams === undefined ? {} : { streams }),
    ...(grep === undefined ? {} : { matches: lineFilter({ regex: grep }) }),
  };
}

/** Waits until the reader of the output can take more; `false` if it went away. */
export async function hasReader({ host }: CommandContext): Promise<boolean> {
  await host.stdout.drained();
  return !host.stdout.closed;
}

/** Why there is nothing to read: a task may have run and written nothing. */
export function noLogText(instances: readonly InstanceView[], only: string | null): string {
  const isStarted = instances.some(({ startedAt }) => startedAt !== null);
  if (only === null) return isStarted ? 'The tasks of the run wrote nothing.' : 'The run has no logs yet.';
  return isStarted ? `'${only}' wrote nothing.` : `'${only}' has no log: it was not started.`;
}

async function loggedAttempts(
  project: Project,
  runNo: RunNo,
  task: string | null,
  tryNo: TryNo | null,
): Promise<{ readonly instances: readonly InstanceView[]; readonly attempts: readonly LoggedAttempt[] }> {
  const view = await readRunView(project.store, runNo);
  if (view === null) return { instances: [], attempts: [] };
  const instances = task === null ? view.tasks : findInstances(view, task);
  if (tryNo !== null) requireAttempt(instances, task, tryNo);
  const found: LoggedAttempt[] = [];
  for (const instance of instances) {
    const range = await rangeOf(project, runNo, instance, tryNo ?? instance.attempts);
    if (range !== null) found.push({ instance, tryNo: tryNo ?? instance.attempts, range });
  }
  const attempts = found.sort((a, b) => (a.instance.startedAt ?? 0) - (b.instance.startedAt ?? 0));
  return { instances, attempts };
}

/** Refuses an attempt that none of the instances had. */
export function requireAttempt(instances: readonly InstanceView[], task: string | null, tryNo: TryNo): void {
  const most = instances.reduce((max, { attempts }) => Math.max(max, attempts), 0);
  if (tryNo <= most) return;
  const who = task === null ? 'No task of the run' : `'${task}'`;
  const had = most === 0 ? 'it was not started' : `the last is ${most}`;
  throw new AppError('not_found', `${who} has ${task === null ? 'an' : 'no'} attempt ${tryNo}: ${had}.`);
}

async function rangeOf(
  project: Project,
  runNo: RunNo,
  instance: InstanceView,
  tryNo: TryNo,
): Promise<LogRange | null> {
  if (tryNo === instance.attempts) return instance.log;
  const past = await project.store.attempts(runNo, instance.nodeNo);
  return past.find((one) => one.tryNo === tryNo)?.log ?? null;
}

async function printLog(
  context: CommandContext,
  project: Project,
  runNo: RunNo,
  options: LogOptions,
  { instance, tryNo, range }: LoggedAttempt,
  alone: boolean,
  window: LogWindow,
): Promise<void> {
  const source = {
    stateDir: project.stateDir,
    runNo,
    attemptId: attemptId(runNo, instance.nodeNo, tryNo),
    range,
  };
  let fromByte = 0;
  for (let atEnd = false; !atEnd && (await hasReader(context)); ) {
    const page = await readAttemptLog(source, { ...window, fromByte, limit: PAGE });
    for (const line of page.lines) printLine(context, options, { instance, tryNo, alone }, line);
    atEnd = page.atEnd;
    fromByte = page.nextByte;
  }
}

/** Tells a line of an attempt; `alone`: its task need not be named. */
export function printLine(
  context: CommandContext,
  options: LogOptions,
  { instance, tryNo, alone }: { instance: InstanceView; tryNo: TryNo; alone: boolean },
  line: LogLine,
): void {
  if (context.flags.json) {
    const { at, stream, text } = line;
    context.json(
      {
        v: 1,
        type: 'log.line',
        taskId: instance.taskId,
        key: instance.key,
        attempt: tryNo,
        at: instantText(at),
        stream,
        text,
      },
      'event',
    );
    return;
  }
  context.print(
    logLineText(line, { name: alone ? null : instance.name, time: options.time === true }, context.style),
  );
}
