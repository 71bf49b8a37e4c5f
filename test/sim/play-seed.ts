import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { violationsOf } from './checkers/all.ts';
import type { SimHistory, Violation } from './history.ts';
import type { Scenario } from './scenario.ts';
import { freshDir, SimWorld } from './sim-world.ts';
import { VirtualTime } from './virtual-time.ts';

/** A world that was played, and what was wrong in it. */
export interface Played {
  readonly history: SimHistory;
  readonly violations: readonly Violation[];
  /** Of the journal and the witness: equal worlds have equal digests. */
  readonly digest: string;
  /** Virtual time that passed. */
  readonly lastedMs: number;
}

const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'orch-sim-'));
process.once('exit', () => rmSync(base, { recursive: true, force: true }));

/** Plays a scenario. Takes over the timers of this process. */
export async function playScenario(scenario: Scenario): Promise<Played> {
  const time = new VirtualTime(scenario.startAt);
  time.install();
  const world = new SimWorld(scenario, freshDir(join(base, 'world')), time);
  const beganMono = time.mono();
  try {
    const history = await world.play();
    const violations = violationsOf(history);
    const text = JSON.stringify([history.journal, history.witness]);
    const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
    return { history, violations, digest, lastedMs: time.mono() - beganMono };
  } finally {
    await world.close();
    time.clear();
  }
}
