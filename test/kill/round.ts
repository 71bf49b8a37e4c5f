import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { collectHistory } from './collect-history.ts';
import { CommandLine } from './command-line.ts';
import { type Fault, type History, type Launch, readWitness, type Victim } from './history.ts';
import { isAlive, killNow, livingProcesses, newestEpoch } from './living-processes.ts';
import { Patience } from './patience.ts';
import { FAULTS_MAX, type Moment, momentText, type PlannedFault, type Point } from './plan.ts';
import { watchRemains } from './remains.ts';
import type { StoreEye } from './store-eye.ts';

/** A round that takes longer has got stuck. */
const ROUND_MS = 300_000;
const VICTIM_WITHIN_MS = 60_000;
/** A point that is not reached by then is not on the way of this run. */
const POINT_WITHIN_MS = 60_000;

/** One run of the project under the faults of a plan, until it is finished. */
export class Round {
  readonly #dir: string;
  readonly #eye: StoreEye;
  readonly #lines: CommandLine[] = [];
  readonly #faults: Fault[] = [];
  readonly #measures: Promise<void>[] = [];
  readonly #patience: Patience;
  #points = 0;
  #finished = false;

  constructor(dir: string, eye: StoreEye, withinMs = ROUND_MS) {
    this.#dir = dir;
    this.#eye = eye;
    this.#patience = new Patience(withinMs);
  }

  /** Plays the plan and collects what is known of it. */
  async play(plan: readonly PlannedFault[]): Promise<History> {
    let givenUp: string | null = null;
    try {
      for (const [no, fault] of plan.entries()) {
        if (this.#faults.length >= FAULTS_MAX) break;
        // Who is at work is killed to make room for a point: that is a fault as well.
        if (fault.kind === 'point' && no > 0 && this.#faults.length + 2 > FAULTS_MAX) continue;
        await this.#goOn(no === 0 ? null : (plan[no - 1] as PlannedFault), pointOf(fault));
        if (this.#finished) break;
        await this.#meet(fault);
      }
      await this.#toTheEnd(plan.at(-1) as PlannedFault);
    } catch (error) {
      givenUp = error instanceof Error ? error.message : String(error);
    }
    await this.#endAll(givenUp !== null);
    return collectHistory(this.#dir, this.#eye, { lines: this.#lines, faults: this.#faults, givenUp });
  }

  get #alive(): CommandLine[] {
    return this.#lines.filter((line) => line.alive);
  }

  /** Sees to it that a command line is at work; a point needs one of its own. */
  async #goOn(before: PlannedFault | null, point: Point | null): Promise<void> {
    if (this.#alive.length > 0) {
      // The point is carried by the next that is started: who is at work is ended for it.
      if (point === null) return;
      await this.#killLeader('leader', 'to make room for a point', 'point', true);
      for (const line of this.#alive) line.child.kill('SIGKILL');
    }
    await Promise.all(this.#lines.map((line) => line.ended));
    if (before?.waits) await Promise.all(this.#measures);
    const runs = await this.#eye.runs();
    const open = runs.find((run) => !['success', 'failed', 'cancelled'].includes(run.state));
    if (runs.length > 0 && open === undefined) {
      this.#finished = true;
      return;
    }
    const command = open && before?.again === 'retry' ? 'retry' : 'trigger';
    this.#start(command, command === 'retry' ? (open?.runId ?? '') : 'storm', open?.runId ?? null, point);
  }

  #start(command: Launch['command'], name: string, expects: string | null, point: Point | null): CommandLine {
    const company = this.#alive;
    if (point !== null) this.#points += 1;
    const mark = join(this.#dir, `point-${this.#points}.reached`);
    const line = new CommandLine({ dir: this.#dir, command, name, expects, point, mark });
    line.hadCompany = company.length > 0;
    this.#lines.push(line);
    return line;
  }

  async #meet(fault: PlannedFault): Promise<void> {
    if (fault.kind === 'point') return this.#awaitPoint(fault);
    if (fault.follower) await this.#follow();
    await this.#reach(fault.moment);
    if (this.#over() && fault.moment.after !== 'finish') return;
    if (fault.kind === 'stop') return this.#stopLeader(fault);
    await this.#kill(fault);
  }

  /** Starts a command line that watches, unless there is one. */
  async #follow(): Promise<void> {
    if (this.#alive.length > 1) return;
    // Who watches before anybody leads would lead, and find that there is nothing to watch.
    await this.#patience.look(() => this.#lines.at(-1)?.runId !== null || this.#over());
    const runId = this.#lines.at(-1)?.runId ?? null;
    if (this.#over() || runId === null) return;
    this.#start('watch', runId, runId, null);
  }

  async #reach(moment: Moment): Promise<void> {
    const isReached = this.#condition(moment);
    await this.#patience.look(async () => (await isReached()) || this.#over());
    if (moment.ms > 0) await delay(moment.ms);
  }

  #condition(moment: Moment): () => boolean | Promise<boolean> {
    switch (moment.after) {
      case 'start':
        return () => true;
      case 'request':
        return () => this.#eye.hasRequest();
      case 'finish':
        return () => this.#lines.some((line) => line.finished);
      case 'witness': {
        const wanted = this.#marks() + moment.count;
        return () => this.#marks() >= wanted;
      }
      case 'event': {
        const events = (): number => this.#lines.reduce((all, line) => all + line.events, 0);
        const wanted = events() + moment.count;
        return () => events() >= wanted;
      }
    }
  }

  #marks(): number {
    return readWitness(this.#dir).filter(({ word }) => word === 'START' || word === 'END').length;
  }

  /** Whether there is nothing left to disturb. */
  #over(): boolean {
    return this.#alive.length === 0 || this.#lines.some((line) => line.finished);
  }

  async #kill(fault: Extract<PlannedFault, { kind: 'kill' }>): Promise<void> {
    const { victim, which, moment } = fault;
    const text = momentText(fault);
    if (victim === 'leader' || victim === 'keeper+leader')
      return this.#killLeader(victim, text, moment.after, false);
    if (victim === 'follower') {
      const follower = this.#alive.find((line) => line.options.command === 'watch' && !this.#leads(line));
      if (!follower) return this.#killLeader('leader', text, moment.after, false);
      follower.child.kill('SIGKILL');
      await follower.ended;
    } else {
      let chosen: number | undefined;
      await this.#patience.look(() => {
        const pids = this.#living(victim);
        chosen = pids[Math.floor(which * pids.length)];
        return chosen !== undefined || this.#over();
      }, VICTIM_WITHIN_MS);
      if (chosen === undefined) return;
      killNow(chosen);
      const gone = chosen;
      await this.#patience.look(() => !isAlive(gone));
    }
    this.#faults.push({ kind: 'kill', victim, moment: text, momentKind: moment.after });
  }

  #living(kind: 'keeper' | 'runner' | 'command'): number[] {
    return livingProcesses(this.#dir).flatMap((one) => (one.kind === kind ? [one.pid] : []));
  }

  #leads(line: CommandLine): boolean {
    return livingProcesses(this.#dir).some((one) => one.kind === 'keeper' && one.parent === line.pid);
  }

  /** The process that leads, or the one that will. */
  #leader(): CommandLine | undefined {
    return this.#alive.find((line) => this.#leads(line)) ?? this.#alive[0];
  }

  async #killLeader(victim: Victim, moment: string, momentKind: string, quiet: boolean): Promise<void> {
    const leader = this.#leader();
    if (!leader) return;
    const keepers = livingProcesses(this.#dir).filter(
      (one) => one.kind === 'keeper' && one.parent === leader.pid,
    );
    const epoch = newestEpoch(this.#dir);
    if (victim === 'keeper+leader') for (const { pid } of keepers) killNow(pid);
    leader.child.kill('SIGKILL');
    const diedAt = performance.now();
    await leader.ended;
    const place = this.#faults.length;
    const fault: Fault = { kind: 'kill', victim, moment, momentKind };
    // Room for a point is made by a kill like any other, but it is not the one that was planned.
    this.#faults.push(quiet ? { ...fault, momentKind: 'between' } : fault);
    // Without keeper and leader nobody is left to end the rest before the next start.
    if (victim === 'keeper+leader' || keepers.length === 0) return;
    this.#measure(place, epoch, new Set(keepers.map(({ pid }) => pid)), diedAt);
  }

  /** Watches how long what a dead leader had started lives on. */
  #measure(place: number, epoch: number, keepers: ReadonlySet<number>, diedAt: number): void {
    const watch = async (): Promise<void> => {
      const goneAfterMs = await watchRemains({ dir: this.#dir, epoch, keepers, diedAt });
      const fault = this.#faults[place] as Fault;
      this.#faults[place] = { ...fault, goneAfterMs };
    };
    this.#measures.push(watch());
  }

  async #stopLeader(fault: Extract<PlannedFault, { kind: 'stop' }>): Promise<void> {
    const leader = this.#leader();
    if (!leader) return;
    leader.child.kill('SIGSTOP');
    await delay(fault.stopMs);
    leader.child.kill('SIGCONT');
    const { moment } = fault;
    const text = momentText(fault);
    this.#faults.push({ kind: 'stop', victim: 'leader', moment: text, momentKind: moment.after });
  }

  async #awaitPoint(fault: Extract<PlannedFault, { kind: 'point' }>): Promise<void> {
    const mark = join(this.#dir, `point-${this.#points}.reached`);
    await this.#patience.look(() => existsSync(mark) || this.#over(), POINT_WITHIN_MS);
    if (!existsSync(mark)) return;
    const { role, operation } = fault.point;
    const momentKind = `point: ${operation}`;
    this.#faults.push({ kind: 'point', victim: role, moment: momentText(fault), momentKind });
    // What keeper and leader left when they were killed together is not this leader's.
    if (role !== 'leader' || this.#faults.at(-2)?.victim === 'keeper+leader') return;
    await this.#patience.look(() => this.#alive.length === 0);
    const keepers = livingProcesses(this.#dir).filter((one) => one.kind === 'keeper');
    const place = this.#faults.length - 1;
    this.#measure(place, newestEpoch(this.#dir), new Set(keepers.map((one) => one.pid)), performance.now());
  }

  /** Lets the run finish: as often as nobody is at work, somebody starts again. */
  async #toTheEnd(last: PlannedFault): Promise<void> {
    while (!this.#finished) {
      if (this.#alive.length === 0) await this.#goOn(last, null);
      if (this.#finished) break;
      await this.#patience.look(() => this.#alive.length === 0);
    }
    await Promise.all(this.#measures);
  }

  /** Ends what is left of a round that was given up. */
  async #endAll(givenUp: boolean): Promise<void> {
    if (!givenUp) return;
    for (const line of this.#alive) line.child.kill('SIGKILL');
    await Promise.all(this.#lines.map((line) => line.ended));
  }
}

function pointOf(fault: PlannedFault): Point | null {
  return fault.kind === 'point' ? fault.point : null;
}
