import { hostname } from 'node:os';
import { orchVersion } from '../config/installation.ts';
import type { Executor } from '../executors/executor.ts';
import type { Logger } from '../log/logger.ts';
import type { SchedulerReport } from '../model/scheduler-report.ts';
import { S } from '../model/states.ts';
import type { World } from '../planner/world.ts';
import type { Lease } from '../store/store.ts';
import type { Leader } from './leader.ts';
import { MachineMeter } from './machine-meter.ts';
import { readProcesses } from './process-use.ts';
import type { Project } from './project.ts';
import { asError } from './quarantine.ts';

/** A leader says this often how it does. */
export const REPORT_MS = 10_000;

export interface ReporterOptions {
  readonly project: Project;
  readonly lease: Lease;
  readonly leader: Leader;
  readonly executor: Executor;
  readonly log: Logger;
  /** Attempts at once and pools by the config, and runner processes at most. */
  readonly configured: () => Pick<SchedulerReport, 'pools' | 'runnersMax'> & { readonly slots: number };
}

/**
 * Has the store know how the leader and its machine do: what no other process can see, and a sample for the
 * history of figures. One that cannot be stored is left out.
 */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #meter: MachineMeter;
  readonly #since: number;
  #timer: NodeJS.Timeout | null = null;
  #telling: Promise<void> = Promise.resolve();
  #isOpen = false;

  constructor(options: ReporterOptions) {
    const { stateDir, clock } = options.project;
    this.#options = options;
    this.#meter = new MachineMeter(stateDir, clock);
    this.#since = clock.now();
  }

  /** Reports now and every ten seconds. */
  open(): void {
    this.#isOpen = true;
    this.tell();
    this.#timer = setInterval(() => this.tell(), REPORT_MS);
    this.#timer.unref();
  }

  /** Reports now, after what it is telling. */
  tell(): void {
    if (!this.#isOpen) return;
    this.#telling = this.#telling
      .then(() => (this.#isOpen ? this.#tell() : undefined))
      .catch((error: unknown) => {
        this.#options.log.debug({ err: asError(error) }, 'how the scheduler does cannot be stored now');
      });
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    if (this.#timer) clearInterval(this.#timer);
    await this.#telling;
  }

  async #tell(): Promise<void> {
    const { project, lease } = this.#options;
    const { facts, history, tally } = project.store.operations;
    const report = await this.#report();
    await facts.saveReport(lease, report);
    const { completed, failed } = await tally.today(report.at);
    const figures = {
      ...(await this.#meter.read()),
      activeTasks: report.busy,
      pendingTasks: report.pending,
      completedTasksToday: completed,
      failedTasksToday: failed,
    };
    await history.add(lease, { at: report.at, figures });
  }

  async #report(): Promise<SchedulerReport> {
    const { project, lease, leader, executor, configured } = this.#options;
    const use = executor.use?.() ?? { keeperPid: null, runners: [], commands: 0 };
    const { world } = leader;
    const { slots, runnersMax, pools } = configured();
    const kept = use.keeperPid === null ? [] : [{ kind: 'keeper', pid: use.keeperPid } as const];
    const runners = use.runners.map(({ pid }) => ({ kind: 'runner', pid }) as const);
    const processes = await readProcesses([{ kind: 'leader', pid: process.pid }, ...kept, ...runners]);
    return {
      at: project.clock.now(),
      epoch: lease.epoch,
      pid: process.pid,
      host: hostname(),
      since: this.#since,
      version: orchVersion(),
      slots: world.limits.globalSlots,
      configuredSlots: slots,
      busy: world.used,
      pending: pendingIn(world),
      runs: world.runs.size,
      pools,
      keeperPid: use.keeperPid,
      runners: use.runners,
      runnersMax,
      commands: use.commands,
      processes,
      loop: leader.loop.take(),
    };
  }
}

/** Instances that are ready and have no slot. */
function pendingIn(world: World): number {
  let pending = 0;
  for (const run of world.runs.values()) {
    for (let node = 0; node < run.size; node++) if (run.state[node] === S.scheduled) pending++;
  }
  return pending;
}
