import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, readWitness } from '../history.ts';
import { isAlive, killNow, livingProcesses } from '../living-processes.ts';
import { Patience } from '../patience.ts';
import type { StoreKind } from '../plan.ts';
import { endRemains, watchRemains } from '../remains.ts';
import type { StoreEye } from '../store-eye.ts';
import { behind } from './behind.ts';
import { Errands } from './errands.ts';
import type { ScheduleHistory, TakeOver } from './history.ts';
import { Ledger } from './ledger.ts';
import { type Moment, type PlannedFault, pointText, type SchedulePlan } from './plan.ts';
import { type ArmedPoint, armedFile, type Struck, struckFile } from './points.ts';
import { readSchedules } from './read-schedules.ts';
import { SchedulerProcess } from './scheduler-process.ts';
import { WRITTEN_WITHIN_MS } from './violations.ts';

/** A round that takes longer has got stuck. */
const ROUND_MS = 600_000;
const JOIN_MS = 180_000;
/** A point that is not reached by then is not on the way now. */
const POINT_MS = 6_000;
const VICTIM_MS = 3_000;
/** Who asks has an answer by then, and a project that is behind has come nearer. */
const CATCH_UP_MS = 60_000;
const DRAIN_MS = 60_000;

type Planned<Kind extends PlannedFault['kind']> = Extract<PlannedFault, { kind: Kind }>;

/** Two schedulers and what they run, under the faults of a plan, until everything has caught up again. */
export class ScheduleRound {
  readonly #dir: string;
  readonly #eye: StoreEye;
  readonly #store: StoreKind;
  readonly #schedulers: SchedulerProcess[] = [];
  readonly #faults: Fault[] = [];
  readonly #takeOvers: TakeOver[] = [];
  readonly #measures: Promise<void>[] = [];
  readonly #ledger: Ledger;
  readonly #errands: Errands;
  readonly #patience = new Patience(ROUND_MS);
  #points = 0;
  #behind: readonly string[] = [];

  constructor(dir: string, eye: StoreEye, store: StoreKind) {
    this.#dir = dir;
    this.#eye = eye;
    this.#store = store;
    this.#ledger = new Ledger(dir);
    this.#errands = new Errands(dir);
  }

  /** Plays the plan and collects what is known of it. */
  async play({ faults, isCleared }: SchedulePlan): Promise<ScheduleHistory> {
    let givenUp: string | null = null;
    try {
      for (const fault of faults) {
        await this.#muster();
        if (fault.errand !== null) await this.#errands.run(fault.errand);
        await this.#meet(fault);
      }
      await this.#calm();
    } catch (error) {
      givenUp = error instanceof Error ? error.message : String(error);
      for (const one of this.#alive) one.child.kill('SIGKILL');
      await this.#errands.kill();
    }
    await Promise.all([...this.#schedulers.map(({ ended }) => ended), ...this.#measures]);
    const leftAtEnd = await endRemains(this.#dir);
    return {
      witness: readWitness(this.#dir),
      ledger: this.#ledger.lines,
      faults: this.#faults,
      launches: this.#schedulers.map((one) => one.launch()),
      asked: this.#errands.asked,
      takeOvers: this.#takeOvers,
      stored: await this.#eye.read(readSchedules),
      isCleared,
      behind: this.#behind,
      givenUp,
      leftAtEnd,
    };
  }

  get #alive(): SchedulerProcess[] {
    return this.#schedulers.filter((one) => one.alive);
  }

  /** The process that took the lead last, if it lives. */
  get #leader(): SchedulerProcess | undefined {
    const pid = this.#ledger.leader?.pid;
    return this.#alive.find((one) => one.pid === pid);
  }

  get #standby(): SchedulerProcess | undefined {
    const leader = this.#leader;
    return this.#alive.find((one) => one !== leader);
  }

  /** Sees to it that one scheduler leads and another one stands by. */
  async #muster(): Promise<void> {
    const isComplete = (): boolean => {
      while (this.#alive.length < 2) this.#schedulers.push(new SchedulerProcess(this.#dir, this.#store));
      return this.#leader !== undefined && this.#alive.every((one) => one.hasJoined);
    };
    if (!(await this.#patience.look(isComplete, JOIN_MS)))
      throw new Error('of two schedulers none leads, or none stands by');
  }

  async #meet(fault: PlannedFault): Promise<void> {
    switch (fault.kind) {
      case 'point':
        await this.#await(fault, this.#arm(fault.point), false);
        return;
      case 'take-over':
        return this.#takeOver(fault);
      case 'kill':
        await this.#reach(fault.moment);
        return this.#kill(fault);
      case 'stop':
        await this.#reach(fault.moment);
        return this.#stop(fault);
    }
  }

  async #reach({ after, count, ms }: Moment): Promise<void> {
    const file = join(this.#dir, 'witness.log');
    const size = (): number => (existsSync(file) ? statSync(file).size : 0);
    const seen = after === 'commit' ? () => this.#ledger.lines.length : size;
    for (let left = count; left > 0; left--) {
      const before = seen();
      await this.#patience.look(() => seen() > before, VICTIM_MS);
    }
    if (ms > 0) await delay(ms);
  }

  #arm(point: Omit<ArmedPoint, 'id'>): number {
    const id = ++this.#points;
    writeFileSync(`${armedFile(this.#dir)}.new`, JSON.stringify({ id, ...point }));
    // In one step, so that nobody reads half of it.
    renameSync(`${armedFile(this.#dir)}.new`, armedFile(this.#dir));
    return id;
  }

  /** Waits until a point has struck. `isLast`: nobody is left who could take over at once. */
  async #await(fault: Planned<'point' | 'take-over'>, id: number, isLast: boolean): Promise<void> {
    const { point, stopMs } = fault;
    const keepers = this.#keepers(this.#leader?.pid);
    const isReady = !isLast && this.#standby?.hasJoined === true;
    const file = struckFile(this.#dir, id);
    if (!(await this.#patience.look(() => existsSync(file), POINT_MS))) {
      rmSync(armedFile(this.#dir), { force: true });
      if (!existsSync(`${file}.claimed`)) return;
      await this.#patience.look(() => existsSync(file));
    }
    const { pid, at } = JSON.parse(readFileSync(file, 'utf8')) as Struck;
    const diedAt = performance.now();
    const moment = pointText(point);
    const momentKind = `point: ${point.place}`;
    const victim = point.role;
    if (point.signal === 'SIGSTOP') {
      await delay(stopMs);
      resume(pid);
      this.#faults.push({ kind: 'stop', victim, moment: `${moment} for ${stopMs} ms`, momentKind });
      return;
    }
    this.#faults.push({ kind: 'point', victim, moment, momentKind });
    await this.#whenGone(pid);
    if (victim !== 'leader') return;
    this.#measureRemains(pid, isLast ? new Set() : keepers, diedAt);
    if (isReady) await this.#measureTakeOver(pid, at, moment);
  }

  /** Kills the leader, and who takes over strikes itself. */
  async #takeOver(fault: Planned<'take-over'>): Promise<void> {
    const leader = this.#leader;
    if (leader === undefined) return;
    const keepers = this.#keepers(leader.pid);
    const id = this.#arm(fault.point);
    const diedAt = performance.now();
    leader.child.kill('SIGKILL');
    await leader.ended;
    const moment = 'before another one takes over';
    this.#faults.push({ kind: 'kill', victim: 'leader', moment, momentKind: 'before a take-over' });
    this.#measureRemains(leader.pid, keepers, diedAt);
    await this.#await(fault, id, true);
  }

  async #kill({ victim, which, moment: when }: Planned<'kill'>): Promise<void> {
    const moment = `${when.ms} ms after ${when.after} ${when.count}`;
    const fault: Fault = { kind: 'kill', victim, moment, momentKind: when.after };
    if (victim === 'leader' || victim === 'keeper+leader') {
      const leader = this.#leader;
      if (leader === undefined) return;
      const keepers = this.#keepers(leader.pid);
      const isReady = this.#standby?.hasJoined === true;
      if (victim === 'keeper+leader') for (const pid of keepers) killNow(pid);
      const [at, diedAt] = [Date.now(), performance.now()];
      leader.child.kill('SIGKILL');
      await leader.ended;
      this.#faults.push(fault);
      this.#measureRemains(leader.pid, keepers, diedAt);
      if (isReady) await this.#measureTakeOver(leader.pid, at, moment);
      return;
    }
    const pid = await this.#choose(victim, which);
    if (pid === undefined) return;
    killNow(pid);
    await this.#whenGone(pid);
    this.#faults.push(fault);
  }

  async #stop({ victim, which, moment: when, stopMs }: Planned<'stop'>): Promise<void> {
    const pid = victim === 'leader' ? this.#leader?.pid : await this.#choose(victim, which);
    if (pid === undefined || !isAlive(pid)) return;
    process.kill(pid, 'SIGSTOP');
    await delay(stopMs);
    resume(pid);
    const moment = `${when.ms} ms after ${when.after} ${when.count}, stopped for ${stopMs} ms`;
    this.#faults.push({ kind: 'stop', victim, moment, momentKind: when.after });
  }

  async #choose(victim: Fault['victim'], which: number): Promise<number | undefined> {
    if (victim === 'standby') return this.#standby?.pid;
    let chosen: number | undefined;
    await this.#patience.look(() => {
      const kinds = livingProcesses(this.#dir).filter(({ kind }) => kind === victim);
      chosen = kinds[Math.floor(which * kinds.length)]?.pid;
      return chosen !== undefined;
    }, VICTIM_MS);
    return chosen;
  }

  /** Waits until a process is gone; for a scheduler, until this process knows it. */
  async #whenGone(pid: number): Promise<void> {
    await this.#patience.look(() => !isAlive(pid));
    await this.#schedulers.find((one) => one.pid === pid)?.ended;
  }

  #keepers(parent: number | undefined): ReadonlySet<number> {
    const living = livingProcesses(this.#dir);
    return new Set(living.flatMap((one) => (one.epoch === null && one.parent === parent ? [one.pid] : [])));
  }

  #measureRemains(pid: number, keepers: ReadonlySet<number>, diedAt: number): void {
    const place = this.#faults.length - 1;
    // Without keeper and leader nobody is left to end the rest before the next one leads.
    if (keepers.size === 0 || this.#faults[place]?.victim === 'keeper+leader') return;
    const epoch = this.#ledger.lines.findLast((line) => line.word === 'LEAD' && line.pid === pid)?.epoch;
    const watch = async (): Promise<void> => {
      const goneAfterMs = await watchRemains({ dir: this.#dir, epoch: epoch ?? 0, keepers, diedAt });
      this.#faults[place] = { ...(this.#faults[place] as Fault), goneAfterMs };
    };
    this.#measures.push(watch());
  }

  /** Waits until somebody else has written something after the leader died. */
  async #measureTakeOver(pid: number, at: number, moment: string): Promise<void> {
    const hadCompany = this.#errands.isUnderWay;
    const ms = (word: 'LEAD' | 'COMMIT'): number | null => {
      const then = this.#ledger.firstAfter(word, at, pid);
      return then === null ? null : then - at;
    };
    await this.#patience.look(() => ms('COMMIT') !== null, WRITTEN_WITHIN_MS);
    this.#takeOvers.push({ moment, ledMs: ms('LEAD'), tookMs: ms('COMMIT'), hadCompany });
  }

  /** Waits until nothing is behind, as long as the whole comes nearer to it. */
  async #catchUp(): Promise<void> {
    let [leastMs, nearerAt] = [Number.POSITIVE_INFINITY, performance.now()];
    await this.#patience.look(async () => {
      const { found, lateMs } = await behind(this.#eye, Date.now());
      if (lateMs < leastMs) [leastMs, nearerAt] = [lateMs, performance.now()];
      this.#behind = found;
      if (found.length > 0) await delay(50);
      return found.length === 0 || performance.now() - nearerAt > CATCH_UP_MS;
    });
  }

  /** Disturbs nothing any more: everything has to catch up, and the schedulers end when they are told to. */
  async #calm(): Promise<void> {
    await this.#muster();
    const finished = this.#errands.finish().then(() => true);
    if (!(await Promise.race([finished, delay(CATCH_UP_MS, false, { ref: false })])))
      throw new Error('who asked for something had no answer in time');
    await this.#catchUp();
    for (const one of this.#alive) one.dismiss();
    if (!(await this.#patience.look(() => this.#alive.length === 0, DRAIN_MS)))
      throw new Error('a scheduler did not end when it was told to');
  }
}

function resume(pid: number): void {
  if (isAlive(pid)) process.kill(pid, 'SIGCONT');
}
