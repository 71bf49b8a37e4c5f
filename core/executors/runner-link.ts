import { randomBytes } from 'node:crypto';
import type { StopReason } from '../model/attempt.ts';
import type { AttemptId } from '../model/ids.ts';
import type { Job } from './job.ts';
import type { KeysTold } from './keys-told.ts';
import { Lanes, type SegmentNumbers } from './lanes.ts';
import { type EndFrame, encodeRun, type GoneFrame, type ReportFrame } from './protocol.ts';
import type { ExpectedRunner, RunnerConnection } from './runner-server.ts';
import { Turnstile } from './turnstile.ts';

/** Definitions that a runner holds before it is told to forget them. */
const DEFINITIONS_MAX = 512;
/** A dead runner's last words are waited for only so long. */
const LAST_WORDS_MS = 500;

export interface RunnerHandlers {
  readonly onReady: (runner: RunnerLink) => void;
  readonly onReport: (frame: Exclude<ReportFrame, { t: 'hello' | 'end' }>) => void;
  readonly onEnd: (runner: RunnerLink, frame: EndFrame) => void;
  /** Nothing of it lives any more, and all that it said was heard. */
  readonly onGone: (runner: RunnerLink, frame: GoneFrame) => void;
}

/** The leader's end of one runner. */
export class RunnerLink implements ExpectedRunner {
  readonly group: string;
  readonly shared: boolean;
  readonly memoryMb: number;
  readonly token = randomBytes(24).toString('base64url');
  readonly lanes: Lanes;
  /** Attempts that run in it, and behind them those that were sent ahead, in the order of sending. */
  readonly jobs = new Map<AttemptId, Job>();
  /** Attempts that have ended, but whose processes are still being ended. */
  readonly ending: Job[] = [];
  pid: number | null = null;
  /** It is told to end: no more orders. */
  retired = false;
  /** It gets no more orders, and is told to end when those it has are done. */
  draining = false;
  /** Its process is held still: it takes nothing. */
  still = false;
  served = 0;
  /** Monotonic time since when it has had nothing to do. */
  idleSinceMono = 0;
  /** Monotonic time since when the first of its attempts has run. */
  headSinceMono = 0;
  readonly #handlers: RunnerHandlers;
  readonly #keys: KeysTold;
  readonly #turnstile: Turnstile;
  #turns = 0;
  readonly #sent = new Set<number>();
  #connection: RunnerConnection | null = null;
  #connected = false;
  #gone: GoneFrame | null = null;
  #out = '';
  readonly #flush = (): void => {
    const text = this.#out;
    this.#out = '';
    this.#connection?.write(text);
  };

  constructor(
    group: string,
    shared: boolean,
    memoryMb: number,
    numbers: SegmentNumbers,
    turnstile: string,
    keys: KeysTold,
    handlers: RunnerHandlers,
  ) {
    this.group = group;
    this.shared = shared;
    this.memoryMb = memoryMb;
    this.lanes = new Lanes(numbers);
    this.#turnstile = new Turnstile(turnstile, 'leader');
    this.#keys = keys;
    this.#handlers = handlers;
  }

  /** Whether orders may be sent. */
  get ready(): boolean {
    return this.#connection !== null && this.pid !== null && !this.retired && !this.draining && !this.still;
  }

  /** Whether it ever said hello. */
  get started(): boolean {
    return this.#connected;
  }

  onConnect(connection: RunnerConnection): void {
    this.#connection = connection;
    this.#connected = true;
    if (this.ready) this.#handlers.onReady(this);
  }

  onSpawned(pid: number): void {
    this.pid = pid;
    if (this.ready) this.#handlers.onReady(this);
  }

  onFrame(frame: ReportFrame): void {
    if (frame.t === 'end') this.#handlers.onEnd(this, frame);
    else if (frame.t !== 'hello' && this.jobs.has(frame.id)) this.#handlers.onReport(frame);
  }

  onClose(): void {
    this.#connection = null;
    this.#settle();
  }

  /** Whether attempts with secrets have run in it: what it printed past orch cannot be masked. */
  get hadSecrets(): boolean {
    return this.#keys.any;
  }

  /** The keeper says that nothing of it lives any more. */
  onGone(frame: GoneFrame): void {
    this.retired = true;
    this.#gone = frame;
    this.#settle();
    if (this.#gone) setTimeout(() => this.#connection?.close(), LAST_WORDS_MS).unref();
  }

  /** The attempt that runs, as far as the leader was told. */
  get head(): Job | undefined {
    return this.jobs.values().next().value;
  }

  /** Sends an order; behind another one it can be taken back until the runner starts it. */
  run(job: Job, spinUs: number): void {
    const { order, lane } = job;
    job.turn = this.jobs.size > 0 && !this.shared ? ++this.#turns : null;
    this.jobs.set(order.attemptId, job);
    this.served += 1;
    const { definition } = order;
    let text = '';
    if (!this.#sent.has(definition.id)) {
      if (this.#sent.size >= DEFINITIONS_MAX) {
        this.#sent.clear();
        text = '{"t":"forget"}\n';
      }
      this.#sent.add(definition.id);
      text += `{"t":"define","d":${JSON.stringify(definition)}}\n`;
    }
    text += this.#keys.framesFor(order);
    this.#send(text + encodeRun(order, lane?.segment ?? 0, null, spinUs, job.turn));
  }

  /**
   * Takes an order back that was sent ahead; `false` if the runner has started it.
   *
   * @throws when the turnstile cannot be written.
   */
  takeBack(job: Job): boolean {
    if (job.turn === null || !this.#turnstile.pass(job.turn)) return false;
    this.served -= 1;
    this.jobs.delete(job.order.attemptId);
    job.turn = null;
    job.lane = null;
    return true;
  }

  /** Whether the runner, which is dead, ever started an order. */
  hasStarted(job: Job): boolean {
    return job.startedAt > 0 || job.turn === null || this.#turnstile.holder(job.turn) === 'runner';
  }

  /** Its attempt has ended. */
  ended(job: Job): void {
    this.jobs.delete(job.order.attemptId);
    if (job.turn !== null) this.#turnstile.forget(job.turn);
  }

  /** Nothing of it is needed any more. */
  close(): void {
    this.#turnstile.close();
  }

  cancel(id: AttemptId, why: StopReason): void {
    this.#send(`{"t":"cancel","id":"${id}","why":"${why}"}\n`);
  }

  #send(text: string): void {
    if (this.#out === '') queueMicrotask(this.#flush);
    this.#out += text;
  }

  #settle(): void {
    if (this.#gone === null || this.#connection !== null) return;
    const frame = this.#gone;
    this.#gone = null;
    this.#handlers.onGone(this, frame);
  }
}
