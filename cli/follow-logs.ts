import { setTimeout as pause } from 'node:timers/promises';
import { followAttemptLog } from '../core/log/follow-attempt-log.ts';
import type { LogLine } from '../core/log/log-line.ts';
import type { LogWindow } from '../core/log/read-attempt-log.ts';
import type { LogRange } from '../core/model/attempt.ts';
import { attemptId, type NodeNo, type RunNo, type TryNo } from '../core/model/ids.ts';
import { isRunFinished } from '../core/model/states.ts';
import type { Project } from '../core/scheduler/project.ts';
import { readRunView } from '../core/store/read-run-view.ts';
import type { InstanceView } from '../core/store/run-view.ts';
import { findInstances } from './find-instances.ts';

const LOOK_EVERY_MS = 300;

/** Who gets the lines. */
export interface LineReader {
  readonly window: Pick<LogWindow, 'streams' | 'matches'>;
  /** Resolves when there is room for a line; `false` once nobody reads any more. */
  ready(): Promise<boolean>;
  onLine(instance: InstanceView, line: LogLine, tryNo: TryNo): void;
}

/** What all instances that are followed together have in common. */
interface Following {
  readonly project: Project;
  readonly runNo: RunNo;
  readonly reader: LineReader;
  readonly signal: AbortSignal;
  /** Ends the whole: with what went wrong, or with nothing when nobody reads any more. */
  end(error?: unknown): void;
}

/**
 * Tells the lines of a run, or of some of its tasks, as they are written, until the run is finished or nobody
 * reads any more: of each instance the attempt that is its last now, and all that come after it.
 *
 * @throws AppError `invalid` for a search pattern that takes too long.
 */
export async function followLogs(
  project: Project,
  runNo: RunNo,
  task: string | null,
  reader: LineReader,
): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const failures: unknown[] = [];
  const end = (error?: unknown): void => {
    if (error !== undefined) failures.push(error);
    stop.abort();
  };
  const following: Following = { project, runNo, reader, signal, end };
  const followed = new Map<NodeNo, FollowedInstance>();
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    const view = await readRunView(project.store, runNo);
    if (view === null) break;
    const isOver = isRunFinished(view.run.state);
    for (const instance of task === null ? view.tasks : findInstances(view, task)) {
      const from = isFirst ? Math.max(1, instance.attempts) : 1;
      const one = followed.get(instance.nodeNo) ?? new FollowedInstance(following, from);
      followed.set(instance.nodeNo, one);
      await one.see(instance, isOver);
    }
    if (isOver) break;
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all([...followed.values()].map((one) => one.told()));
  if (failures.length > 0) throw failures[0];
}

/** The attempts of one instance, told one after the other. */
class FollowedInstance {
  readonly #following: Following;
  readonly #ranges = new Map<number, LogRange>();
  #told: Promise<void> = Promise.resolve();
  /** The first attempt that is not followed yet. */
  #next: number;
  /** The last attempt that has ended. */
  #ended = 0;

  constructor(following: Following, from: number) {
    this.#following = following;
    this.#next = from;
  }

  /** Resolves when every line of the attempts that were seen is told. */
  told(): Promise<void> {
    return this.#told;
  }

  /** Takes in how the instance stands now. */
  async see(instance: InstanceView, isRunOver: boolean): Promise<void> {
    const { project, runNo } = this.#following;
    const { attempts, log, nodeNo } = instance;
    this.#ended = isRunOver ? attempts : attempts - 1;
    // Attempts may come and go between two looks.
    const past = this.#next < attempts ? await project.store.attempts(runNo, nodeNo) : [];
    for (const { tryNo, log: range } of past)
      if (tryNo >= this.#next && tryNo < attempts && range !== null) this.#follow(instance, tryNo, range);
    this.#next = Math.max(this.#next, attempts);
    if (log === null) return;
    if (this.#next === attempts) this.#follow(instance, attempts, log);
    else this.#ranges.set(attempts, log);
    this.#next = attempts + 1;
  }

  #follow(instance: InstanceView, tryNo: TryNo, range: LogRange): void {
    this.#ranges.set(tryNo, range);
    this.#told = this.#told.then(() => this.#tell(instance, tryNo)).catch(this.#following.end);
  }

  async #tell(instance: InstanceView, tryNo: TryNo): Promise<void> {
    const { project, runNo, reader, signal, end } = this.#following;
    const id = attemptId(runNo, instance.nodeNo, tryNo);
    const source = { stateDir: project.stateDir, runNo, attemptId: id };
    const lines = followAttemptLog(source, {
      range: () => this.#ranges.get(tryNo) ?? null,
      isOver: () => tryNo <= this.#ended,
      window: reader.window,
      signal,
    });
    for await (const line of lines) {
      if (!(await reader.ready())) return end();
      reader.onLine(instance, line, tryNo);
    }
  }
}
