import type { RunNo } from '../core/model/ids.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { RunUpdate, Session } from '../core/scheduler/session.ts';
import type { RunView } from '../core/store/run-view.ts';
import { asOfRecord } from './as-of-record.ts';
import { choosePresenter } from './choose-presenter.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { type FollowDesk, followHere } from './follow-desk.ts';
import { type Interrupt, listenForInterrupts } from './interrupts.ts';
import { metricRows } from './render/metric-lines.ts';
import { type FollowKind, justFailed, type Presenter } from './render/presenter.ts';
import { shellWord, shortRunId } from './render/run-name.ts';

const TICK_MS = 250;
const TAIL_LINES = 50;

export interface FollowOptions {
  readonly how: FollowKind;
  /** Changes before this instant are history that need not be told. */
  readonly sinceAt: number;
  /** Give up waiting after this long. */
  readonly timeoutMs: number | null;
}

/** How following came to an end before the run did. */
type Leaving = { readonly why: 'interrupt' | 'terminate' | 'timeout' } | null;

/** A run of the project on this machine. */
interface FollowHere extends FollowOptions {
  readonly project: Project;
  readonly session: Session;
  readonly runNo: RunNo;
}

/** Follows a run of the project on this machine to its end: {@link followAt}. */
export function followRun(context: CommandContext, options: FollowHere): Promise<number> {
  return followAt(context, followHere(options.project, options.session, options.runNo), options);
}

/** Follows a run to its end, tells it, and gives the exit code that fits its result. */
export async function followAt(
  context: CommandContext,
  desk: FollowDesk,
  options: FollowOptions,
): Promise<number> {
  const note = ownsRun(desk, options) ? 'Ctrl-C cancels' : 'Ctrl-C leaves it running';
  const presenter = await choosePresenter(context, { sinceAt: options.sinceAt, note });
  const first = await desk.view();
  const pause = await desk.pauseText(first.run);
  if (pause !== null) context.warn(`run ${shortRunId(first.run.uid)} waits: ${pause}`);
  presenter.start(first, options.how);
  const stop = new AbortController();
  const watching = new Watching(context, desk, options, presenter, first.run.uid, stop);
  const ticker = setInterval(() => presenter.tick(), TICK_MS);
  const deadline =
    options.timeoutMs === null ? null : setTimeout(() => watching.timeOut(), options.timeoutMs);
  const interrupts = listenForInterrupts(process, (kind, count) => watching.interrupt(kind, count));
  try {
    const last = await watchToEnd(desk, options, presenter, stop.signal);
    if (last === null) {
      presenter.leave();
      return watching.leftCode();
    }
    const metrics = metricRows(last.tasks, await desk.metrics());
    presenter.end(last, metrics);
    return watching.endCode(last);
  } catch (error) {
    presenter.leave();
    throw error;
  } finally {
    clearInterval(ticker);
    if (deadline !== null) clearTimeout(deadline);
    interrupts.release();
  }
}

/** Whether an interrupt of this process is meant for the run: who only looks on never stops it. */
function ownsRun({ leading }: FollowDesk, { how }: FollowOptions): boolean {
  return leading && how !== 'watched';
}

async function watchToEnd(
  desk: FollowDesk,
  options: FollowOptions,
  presenter: Presenter,
  signal: AbortSignal,
): Promise<RunView | null> {
  for await (const told of desk.watch(signal)) {
    const update: RunUpdate = asOfRecord(told);
    const failed = presenter.wantsLogs ? justFailed(update) : null;
    const isNew = update.type !== 'change' || update.record.at >= options.sinceAt;
    const tail = failed === null || !isNew ? [] : await desk.tail(failed, TAIL_LINES);
    presenter.update(update, tail);
    if (update.type === 'ended') return update.view;
    if (update.type === 'change' && update.record.because.code === 'expanded')
      presenter.refresh(await desk.view());
  }
  return null;
}

/** What signals and the deadline do to a followed run. */
class Watching {
  readonly #context: CommandContext;
  readonly #desk: FollowDesk;
  readonly #options: FollowOptions;
  readonly #presenter: Presenter;
  readonly #runUid: string;
  readonly #stop: AbortController;
  #leaving: Leaving = null;
  #cancelled = false;
  #timedOut = false;

  constructor(
    context: CommandContext,
    desk: FollowDesk,
    options: FollowOptions,
    presenter: Presenter,
    runUid: string,
    stop: AbortController,
  ) {
    this.#context = context;
    this.#desk = desk;
    this.#options = options;
    this.#presenter = presenter;
    this.#runUid = runUid;
    this.#stop = stop;
  }

  interrupt(kind: Interrupt, count: number): void {
    if (kind === 'SIGTERM') return this.#terminate(count);
    if (!ownsRun(this.#desk, this.#options)) return this.#leave({ why: 'interrupt' });
    this.#cancelled = true;
    if (count === 1) {
      this.#presenter.notice('cancelling; Ctrl-C again kills');
      this.#ask('cancel', 'Ctrl-C');
    } else {
      this.#presenter.notice('killing');
      this.#ask('kill', 'Ctrl-C');
    }
  }

  timeOut(): void {
    this.#timedOut = true;
    if (!ownsRun(this.#desk, this.#options)) return this.#leave({ why: 'timeout' });
    this.#presenter.notice('--timeout is over: cancelling');
    this.#ask('cancel', '--timeout');
  }

  /** The exit code of a run that ended while it was followed. */
  endCode({ run }: RunView): number {
    if (this.#timedOut) return EXIT.timeout;
    if (run.state === 'success') return EXIT.ok;
    if (run.state === 'failed') return EXIT.runFailed;
    return this.#cancelled ? EXIT.interrupted : EXIT.cancelledElsewhere;
  }

  /** The exit code of a run that goes on without this process, after saying so. */
  leftCode(): number {
    const id = shortRunId(this.#runUid);
    if (this.#leaving?.why === 'terminate') {
      this.#context.say(`Stopped. Run ${id} is unfinished: 'orch retry ${id}' goes on with it.`);
      return EXIT.terminated;
    }
    const { server } = this.#context.flags;
    const there = server === undefined ? '' : ` --server ${shellWord(server)}`;
    this.#context.say(
      `Run ${id} goes on in another process. Follow it: orch watch ${id}${there}. ` +
        `Cancel it: orch cancel ${id}${there}`,
    );
    return this.#leaving?.why === 'timeout' ? EXIT.timeout : EXIT.interrupted;
  }

  #terminate(count: number): void {
    if (count > 1) process.exit(EXIT.terminated);
    this.#presenter.notice('stopping once running tasks are done');
    void this.#desk.close().finally(() => this.#leave({ why: 'terminate' }));
  }

  #leave(leaving: Leaving): void {
    this.#leaving = leaving;
    this.#stop.abort();
  }

  #ask(type: 'cancel' | 'kill', by: string): void {
    const asked = this.#desk.stop(type, this.#runUid, by);
    asked.catch((error: unknown) =>
      this.#context.warn(`cannot ${type} the run: ${error instanceof Error ? error.message : String(error)}`),
    );
  }
}
