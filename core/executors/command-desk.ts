import type { DeskParts } from './desk.ts';
import type { Job } from './job.ts';
import { JobQueue } from './job-queue.ts';
import { KeysTold } from './keys-told.ts';
import { Lanes } from './lanes.ts';
import { type EndFrame, encodeRun } from './protocol.ts';

/** Definitions that the keeper holds before it is told to forget them. */
const DEFINITIONS_MAX = 4_096;

/** Hands commands to the keeper, so many at once, first come first served. */
export class CommandDesk {
  readonly #parts: DeskParts;
  readonly #waiting = new JobQueue();
  readonly #sent = new Set<number>();
  readonly #keys: KeysTold;
  #lanes: Lanes;
  #running = 0;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#lanes = new Lanes(parts.numbers);
    this.#keys = new KeysTold(parts.settings.keyOf);
  }

  submit(job: Job): void {
    this.#waiting.push(job);
    this.#next();
  }

  /** Takes back a command that has not been started; `false` if it is not here. */
  withdraw(job: Job): boolean {
    return this.#waiting.remove(job);
  }

  ended(job: Job, frame: EndFrame): void {
    const { lane } = job;
    const log = lane && frame.l ? { segment: lane.segment, offset: frame.l[0], length: frame.l[1] } : null;
    if (lane && log) lane.end = log.offset + log.length;
    if (lane) this.#lanes.giveBack(lane);
    this.#running -= 1;
    this.#parts.onEnded(job, frame.r, log);
    this.#next();
  }

  /** The keeper died, and every command with it: the others wait until `resume`. */
  pause(): void {
    this.#sent.clear();
    this.#keys.forget();
    this.#lanes = new Lanes(this.#parts.numbers);
    this.#running = 0;
  }

  /** There is a keeper now. */
  resume(): void {
    this.#next();
  }

  #next(): void {
    while (this.#running < this.#parts.settings.commands.max && this.#parts.keeper() !== null) {
      const job = this.#waiting.shift();
      if (job === null) return;
      this.#begin(job);
    }
  }

  #begin(job: Job): void {
    const { definition, runNo } = job.order;
    const keeper = this.#parts.keeper();
    this.#running += 1;
    job.lane = this.#lanes.take(runNo);
    job.group = this.#parts.nextGroup();
    if (!this.#sent.has(definition.id)) {
      if (this.#sent.size >= DEFINITIONS_MAX) {
        this.#sent.clear();
        keeper?.sendText('{"t":"forget"}\n');
      }
      this.#sent.add(definition.id);
      keeper?.sendText(`{"t":"define","d":${JSON.stringify(definition)}}\n`);
    }
    keeper?.sendText(this.#keys.framesFor(job.order) + encodeRun(job.order, job.lane.segment, job.group, 0));
    this.#parts.onStarted(job);
  }
}
