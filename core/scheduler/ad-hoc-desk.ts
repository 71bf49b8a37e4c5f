import { lostRights } from '../accounts/lost-right.ts';
import type { Logger } from '../log/logger.ts';
import type { Action } from '../model/action.ts';
import type { AdHocSchedule, ScheduleMaker } from '../model/ad-hoc-schedule.ts';
import type { Because } from '../model/because.ts';
import type { Clock } from '../model/clock.ts';
import { AppError } from '../model/errors.ts';
import type { Lease, Store } from '../store/store.ts';
import { adHocStep, adHocTimetable, withPause } from '../timetables/ad-hoc-step.ts';
import { SLEEP_MAX_MS } from './alarm.ts';
import { asError } from './quarantine.ts';
import { keyedRunUid } from './run-uid.ts';

/** Schedules of a project at most. */
export const SCHEDULES_MAX = 1_000;
/** Slots of one schedule that are decided before others get their turn. */
const STEPS_MAX = 100;
/** What could not be stored is tried again after this time. */
const TRY_AGAIN_MS = 1_000;

export interface AdHocDeskOptions {
  readonly store: Store;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether nothing of a DAG is to start by itself. */
  readonly isPaused: (dagId: string) => boolean;
  /** Writes down that a schedule is refused from now on. */
  readonly onRefused: (why: Because) => void;
  /** There is a new request in the inbox. */
  readonly onAsked: () => void;
}

/**
 * Asks for a run for each slot of the ad-hoc schedules that is due. The id of a run follows from schedule and
 * slot, and a request with an id is taken once: whoever leads and however often one dies, a slot has one run.
 */
export class AdHocDesk {
  readonly #options: AdHocDeskOptions;
  readonly #schedules = new Map<string, AdHocSchedule>();
  /** Requests that were put for slots, and are not answered. */
  readonly #asked = new Map<number, string>();
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  #isOpen = false;

  constructor(options: AdHocDeskOptions) {
    this.#options = options;
  }

  /** Looks at what is due from now on. */
  async open(): Promise<void> {
    for (const one of await this.#options.store.operations.schedules.all())
      this.#schedules.set(one.scheduleId, one);
    this.#isOpen = true;
    this.look();
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#looking;
  }

  /**
   * Makes a schedule; one that comes again is the one that there is.
   * @throws AppError `invalid` for one that is never due, `conflict` if there are too many.
   */
  async create(schedule: AdHocSchedule): Promise<void> {
    const { store, lease } = this.#options;
    const known = await store.operations.schedules.all();
    if (known.some(({ scheduleId }) => scheduleId === schedule.scheduleId)) return;
    if (known.length >= SCHEDULES_MAX)
      throw new AppError('conflict', `there are ${SCHEDULES_MAX} ad-hoc schedules: remove one first`);
    if ((adHocTimetable(schedule)?.next(schedule.cursorAt) ?? null) === null)
      throw new AppError('invalid', 'the schedule is never due: it has no slot after now');
    await store.operations.schedules.save(lease, schedule);
    if (!this.#isOpen) return;
    this.#schedules.set(schedule.scheduleId, schedule);
    this.look();
  }

  /**
   * Pauses, resumes or removes a schedule; what it was. Who resumes one whose maker has lost the right to its
   * DAG takes it over. @throws AppError `not_found`
   */
  async change(
    scheduleId: string,
    to: 'active' | 'paused' | 'removed',
    principal: string | null,
  ): Promise<AdHocSchedule> {
    const { store, lease, clock } = this.#options;
    // A slot that is being decided is stored first.
    await this.#looking;
    const found = await store.operations.schedules.find(scheduleId);
    if (found === null) throw new AppError('not_found', `there is no ad-hoc schedule ${scheduleId}`);
    if (to === 'removed') {
      await store.operations.schedules.remove(lease, scheduleId);
      this.#schedules.delete(scheduleId);
      return found;
    }
    const now = clock.now();
    const isTaken = to === 'active' && (await this.#lostRight(found)) !== null;
    const maker = isTaken ? makerAt(principal, now) : found.maker;
    await this.#save(withPause({ ...found, maker }, to === 'paused', now));
    this.look();
    return found;
  }

  /** Something was decided: a request for a slot may be answered, a DAG may not be paused any more. */
  onDecided(actions: readonly Action[]): void {
    for (const action of actions) {
      if (action.type === 'dag.change') this.look();
      if (action.type !== 'answer') continue;
      const scheduleId = this.#asked.get(action.inboxId);
      if (scheduleId === undefined) continue;
      this.#asked.delete(action.inboxId);
      const schedule = this.#schedules.get(scheduleId);
      if (action.answer.ok || !schedule?.last) continue;
      const last = { ...schedule.last, runUid: null, error: action.answer.message };
      void this.#save({ ...schedule, last }).catch((error: unknown) => this.#onFault(error));
    }
  }

  /** Looks at what is due now. */
  look(): void {
    if (!this.#isOpen || this.#looking !== null) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#looking = this.#lookAtAll()
      .catch((error: unknown) => this.#onFault(error))
      .then((ms) => {
        this.#looking = null;
        if (this.#isOpen) this.#timer = setTimeout(() => this.look(), ms);
      });
  }

  #onFault(error: unknown): number {
    this.#options.log.warn({ err: asError(error) }, 'ad-hoc schedules cannot be stored now');
    return TRY_AGAIN_MS;
  }

  /** Decides what is due; after how many milliseconds it is to be looked at again. */
  async #lookAtAll(): Promise<number> {
    const { clock, isPaused } = this.#options;
    let nextAt = Number.POSITIVE_INFINITY;
    for (const { scheduleId } of [...this.#schedules.values()]) {
      for (let steps = 0; ; steps++) {
        const schedule = this.#schedules.get(scheduleId);
        if (schedule === undefined || isPaused(schedule.dagId) || !this.#isOpen) break;
        const step = adHocStep(schedule, clock.now());
        if (step.kind === 'wait') nextAt = Math.min(nextAt, step.untilAt ?? nextAt);
        else if (steps === STEPS_MAX) nextAt = clock.now();
        if (step.kind === 'wait' || steps === STEPS_MAX) break;
        const last = step.kind === 'run' ? await this.#decide(schedule, step.slotAt) : schedule.last;
        await this.#save({ ...schedule, cursorAt: step.slotAt, last });
      }
    }
    return Math.min(Math.max(0, nextAt - clock.now()), SLEEP_MAX_MS);
  }

  /** A slot gets a run by the right that who made the schedule has now, or is refused for good. */
  async #decide(schedule: AdHocSchedule, slotAt: number): Promise<AdHocSchedule['last']> {
    const refused = await this.#lostRight(schedule);
    if (refused === null) return this.#ask(schedule, slotAt);
    if (schedule.last?.refused?.text !== refused.text) this.#options.onRefused(refused);
    return { slotAt, runUid: null, error: null, refused };
  }

  async #lostRight(schedule: AdHocSchedule): Promise<Because | null> {
    const { store, clock } = this.#options;
    const lost = await lostRights(store.accounts, [schedule], clock.now());
    return lost.get(schedule.scheduleId) ?? null;
  }

  async #ask(schedule: AdHocSchedule, slotAt: number): Promise<AdHocSchedule['last']> {
    const { store, clock, onAsked } = this.#options;
    const { scheduleId, dagId, plan } = schedule;
    const runUid = keyedRunUid(`schedule ${scheduleId} ${slotAt}`);
    const { params, scope } = plan;
    const free = { maxParallel: null, inputsFrom: null, replaces: null };
    const request = { type: 'trigger', dagId, runUid, trigger: 'api', params, scope, ...free } as const;
    this.#asked.set(await store.ask(request, clock.now()), scheduleId);
    onAsked();
    return { slotAt, runUid, error: null };
  }

  async #save(schedule: AdHocSchedule): Promise<void> {
    const { store, lease } = this.#options;
    await store.operations.schedules.save(lease, schedule);
    if (this.#isOpen) this.#schedules.set(schedule.scheduleId, schedule);
  }
}

/** Who a schedule is of that somebody makes, or takes over, at an instant. */
export function makerAt(principal: string | null, since: number): ScheduleMaker | null {
  return principal === null ? null : { principal, since };
}
