import type { Config } from '../config/config.ts';
import type { Executor } from '../executors/executor.ts';
import type { Logger } from '../log/logger.ts';
import type { Lease } from '../store/store.ts';
import { AlertWatch } from './alert-watch.ts';
import type { Leader } from './leader.ts';
import type { Project } from './project.ts';
import type { Telemetry } from './telemetry.ts';

/** A process that leads, as those see it who look on. */
export interface Watched {
  readonly project: Project;
  readonly lease: Lease;
  readonly leader: Leader;
  readonly executor: Executor;
  readonly log: Logger;
}

/**
 * Who reads what a leader writes and tells others of it: the rules of alerts, and what other systems are
 * sent. Where the config has none of it, nothing of it is loaded. Trouble there is no reason not to lead.
 */
export class Onlookers {
  readonly #alerts: AlertWatch;
  readonly #telemetry: Telemetry | null;

  private constructor(alerts: AlertWatch, telemetry: Telemetry | null) {
    this.#alerts = alerts;
    this.#telemetry = telemetry;
  }

  static async open(watched: Watched): Promise<Onlookers> {
    const { project, lease, leader, log } = watched;
    const alerts = new AlertWatch(project, lease, leader, log);
    await alerts.hold(project.config.alerts);
    return new Onlookers(alerts, await telemetryOf(watched));
  }

  /** Has these rules and channels of alerts hold from now on. */
  holdAlerts(alerts: Config['alerts']): Promise<void> {
    return this.#alerts.hold(alerts);
  }

  /** Something was written. */
  look(): void {
    this.#alerts.look();
    this.#telemetry?.look();
  }

  /** orch has failed at something. */
  noteError(message: string): void {
    this.#alerts.noteError(message);
    this.#telemetry?.noteError();
  }

  /** Tells what was written by now; nobody may lead for long. */
  async drain(): Promise<void> {
    await Promise.all([this.#alerts.drain(), this.#telemetry?.drain()]);
  }

  async close(): Promise<void> {
    await Promise.all([this.#alerts.close(), this.#telemetry?.close()]);
  }
}

async function telemetryOf(watched: Watched): Promise<Telemetry | null> {
  const { traces, metrics, lineage } = watched.project.config.telemetry;
  if (traces === null && metrics === null && lineage === null) return null;
  const { Telemetry } = await import('./telemetry.ts');
  const telemetry = new Telemetry(watched);
  await telemetry.start();
  return telemetry;
}
