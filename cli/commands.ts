import { type CommandModule, type RemoteRun, remoteRun } from './command.ts';

/** A command before its file is loaded. */
export interface CommandEntry {
  readonly name: string;
  readonly alias?: string;
  readonly summary: string;
  readonly group: string;
  readonly load: () => Promise<CommandModule>;
  /** Loads what does the same against a server; a sentence: why it does not, and what to do instead. */
  readonly loadRemote: (() => Promise<RemoteRun>) | string;
}

const WRITE = 'Write DAGs';
const RUN = 'Run them';
const LOOK = 'Look at runs';
const MEND = 'Mend runs';
const SET_UP = 'Set up';

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'init',
    group: WRITE,
    summary: 'make a new project',
    load: async () => (await import('./commands/init.ts')).init,
    loadRemote: 'It makes a project on this machine: leave out --server.',
  },
  {
    name: 'check',
    group: WRITE,
    summary: 'find mistakes in DAG files and config',
    load: async () => (await import('./commands/check.ts')).check,
    loadRemote: 'It reads the DAG files of this machine: leave out --server.',
  },
  {
    name: 'list',
    group: WRITE,
    summary: 'list the DAGs of the project',
    load: async () => (await import('./commands/list.ts')).list,
    loadRemote: async () => remoteRun((await import('./remote/look.ts')).list),
  },
  {
    name: 'show',
    group: WRITE,
    summary: 'show a DAG: schedule, params, tasks',
    load: async () => (await import('./commands/show.ts')).show,
    loadRemote: async () => remoteRun((await import('./commands/show.ts')).showThere),
  },
  {
    name: 'graph',
    group: WRITE,
    summary: 'draw a DAG',
    load: async () => (await import('./commands/graph.ts')).graph,
    loadRemote: async () => remoteRun((await import('./commands/graph.ts')).graphThere),
  },
  {
    name: 'schema',
    group: WRITE,
    summary: 'explain the keys of DAG files and config',
    load: async () => (await import('./commands/schema.ts')).schema,
    loadRemote: 'It explains the orch of this machine: leave out --server.',
  },
  {
    name: 'test',
    group: WRITE,
    summary: 'run one task alone with inputs from a file',
    load: async () => (await import('./commands/test.ts')).test,
    loadRemote: 'Leave it out, or run it there: orch trigger <dag> --only <task>.',
  },
  {
    name: 'plan',
    group: RUN,
    summary: 'what a trigger would run, in order, and why',
    load: async () => (await import('./commands/plan.ts')).plan,
    loadRemote: async () => remoteRun((await import('./commands/plan.ts')).planThere),
  },
  {
    name: 'trigger',
    group: RUN,
    summary: 'run a DAG, or a part of it',
    load: async () => (await import('./commands/trigger.ts')).trigger,
    loadRemote: async () => remoteRun((await import('./remote/trigger.ts')).trigger),
  },
  {
    name: 'backfill',
    group: RUN,
    summary: 'runs for slots of the past: create, list, show, pause, resume, cancel',
    load: async () => (await import('./commands/backfill.ts')).backfill,
    loadRemote: async () => remoteRun((await import('./remote/lists.ts')).backfill),
  },
  {
    name: 'asset',
    group: RUN,
    summary: 'what DAGs make: list, event, lineage, materialize',
    load: async () => (await import('./commands/asset.ts')).asset,
    loadRemote: async () => remoteRun((await import('./commands/asset.ts')).assetThere),
  },
  {
    name: 'runs',
    group: LOOK,
    summary: 'list runs',
    load: async () => (await import('./commands/runs.ts')).runs,
    loadRemote: async () => remoteRun((await import('./remote/look.ts')).runs),
  },
  {
    name: 'status',
    group: LOOK,
    summary: 'show a run and its tasks',
    load: async () => (await import('./commands/status.ts')).status,
    loadRemote: async () => remoteRun((await import('./remote/look.ts')).status),
  },
  {
    name: 'watch',
    group: LOOK,
    summary: 'follow a run to its end',
    load: async () => (await import('./commands/watch.ts')).watch,
    loadRemote: async () => remoteRun((await import('./remote/look.ts')).watch),
  },
  {
    name: 'logs',
    group: LOOK,
    summary: 'read the logs of a run or task',
    load: async () => (await import('./commands/logs.ts')).logs,
    loadRemote: async () => remoteRun((await import('./remote/logs.ts')).logs),
  },
  {
    name: 'why',
    group: LOOK,
    summary: 'why a task is in its state',
    load: async () => (await import('./commands/why.ts')).why,
    loadRemote: async () => remoteRun((await import('./remote/look.ts')).why),
  },
  {
    name: 'export',
    group: LOOK,
    summary: 'write everything about a run into one file',
    load: async () => (await import('./commands/export.ts')).exportRun,
    loadRemote: 'It reads the store of this machine: run it on the machine of the server.',
  },
  {
    name: 'open',
    group: LOOK,
    summary: 'look at a run that was exported',
    load: async () => (await import('./commands/open.ts')).open,
    loadRemote: 'It reads a file of this machine: leave out --server.',
  },
  {
    name: 'schedule',
    group: LOOK,
    summary: 'when a DAG will be due, and where clocks change',
    load: async () => (await import('./commands/schedule.ts')).schedule,
    loadRemote: async () => remoteRun((await import('./commands/schedule.ts')).scheduleThere),
  },
  {
    name: 'simulate',
    group: LOOK,
    summary: 'what schedules would do in a span of time, without running anything',
    load: async () => (await import('./commands/simulate.ts')).simulate,
    loadRemote: 'Leave it out, or see when a DAG is due: orch schedule preview <dag>.',
  },
  {
    name: 'stats',
    group: LOOK,
    summary: 'success rates, durations and waits of each DAG and task',
    load: async () => (await import('./commands/stats.ts')).stats,
    loadRemote: async () => remoteRun((await import('./commands/stats.ts')).statsThere),
  },
  {
    name: 'alerts',
    group: LOOK,
    summary: 'what is wrong and who is told: list, show, ack, mute, rules, test',
    load: async () => (await import('./commands/alerts.ts')).alerts,
    loadRemote: async () => remoteRun((await import('./commands/alerts.ts')).alertsOfServer),
  },
  {
    name: 'retry',
    alias: 'clear',
    group: MEND,
    summary: 'run failed, chosen or interrupted tasks again',
    load: async () => (await import('./commands/retry.ts')).retry,
    loadRemote: async () => remoteRun((await import('./remote/mend.ts')).retry),
  },
  {
    name: 'cancel',
    group: MEND,
    summary: 'stop a run',
    load: async () => (await import('./commands/cancel.ts')).cancel,
    loadRemote: async () => remoteRun((await import('./remote/mend.ts')).cancel),
  },
  {
    name: 'pause',
    group: MEND,
    summary: 'make no runs for the slots of a DAG',
    load: async () => (await import('./commands/pause.ts')).pause,
    loadRemote: async () => remoteRun((await import('./remote/mend.ts')).pauseThere(true)),
  },
  {
    name: 'unpause',
    group: MEND,
    summary: 'make runs for the slots of a DAG again',
    load: async () => (await import('./commands/unpause.ts')).unpause,
    loadRemote: async () => remoteRun((await import('./remote/mend.ts')).pauseThere(false)),
  },
  {
    name: 'rollback',
    group: MEND,
    summary: 'have new runs of a DAG use an older version',
    load: async () => (await import('./commands/rollback.ts')).rollback,
    loadRemote: async () => remoteRun((await import('./commands/rollback.ts')).rollbackThere),
  },
  {
    name: 'canary',
    group: MEND,
    summary: 'try a version for some keys before all runs have it',
    load: async () => (await import('./commands/canary.ts')).canary,
    loadRemote: 'It runs the version of the files of this machine: run it on the machine of the server.',
  },
  {
    name: 'approve',
    group: MEND,
    summary: 'answer tasks that ask people',
    load: async () => (await import('./commands/approve.ts')).approve,
    loadRemote: async () => remoteRun((await import('./remote/lists.ts')).approve),
  },
  {
    name: 'mark',
    group: MEND,
    summary: 'set a task or run to success or failed by hand',
    load: async () => (await import('./commands/mark.ts')).mark,
    loadRemote: async () => remoteRun((await import('./remote/mend.ts')).mark),
  },
  {
    name: 'up',
    group: SET_UP,
    summary: 'everything in one: scheduler and HTTP API',
    load: async () => (await import('./commands/up.ts')).up,
    loadRemote: 'It serves the project of this machine: leave out --server.',
  },
  {
    name: 'scheduler',
    group: SET_UP,
    summary: 'run every DAG by its schedule',
    load: async () => (await import('./commands/scheduler.ts')).scheduler,
    loadRemote: async () => remoteRun((await import('./commands/scheduler.ts')).schedulerThere),
  },
  {
    name: 'server',
    group: SET_UP,
    summary: 'serve runs, metrics and logs over HTTP on this machine',
    load: async () => (await import('./commands/server.ts')).server,
    loadRemote: 'It serves the project of this machine: leave out --server.',
  },
  {
    name: 'context',
    group: SET_UP,
    summary: 'servers that commands may ask, by name',
    load: async () => (await import('./commands/context.ts')).serverContext,
    loadRemote: 'It keeps names of servers on this machine: leave out --server.',
  },
  {
    name: 'pool',
    group: LOOK,
    summary: 'slots of pools, and what waits for them',
    load: async () => (await import('./commands/pool.ts')).pool,
    loadRemote: async () => remoteRun((await import('./commands/pool.ts')).poolThere),
  },
  {
    name: 'token',
    group: SET_UP,
    summary: 'tokens of programs that use the HTTP API',
    load: async () => (await import('./commands/token.ts')).token,
    loadRemote: async () => remoteRun((await import('./commands/token.ts')).tokenThere),
  },
  {
    name: 'user',
    group: SET_UP,
    summary: 'people who may log in to the HTTP API',
    load: async () => (await import('./commands/user.ts')).user,
    loadRemote: async () => remoteRun((await import('./commands/user.ts')).userThere),
  },
  {
    name: 'variable',
    group: SET_UP,
    summary: 'values that tasks declare by name, secret ones too',
    load: async () => (await import('./commands/variable.ts')).variable,
    loadRemote: async () => remoteRun((await import('./commands/variable.ts')).variableThere),
  },
  {
    name: 'connection',
    group: SET_UP,
    summary: 'where tasks reach other systems: databases, services, mail',
    load: async () => (await import('./commands/connection.ts')).connection,
    loadRemote: async () => remoteRun((await import('./commands/connection.ts')).connectionThere),
  },
  {
    name: 'config',
    group: SET_UP,
    summary: 'show the config and where it comes from',
    load: async () => (await import('./commands/config.ts')).config,
    loadRemote: async () => remoteRun((await import('./commands/config.ts')).configThere),
  },
  {
    name: 'doctor',
    group: SET_UP,
    summary: 'check this machine and the state of the project',
    load: async () => (await import('./commands/doctor.ts')).doctor,
    loadRemote: 'It looks at a machine and its store: run it on that of the server.',
  },
  {
    name: 'completion',
    group: SET_UP,
    summary: 'print the completion script of a shell',
    load: async () => (await import('./commands/completion.ts')).completion,
    loadRemote: 'It is for the shell of this machine: leave out --server.',
  },
];
