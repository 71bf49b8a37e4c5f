import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../unit/planner/random.ts';
import { collectHistory } from '../collect-history.ts';
import { CommandLine } from '../command-line.ts';
import { type Fault, type History, readWitness } from '../history.ts';
import { killNow, type Living, livingProcesses } from '../living-processes.ts';
import { Patience } from '../patience.ts';
import type { StoreEye } from '../store-eye.ts';

/** A round that takes longer has got stuck. */
const ROUND_MS = 300_000;
/** More than one round has room for: whoever plays a campaign wants a number of faults, not of rounds. */
const FAULTS_MAX = 100;
/** Most of those that are killed have started before: runners that only ever start do no work. */
const GROWN_MS = 150;
/** The longest time between two kills. */
const BETWEEN_MS_MAX = 40;

/**
 * One run of many short attempts under one command line; every few milliseconds one of the processes that it
 * has started is killed.
 */
export class SwarmRound {
  readonly #dir: string;
  readonly #eye: StoreEye;
  readonly #random: Random;
  readonly #faults: Fault[] = [];
  readonly #patience = new Patience(ROUND_MS);

  constructor(dir: string, eye: StoreEye, seed: number) {
    this.#dir = dir;
    this.#eye = eye;
    this.#random = new Random(seed);
  }

  /** Plays the round and collects what is known of it. */
  async play(): Promise<History> {
    const mark = join(this.#dir, 'mark');
    const line = new CommandLine({
      dir: this.#dir,
      command: 'trigger',
      name: 'swarm',
      expects: null,
      point: null,
      mark,
    });
    let givenUp: string | null = null;
    try {
      await this.#patience.look(() => readWitness(this.#dir).length > 0 || !line.alive);
      while (line.alive && !line.finished && this.#faults.length < FAULTS_MAX) await this.#strike();
      await this.#patience.look(() => !line.alive);
    } catch (error) {
      givenUp = error instanceof Error ? error.message : String(error);
      line.child.kill('SIGKILL');
    }
    await line.ended;
    return collectHistory(this.#dir, this.#eye, { lines: [line], faults: this.#faults, givenUp });
  }

  async #strike(): Promise<void> {
    const ms = this.#random.upTo(BETWEEN_MS_MAX);
    await delay(ms);
    const victim = this.#draw();
    const leastMs = victim === 'command' || this.#random.chance(0.2) ? 0 : GROWN_MS;
    const living = livingProcesses(this.#dir).filter(
      ({ kind, ageMs }) => kind === victim && ageMs >= leastMs,
    );
    const chosen = living[Math.floor(this.#random.next() * living.length)];
    if (chosen === undefined) return;
    killNow(chosen.pid);
    const moment = `${ms} ms after the last`;
    this.#faults.push({ kind: 'kill', victim, moment, momentKind: 'swarm' });
  }

  /** A keeper takes everything with it, so it is struck seldom. */
  #draw(): Living['kind'] {
    const kind = this.#random.next();
    if (kind < 0.03) return 'keeper';
    return kind < 0.4 ? 'runner' : 'command';
  }
}
