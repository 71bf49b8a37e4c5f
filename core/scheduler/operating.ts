import { hotDifference, isAboutAlerts, withHotKeys } from '../config/hot-keys.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Executor } from '../executors/executor.ts';
import type { Logger } from '../log/logger.ts';
import type { Action } from '../model/action.ts';
import type { Because, Facts } from '../model/because.ts';
import { AppError } from '../model/errors.ts';
import type { StoredPool } from '../model/pool.ts';
import type { Request } from '../model/request.ts';
import type { OperateRequest } from '../planner/operate.ts';
import type { Lease } from '../store/store.ts';
import { AdHocDesk, makerAt } from './ad-hoc-desk.ts';
import type { Leader } from './leader.ts';
import { configuredSlots, limitsOf } from './limits-of.ts';
import { type RemovePool, removePool, type SetPool, setPool } from './pool-desk.ts';
import type { Project } from './project.ts';
import { asError } from './quarantine.ts';
import { Reporter } from './reporter.ts';

const OPERATIONS = [
  'pauseScheduler',
  'stopScheduler',
  'changeSlots',
  'reloadConfig',
  'setPool',
  'removePool',
  'createSchedule',
  'changeSchedule',
] as const;

/** A request about the scheduler itself. */
export type Operation = Extract<Request, { readonly type: (typeof OPERATIONS)[number] }>;

export function isOperation(request: Request): request is Operation {
  return (OPERATIONS as readonly string[]).includes(request.type);
}

export interface OperatingOptions {
  readonly project: Project;
  readonly lease: Lease;
  readonly leader: Leader;
  readonly executor: Executor;
  readonly log: Logger;
  /** Those that are stored. */
  readonly pools: readonly StoredPool[];
  /** There is a new request in the inbox. */
  readonly onAsked: () => void;
  /** Other rules or channels of alerts hold from now on. */
  readonly onAlerts: (alerts: Project['config']['alerts']) => void;
}

/**
 * The scheduler as something that is operated: paused, told to end, given more slots or another config. What
 * has to outlast the leader is stored before the leader decides: a request that comes again changes nothing.
 */
export class Operating {
  readonly #options: OperatingOptions;
  readonly #schedules: AdHocDesk;
  readonly #reporter: Reporter;
  #config: Project['config'];
  /** Those that are stored. */
  #pools: readonly StoredPool[];
  /** Attempts at once in the place of those of the config. */
  #slots: number | null = null;

  constructor(options: OperatingOptions) {
    this.#options = options;
    const { project, lease, leader, log, onAsked } = options;
    const { store, clock } = project;
    this.#config = project.config;
    this.#pools = options.pools;
    const isPaused = (dagId: string): boolean => leader.world.dagLoad(dagId).paused;
    const onRefused = ({ code, text: _, ...facts }: Because): void => {
      leader.request({ inboxId: null, kind: 'operate', value: null, told: { code, facts: facts as Facts } });
    };
    this.#schedules = new AdHocDesk({ store, lease, clock, log, isPaused, onRefused, onAsked });
    this.#reporter = new Reporter({
      ...options,
      configured: () => ({
        slots: this.#config.scheduler.maxActive,
        runnersMax: this.#runnersMax(),
        pools: configuredSlots({ config: this.#config }),
      }),
    });
  }

  /** Runs what is due and tells how this scheduler does, from now on. */
  async open(): Promise<void> {
    await this.#schedules.open();
    this.#reporter.open();
  }

  async close(): Promise<void> {
    await this.#schedules.close();
    await this.#reporter.close();
  }

  onDecided(actions: readonly Action[]): void {
    this.#schedules.onDecided(actions);
    if (actions.some((action) => action.type === 'note' && TOLD.has(action.code))) this.#reporter.tell();
  }

  /** The config file has changed: what is hot of it holds from now on. One with mistakes changes nothing. */
  onConfigChange(): void {
    const { leader, log } = this.#options;
    try {
      const request = this.#reload('airflow.yaml');
      if (request.told !== undefined) leader.request({ inboxId: null, ...request });
    } catch (error) {
      log.warn({ err: asError(error) }, 'the config has mistakes: it stays as it was');
    }
  }

  /** Does what outlasts the leader, and gives what the planner is to decide. */
  async prepare(request: Operation, askedAt: number): Promise<OperateRequest> {
    switch (request.type) {
      case 'pauseScheduler':
        return this.#pause(request, askedAt);
      case 'stopScheduler':
        return this.#stop(request);
      case 'changeSlots':
        return this.#changeSlots(request);
      case 'reloadConfig':
        return this.#reload(request.by);
      case 'setPool':
        return this.#setPool(request, askedAt);
      case 'removePool':
        return this.#removePool(request);
      case 'createSchedule':
        return this.#createSchedule(request, askedAt);
      case 'changeSchedule':
        return this.#changeSchedule(request);
    }
  }

  async #pause(
    { paused, by }: Extract<Operation, { type: 'pauseScheduler' }>,
    at: number,
  ): Promise<OperateRequest> {
    const { project, lease } = this.#options;
    const { facts } = project.store.operations;
    const before = await facts.pause();
    const value = { paused };
    if ((before !== null) === paused) return { kind: 'operate', value, pause: before };
    const pause = paused ? { by, at } : null;
    await facts.savePause(lease, pause);
    const told = { code: paused ? 'scheduler_paused' : 'scheduler_resumed', facts: { by } } as const;
    return { kind: 'operate', value, pause, told };
  }

  #stop({ how, by }: Extract<Operation, { type: 'stopScheduler' }>): OperateRequest {
    if (this.#options.leader.world.agenda === null)
      throw new AppError('conflict', 'a command leads until its run has ended: it is no scheduler');
    const told = { code: 'scheduler_stopped', facts: { how, by } } as const;
    return { kind: 'operate', value: { how }, stop: how, told };
  }

  #changeSlots({ slots, by }: Extract<Operation, { type: 'changeSlots' }>): OperateRequest {
    this.#slots = slots;
    const now = slots ?? this.#config.scheduler.maxActive;
    const what = `Attempts at once are at most ${now}${slots === null ? ', as the config says' : ''}`;
    return this.#inForce({ slots: now }, { what, by });
  }

  #reload(by: string): OperateRequest {
    const { log } = this.#options;
    const before = this.#config;
    this.#config = withHotKeys(before, loadConfig(this.#options.project.configInput));
    const changed = hotDifference(before, this.#config);
    if (changed.length === 0) return { kind: 'operate', value: { changed } };
    if (changed.includes('scheduler.maxActive')) this.#slots = null;
    log.level = this.#config.log.level;
    if (changed.some(isAboutAlerts)) this.#options.onAlerts(this.#config.alerts);
    return this.#inForce({ changed }, { what: `The config was read again: ${changed.join(', ')}`, by });
  }

  async #setPool(request: SetPool, at: number): Promise<OperateRequest> {
    const { pool, slots, by } = request;
    this.#pools = await setPool(this.#poolPlaces(), request, at);
    const what = `Pool ${pool} has ${slots} ${slots === 1 ? 'slot' : 'slots'}`;
    return this.#inForce({ pool, slots }, { what, by });
  }

  async #removePool(request: RemovePool): Promise<OperateRequest> {
    const { pool, by } = request;
    this.#pools = await removePool(this.#poolPlaces(), request);
    return this.#inForce({ pool }, { what: `Pool ${pool} is deleted`, by });
  }

  /** The config as it is written now: a pool may have come to stand there. */
  #poolPlaces() {
    const { project, lease } = this.#options;
    const { pools } = loadConfig(project.configInput);
    return { store: project.store, lease, stored: this.#pools, pools };
  }

  #inForce(
    value: OperateRequest['value'],
    facts: { readonly what: string; readonly by: string },
  ): OperateRequest {
    const { executor } = this.#options;
    executor.resize?.(this.#runnersMax());
    const limits = limitsOf({ config: this.#config }, this.#pools);
    return {
      kind: 'operate',
      value,
      limits: { ...limits, globalSlots: this.#slots ?? limits.globalSlots },
      told: { code: 'limits_changed', facts },
    };
  }

  /** Runners follow the slots unless the config says how many there are. */
  #runnersMax(): number {
    const { runners, scheduler } = this.#config;
    return this.#slots !== null && runners.max === scheduler.maxActive ? this.#slots : runners.max;
  }

  async #createSchedule(
    request: Extract<Operation, { type: 'createSchedule' }>,
    at: number,
  ): Promise<OperateRequest> {
    const { scheduleId, dagId, name, plan, by, principal = null } = request;
    const made = { createdAt: at, createdBy: by, maker: makerAt(principal, at) };
    const more = { paused: false, cursorAt: at, last: null, ...made };
    await this.#schedules.create({ scheduleId, dagId, name, plan, ...more });
    const told = { code: 'schedule_added', facts: { schedule: scheduleId, dag: dagId, by } } as const;
    return { kind: 'operate', value: { scheduleId }, told };
  }

  async #changeSchedule({
    scheduleId,
    to,
    by,
    principal,
  }: Extract<Operation, { type: 'changeSchedule' }>): Promise<OperateRequest> {
    const { dagId } = await this.#schedules.change(scheduleId, to, principal ?? null);
    const code = {
      active: 'schedule_resumed',
      paused: 'schedule_paused',
      removed: 'schedule_removed',
    } as const;
    const told = { code: code[to], facts: { schedule: scheduleId, dag: dagId, by } };
    return { kind: 'operate', value: { scheduleId }, told };
  }
}

/** After these others are to see at once how the scheduler does. */
const TOLD: ReadonlySet<string> = new Set(['limits_changed']);
