import type { Config } from '../config/config.ts';
import type { Logger } from '../log/logger.ts';
import type { Lease } from '../store/store.ts';
import type { AlertDesk } from './alert-desk.ts';
import type { Leader } from './leader.ts';
import type { Project } from './project.ts';
import { asError } from './quarantine.ts';

type Alerts = Config['alerts'];

/**
 * The alerts of a process that leads, by the rules that hold. Without rules nothing of them is loaded.
 * Trouble with alerts is no reason not to lead.
 */
export class AlertWatch {
  readonly #project: Project;
  readonly #lease: Lease;
  readonly #leader: Leader;
  readonly #log: Logger;
  #desk: AlertDesk | null = null;
  /** Rules change one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(project: Project, lease: Lease, leader: Leader, log: Logger) {
    this.#project = project;
    this.#lease = lease;
    this.#leader = leader;
    this.#log = log;
  }

  /**
   * Has these rules and channels hold from now on. Alerts that are not over are read from the store again:
   * those whose rule is still there go on as they were, the others end. What has to hold for a while, and did
   * not yet, begins anew. Resolves once the rules look.
   */
  hold(alerts: Alerts): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      if (this.#isClosed) return;
      await this.#desk?.close();
      this.#desk = null;
      this.#desk = await this.#open(alerts);
    });
    return this.#turn;
  }

  look(): void {
    this.#desk?.look();
  }

  noteError(message: string): void {
    this.#desk?.noteError(message);
  }

  async drain(): Promise<void> {
    await this.#turn;
    await this.#desk?.drain();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#turn;
    await this.#desk?.close();
  }

  async #open(alerts: Alerts): Promise<AlertDesk | null> {
    const { store } = this.#project;
    try {
      if (alerts.rules.length > 0 || (await store.alerts.live()).alerts.length > 0) {
        const { openAlerts } = await import('./open-alerts.ts');
        return await openAlerts(this.#project, alerts, this.#lease, this.#leader, this.#log);
      }
      await store.alerts.forgetCursor(this.#lease);
    } catch (error) {
      this.#log.warn({ err: asError(error) }, 'rules of alerts that come later may look at what is past');
    }
    return null;
  }
}
