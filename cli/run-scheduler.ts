import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { saveCodeCache } from '../core/executors/code-cache.ts';
import type { SpareKeeper } from '../core/executors/keeper-process.ts';
import type { Diagnostic } from '../core/model/errors.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { Session } from '../core/scheduler/session.ts';
import type { SchedulerTidings } from '../core/scheduler/tidings.ts';
import type { CommandContext } from './context.ts';
import { openSession } from './engine.ts';
import { EXIT } from './exit-code.ts';
import { type Interrupt, listenForInterrupts } from './interrupts.ts';
import { projectDir } from './project-dir.ts';
import { counted } from './render/counted.ts';
import { clockText, instantText } from './render/time-text.ts';
import { tellRuns } from './tell-runs.ts';

/**
 * Leads a project as its scheduler, or stands by until it can, and tells of every run, until the process is
 * told to end. `keeper` becomes that of this process if it leads at once. `onLooked`: it has looked at all
 * DAG files, or another process does.
 *
 * @returns the exit code of the signal that ended it.
 */
export async function runScheduler(
  context: CommandContext,
  project: Project,
  keeper: SpareKeeper,
  onLooked: () => void = () => {},
): Promise<number> {
  const told = Promise.withResolvers<Interrupt | 'stopped'>();
  const again = Promise.withResolvers<Interrupt>();
  const interrupts = listenForInterrupts(process, (kind, count) =>
    (count === 1 ? told : again).resolve(kind),
  );
  const onLead = (): void => {
    onLooked();
    void tellLead(context, project).catch(() => undefined);
    saveCodeCache();
  };
  let session: Session | null = null;
  const runs = tellRuns(context, project.store, () => session?.leading ?? null);
  try {
    const onTidings = (tidings: SchedulerTidings): void => tellTidings(context, tidings);
    const onStandBy = (): void => tell(context, 'standby', 'leads no more: it was cut off. It stands by');
    const ended = new AbortController();
    void told.promise.then(() => ended.abort());
    const { signal } = ended;
    const onStopAsked = (): void => told.resolve('stopped');
    const heard = { onLead, onStandBy, onTidings, onStopAsked };
    session = await openSession(project, { schedules: true, keeper, ...heard, signal });
    // Who stands by may do so for long, and needs none.
    keeper.end();
    if (!session.leading) onLooked();
    if (!session.leading && !signal.aborted) tell(context, 'standby', 'stands by: another process leads');
    const end = await Promise.race([told.promise, session.failed]);
    if (end instanceof Error) throw end;
    tell(context, 'draining', 'ends: running tasks may end, nothing new is started');
    await Promise.race([session.close('drain'), again.promise.then(() => session?.close('now'))]);
    if (end === 'stopped') return EXIT.ok;
    return end === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
  } finally {
    interrupts.release();
    await session?.close('now');
    await runs.close();
  }
}

async function tellLead(context: CommandContext, { store }: Project): Promise<void> {
  const [dags, broken] = await Promise.all([store.dags(), store.brokenFiles()]);
  const count = dags.filter(({ present }) => present).length;
  const mend = broken.length === 0 ? '' : `; ${counted(broken.length, 'file')} cannot be loaded: orch check`;
  tell(context, 'leading', `leads ${counted(count, 'DAG')}${mend}`);
}

function tellTidings(context: CommandContext, tidings: SchedulerTidings): void {
  if (tidings.type === 'blind') {
    context.warn(
      `changes of DAG files may not be noticed: ${tidings.error.message}. Start again to read them`,
    );
    return;
  }
  if (tidings.type === 'dag') return tellDag(context, tidings);
  if (tidings.type === 'file') return tellFile(context, tidings.file, tidings.mistakes);
  const { dagId, failures } = tidings;
  const now = context.host.clock.now();
  if (context.flags.json) {
    const event = { v: 1, type: 'dag.paused', dagId, failures, at: instantText(now) };
    return context.json(event, 'event');
  }
  const why = `${failures} of its runs failed one after the other`;
  context.print(`${clockText(now)} paused ${dagId}: ${why}. When it is mended: orch unpause ${dagId}`);
}

const CHANGES = { new: 'is new', changed: 'has changed', gone: 'is gone: no file declares it' } as const;

function tellDag(
  context: CommandContext,
  { dagId, change, version }: Extract<SchedulerTidings, { type: 'dag' }>,
): void {
  const now = context.host.clock.now();
  if (context.flags.json)
    return context.json({ v: 1, type: 'dag.changed', dagId, change, version, at: instantText(now) }, 'event');
  const which = change === 'gone' ? '' : ` (version ${version})`;
  context.print(`${clockText(now)} DAG ${dagId} ${CHANGES[change]}${which}`);
}

function tellFile(context: CommandContext, file: string, mistakes: readonly Diagnostic[]): void {
  const now = context.host.clock.now();
  if (context.flags.json)
    return context.json({ v: 1, type: 'file.changed', file, mistakes, at: instantText(now) }, 'event');
  const [first] = mistakes;
  if (first === undefined) {
    const isGone = !existsSync(join(projectDir(context), file));
    return context.print(`${clockText(now)} ${file} ${isGone ? 'is gone' : 'can be loaded again'}`);
  }
  const place = first.line === undefined ? '' : `:${first.line}:${first.column ?? 1}`;
  const more = mistakes.length === 1 ? '' : `, and ${counted(mistakes.length - 1, 'more mistake')}`;
  const goesOn = 'Its DAGs go on as they were: orch check';
  context.print(`${clockText(now)} ${file}${place} cannot be loaded: ${first.message}${more}. ${goesOn}`);
}

function tell(context: CommandContext, state: string, text: string): void {
  const now = context.host.clock.now();
  if (context.flags.json)
    context.json({ v: 1, type: 'scheduler.changed', state, at: instantText(now) }, 'event');
  else context.print(`${clockText(now)} ${text}`);
}
