import type { Executor } from '../executors/executor.ts';
import type { Logger } from '../log/logger.ts';
import type { Lease } from '../store/store.ts';
import type { AlertDesk } from './alert-desk.ts';
import type { Leader } from './leader.ts';
import type { Project } from './project.ts';
import { asError } from './quarantine.ts';
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
  readonly #alerts: AlertDesk | null;
  readonly #telemetry: Telemetry | null;

  private constructor(alerts: AlertDesk | null, telemetry: Telemetry | null) {
    this.#alerts = alerts;
    this.#telemetry = telemetry;
  }

  static async open(watched: Watched): Promise<Onlookers> {
    return new Onlookers(await alertsOf(watched), await telemetryOf(watched));
  }

  /** Something was written. */
  look(): void {
    this.#alerts?.look();
    this.#telemetry?.look();
  }

  /** orch has failed at something. */
  noteError(message: string): void {
    this.#alerts?.noteError(message);
    this.#telemetry?.noteError();
  }

  /** Tells what was written by now; nobody may lead for long. */
  async drain(): Promise<void> {
    await Promise.all([this.#alerts?.drain(), this.#telemetry?.drain()]);
  }

  async close(): Promise<void> {
    await Promise.all([this.#alerts?.close(), this.#telemetry?.close()]);
  }
}

async function alertsOf({ project, lease, leader, log }: Watched): Promise<AlertDesk | null> {
  if (project.config.alerts.rules.length > 0) {
    const { openAlerts } = await import('./open-alerts.ts');
    return openAlerts(project, lease, leader, log);
  }
  await project.store.alerts.forgetCursor(lease).catch((error: unknown) => {
    log.warn({ err: asError(error) }, 'rules of alerts that come later may look at what is past');
  });
  return null;
}

async function telemetryOf(watched: Watched): Promise<Telemetry | null> {
  const { traces, metrics, lineage } = watched.project.config.telemetry;
  if (traces === null && metrics === null && lineage === null) return null;
  const { Telemetry } = await import('./telemetry.ts');
  const telemetry = new Telemetry(watched);
  await telemetry.start();
  return telemetry;
}
