import type { Executor } from '../../core/executors/executor.ts';
import type { AttemptEvent, AttemptOrder, Outcome, StopReason } from '../../core/model/attempt.ts';
import type { AttemptId } from '../../core/model/ids.ts';
import { chanceFor } from './chance.ts';
import type { Witness } from './history.ts';
import type { WorldKind } from './scenario.ts';
import type { VirtualTime } from './virtual-time.ts';
import { waitOutcome } from './wait-outcome.ts';

/** What may go wrong with the end of an attempt. */
export type OutcomeFault = 'hang' | 'late' | 'twice';

/** One attempt under way. */
interface Process {
  readonly order: AttemptOrder;
  readonly executor: SimExecutor;
  startedAt: number | null;
  stopping: StopReason | null;
  hangs: boolean;
  /** What it was about to do when it was held still; `null`: it is not. */
  held: (() => void)[] | null;
}

/** What the processes of a world share, whoever leads. */
export interface Machine {
  readonly kind: WorldKind;
  readonly seed: number;
  readonly time: VirtualTime;
  readonly witness: Witness[];
  /** What hooks said of themselves. */
  readonly hookWitness: Witness[];
  /** The newest epoch. */
  leads(): number;
  /** The last line of the journal. */
  seq(): number;
  /** Takes the next armed fault that an outcome may have. */
  takeFault(outcome: Outcome): OutcomeFault | null;
}

/** Runs attempts in virtual time: what they do follows from the seed and their names. */
export class SimExecutor implements Executor {
  onEvent: (event: AttemptEvent) => void = () => {};
  onFailed: (error: Error) => void = () => {};
  readonly epoch: number;
  readonly #machine: Machine;
  readonly #known = new Set<string>();
  readonly #live = new Map<string, Process>();
  /** Its leader is dead: nobody hears or asks it any more. */
  cut = false;
  /** Asked before every attempt; `false` and everything after it is lost with the leader. */
  mayStart: () => boolean = () => true;

  constructor(machine: Machine, epoch: number) {
    this.#machine = machine;
    this.epoch = epoch;
  }

  async start(): Promise<void> {}

  hold(): void {}

  get live(): string[] {
    return [...this.#live.keys()];
  }

  submit(order: AttemptOrder): void {
    if (this.cut || !this.mayStart() || this.#known.has(order.attemptId)) return;
    this.#known.add(order.attemptId);
    const process: Process = {
      order,
      executor: this,
      startedAt: null,
      stopping: null,
      hangs: false,
      held: null,
    };
    this.#live.set(order.attemptId, process);
    const random = chanceFor(this.#machine.seed, `start ${nameOf(order)}`);
    this.#machine.time.after(random.chance(0.1) ? random.upTo(20_000) : random.upTo(200), () =>
      this.#begin(process),
    );
  }

  stop(attemptId: AttemptId, reason: StopReason, graceMs: number): void {
    const process = this.#live.get(attemptId);
    if (!process || this.cut) return;
    process.stopping ??= reason;
    const random = chanceFor(this.#machine.seed, `stop ${nameOf(process.order)}`);
    const afterMs = process.startedAt === null ? 0 : random.chance(0.3) ? graceMs : random.upTo(graceMs);
    this.#machine.time.after(afterMs, () => {
      const finishes = random.chance(0.1) && process.startedAt !== null && graceMs > 0;
      const stopped: Outcome = process.stopping === 'timeout' ? { kind: 'timeout' } : { kind: 'stopped' };
      this.#end(process, finishes ? this.#outcomeOf(process.order) : stopped);
    });
  }

  holdStill(attemptId: AttemptId, still: boolean): void {
    const process = this.#live.get(attemptId);
    if (!process || this.cut || process.startedAt === null || process.stopping !== null) return;
    const held = process.held ?? [];
    process.held = still ? held : null;
    if (!still) for (const act of held) this.#machine.time.after(1, act);
  }

  /** Its process dies without a word. */
  lose(attemptId: string): void {
    const process = this.#live.get(attemptId);
    if (process) this.#end(process, { kind: 'lost', detail: 'its process is gone' }, 'GONE');
  }

  /** The leader is gone: so is everything that it had started. */
  killAll(): void {
    this.cut = true;
    for (const { order, startedAt } of this.#live.values()) if (startedAt !== null) this.#tell('GONE', order);
    this.#live.clear();
  }

  async close(): Promise<void> {
    this.killAll();
  }

  #begin(process: Process): void {
    const { order } = process;
    // What was stopped before it began is over, though its end is told a moment later.
    if (this.#live.get(order.attemptId) !== process || process.stopping !== null) return;
    const { time, seed } = this.#machine;
    process.startedAt = time.now();
    const inputs = Object.fromEntries(
      order.definition.inputNames.map((name, at) => {
        const input = order.inputs[at];
        return [name, typeof input === 'string' ? input : null];
      }),
    );
    this.#tell('START', order, { inputs, ...(order.wait ? { wait: order.wait } : {}) });
    const attemptId = order.attemptId;
    this.onEvent({ type: 'attempt.started', attemptId, at: process.startedAt });
    const { timeoutMs, hook } = order.definition;
    const takesMs = durationMs(seed, order);
    const keeps =
      this.#machine.kind === 'wide' && !hook && chanceFor(seed, `keeps ${nameOf(order)}`).chance(0.4);
    if (keeps) time.after(Math.floor(takesMs / 2), () => this.#keep(process));
    const finish = (): void => {
      if (process.hangs || this.#live.get(attemptId) !== process) return;
      if (process.stopping !== null) return;
      if (process.held !== null) return void process.held.push(finish);
      const outcome: Outcome = hook && takesMs > timeoutMs ? { kind: 'timeout' } : this.#outcomeOf(order);
      const fault = hook ? null : this.#machine.takeFault(outcome);
      if (fault === 'hang') process.hangs = true;
      else this.#end(process, outcome, 'END', fault);
    };
    time.after(hook ? Math.min(takesMs, timeoutMs) : takesMs, finish);
  }

  #keep(process: Process): void {
    const { attemptId } = process.order;
    if (this.cut || this.#live.get(attemptId) !== process) return;
    if (process.held !== null) return void process.held.push(() => this.#keep(process));
    this.onEvent({ type: 'attempt.checkpoint', attemptId, at: this.#machine.time.now(), state: '"half"' });
  }

  #end(process: Process, outcome: Outcome, word: 'END' | 'GONE' = 'END', fault: OutcomeFault | null = null) {
    const { attemptId } = process.order;
    if (this.#live.get(attemptId) !== process) return;
    this.#live.delete(attemptId);
    const { time } = this.#machine;
    const at = time.now();
    const startedAt = process.startedAt ?? at;
    if (process.startedAt !== null) {
      const more = this.#machine.kind === 'wide' ? toldOf(outcome) : {};
      this.#tell(word, process.order, { outcome: outcome.kind, ...more });
    }
    const event: AttemptEvent = { type: 'attempt.ended', attemptId, startedAt, at, outcome };
    const deliver = (): void => {
      if (!this.cut) this.onEvent(event);
    };
    time.after(fault === 'late' ? 40_000 : 1, deliver);
    if (fault === 'twice')
      for (const afterMs of [2_500, 10_000, 61_000, 63_000, 402_000]) time.after(afterMs, deliver);
  }

  #outcomeOf(order: AttemptOrder): Outcome {
    const { kind, seed } = this.#machine;
    if (order.definition.hook) return hookOutcome(seed, nameOf(order));
    const put = kind === 'wide' ? waitOutcome(seed, order, nameOf(order)) : null;
    return put ?? outcomeOf(seed, order);
  }

  #tell(word: Witness['word'], { attemptId, definition }: AttemptOrder, more: Partial<Witness> = {}): void {
    const { time } = this.#machine;
    const witness = definition.hook ? this.#machine.hookWitness : this.#machine.witness;
    const [leads, seq] = [this.#machine.leads(), this.#machine.seq()];
    const { epoch } = this;
    witness.push({ word, attemptId, atMono: time.mono(), at: time.now(), epoch, leads, seq, ...more });
  }
}

/** A name of an attempt that is the same in a world from which something was left out. */
function nameOf({ definition, keys, tryNo, attemptId }: AttemptOrder): string {
  const { dagId, run, runUid, taskPath } = definition;
  if (definition.hook)
    return `${dagId} ${run.logicalDate ?? runUid} ${attemptId.split('.').slice(1).join('.')}`;
  return `${dagId} ${run.logicalDate ?? runUid} ${taskPath} ${keys.join('/')} ${tryNo}`;
}

/** How a hook ends. */
function hookOutcome(seed: number, name: string): Outcome {
  const chance = chanceFor(seed, `hook ends ${name}`).next();
  const error = { name: 'Error', message: 'no' };
  if (chance < 0.6) return { kind: 'success' };
  if (chance < 0.65) return { kind: 'skipped' };
  if (chance < 0.9) return { kind: 'failed', error };
  return chance < 0.95 ? { kind: 'failed', error, final: true } : { kind: 'memory' };
}

/** What an attempt says of its end beside how it ended. */
function toldOf(outcome: Outcome): Partial<Witness> {
  if (outcome.kind === 'deferred')
    return { deferral: { afterMs: outcome.afterMs ?? null, state: outcome.state ?? null } };
  return outcome.kind === 'success' ? { output: outcome.output ?? null } : {};
}

function durationMs(seed: number, order: AttemptOrder): number {
  const random = chanceFor(seed, `takes ${nameOf(order)}`);
  if (random.chance(0.05)) return 600_000 + random.upTo(3_000_000);
  return random.chance(0.3) ? random.upTo(400) : 500 + random.upTo(60_000);
}

const KEYS = ['L1', 'L2', 'L3', 'L4'];

function outcomeOf(seed: number, order: AttemptOrder): Outcome {
  const { taskPath } = order.definition;
  const random = chanceFor(seed, `ends ${nameOf(order)}`);
  const by = order.attemptId;
  const chance = random.next();
  if (/(^|\.)list\d+$/.test(taskPath) && chance < 0.9) {
    const items = random.some(KEYS, 0.5).map((id) => ({ id, more: random.some(['m', 'n'], 0.5) }));
    return { kind: 'success', output: JSON.stringify(items) };
  }
  const error = { name: random.chance(0.8) ? 'Error' : 'Odd', message: 'no' };
  if (chance < 0.72)
    return { kind: 'success', output: JSON.stringify({ by, ok: random.chance(0.8), list: ['L1', 'L2'] }) };
  if (chance < 0.76) return { kind: 'skipped' };
  if (chance < 0.9) return { kind: 'failed', error };
  if (chance < 0.92) return { kind: 'failed', error, final: true };
  if (chance < 0.95) return { kind: 'failed', error, retry: true, retryAfterMs: 1_000 + random.upTo(90_000) };
  if (chance < 0.97) return { kind: 'memory' };
  return { kind: 'rejected_output', error };
}
