import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Asker } from './asker.ts';
import type { Asked, Wish } from './history.ts';
import type { Errand } from './plan.ts';

/** Slots that were due so long before a backfill is asked for, from the first to the last. */
const FILLED_MS = { from: 9_000, to: 3_000 };
const PAUSED = ['hushed', 'made_up'] as const;

/** Those who ask a project for something and edit it while its schedulers are disturbed. */
export class Errands {
  readonly #dir: string;
  readonly #askers: Asker[] = [];
  readonly #paused = new Map<string, boolean>();
  #turn = 0;
  #revision = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Whether somebody asks now. */
  get isUnderWay(): boolean {
    return this.#askers.some((asker) => asker.alive);
  }

  get asked(): readonly Asked[] {
    return this.#askers.map((asker) => asker.asked());
  }

  /** Begins an errand; who asks for a pause waits until who asked for its end has the answer. */
  async run(errand: Errand): Promise<void> {
    if (errand === 'edit') return this.#edit();
    if (errand === 'trigger') return this.#ask({ kind: 'trigger', dagId: 'by_hand' });
    if (errand === 'backfill') {
      const second = Math.floor(Date.now() / 1_000) * 1_000;
      const [fromAt, toAt] = [second - FILLED_MS.from, second - FILLED_MS.to];
      return this.#ask({ kind: 'backfill', dagId: 'newest', fromAt, toAt });
    }
    const dagId = PAUSED[this.#turn++ % PAUSED.length] as string;
    await this.#ended(dagId);
    this.#setPaused(dagId, !this.#paused.get(dagId));
  }

  /** Ends every pause, and waits until all who ask have ended. */
  async finish(): Promise<void> {
    await this.#ended();
    for (const [dagId, paused] of this.#paused) if (paused) this.#setPaused(dagId, false);
    await this.#ended();
  }

  /** Ends those who ask, answered or not. */
  async kill(): Promise<void> {
    for (const asker of this.#askers) if (asker.alive) asker.child.kill('SIGKILL');
    await this.#ended();
  }

  #setPaused(dagId: string, paused: boolean): void {
    this.#paused.set(dagId, paused);
    this.#ask({ kind: paused ? 'pause' : 'unpause', dagId });
  }

  #ask(wish: Wish): void {
    this.#askers.push(new Asker(this.#dir, wish));
  }

  async #ended(dagId?: string): Promise<void> {
    const meant = this.#askers.filter(({ wish }) => dagId === undefined || wish.dagId === dagId);
    await Promise.all(meant.map(({ ended }) => ended));
  }

  #edit(): void {
    const file = join(this.#dir, 'dags', 'edited.ts');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/REVISION = \d+/, `REVISION = ${++this.#revision}`));
  }
}
