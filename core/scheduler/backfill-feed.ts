import type { Logger } from '../log/logger.ts';
import type { RunNo } from '../model/ids.ts';
import type { Agenda } from '../planner/agenda.ts';
import { type BackfillWorld, type OfferedSlot, roomOf } from '../planner/backfill-world.ts';
import { fateOf } from '../planner/slot-fate.ts';
import type { Store } from '../store/store.ts';
import { nextInWindow } from '../timetables/slot-window.ts';
import type { Slot, Timetable } from '../timetables/timetable.ts';
import type { Leader } from './leader.ts';
import type { LedRun } from './leader-options.ts';
import { asError } from './quarantine.ts';

/** Slots that are read at once. */
const SLOTS_AT_ONCE = 100;
/** A store that does not answer is asked again after this time. */
const READ_AGAIN_MS = 1_000;

export interface BackfillFeedOptions {
  readonly store: Store;
  readonly leader: Leader;
  readonly load: (runNo: RunNo) => Promise<LedRun>;
  readonly log: Logger;
}

/**
 * Reads the next slots of backfills for the planner, a few at a time and only while they may have more runs.
 */
export class BackfillFeed {
  readonly #options: BackfillFeedOptions;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: BackfillFeedOptions) {
    this.#options = options;
  }

  /** Looks which backfills want slots; cheap where none does. */
  look(): void {
    const { world } = this.#options.leader;
    const { agenda } = world;
    if (agenda === null || world.draining || this.#closed) return;
    for (const backfill of world.backfills.values()) {
      const { record, isOffered, isDecided } = backfill;
      if (record.state !== 'running' || isOffered || isDecided || roomOf(world, backfill) <= 0) continue;
      backfill.isOffered = true;
      void this.#offer(agenda, backfill).catch((error: unknown) => {
        this.#options.log.warn({ err: asError(error) }, 'the slots of a backfill cannot be read now');
        backfill.isOffered = false;
        this.#lookLater();
      });
    }
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #lookLater(): void {
    if (this.#timer !== null || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.look();
    }, READ_AGAIN_MS);
    this.#timer.unref();
  }

  async #offer(agenda: Agenda, backfill: BackfillWorld): Promise<void> {
    const { leader, store } = this.#options;
    const { generation, world } = leader;
    const { record } = backfill;
    const { backfillNo, dagId } = record;
    const dag = agenda.dags.get(dagId);
    if (!dag || dag.state.sinceAt === null) {
      // It is looked at again once its file was: that is a turn of the planner.
      backfill.isOffered = false;
      return;
    }
    const head = { backfillNo, fromCursorAt: record.cursorAt, slotRuns: world.dagLoad(dagId).slotRuns };
    if (dag.timetable === null) {
      const error = `DAG ${dagId} has no schedule by time any more`;
      leader.tell({ type: 'backfill.slots', offer: { ...head, slots: [], isLast: true, error } });
      return;
    }
    const slots = nextSlots(dag.timetable, backfill);
    const about = slots.map(({ logicalAt }) => logicalAt);
    const runs =
      slots.length === 0 ? [] : await store.slotRuns(dagId, Math.min(...about), Math.max(...about));
    const bySlot = new Map(runs.map((run) => [run.logicalAt, run]));
    const led: LedRun[] = [];
    const offered: OfferedSlot[] = [];
    const room = roomOf(world, backfill);
    for (const slot of slots) {
      const existing = bySlot.get(slot.logicalAt) ?? null;
      const isRetried = fateOf(slot, existing, record.which, Number.POSITIVE_INFINITY).what === 'retry';
      const isWanted = existing !== null && isRetried && led.length < room && !world.runs.has(existing.runNo);
      const loaded = isWanted ? await this.#options.load(existing.runNo) : null;
      if (loaded !== null) led.push(loaded);
      offered.push({ slot, existing, run: loaded?.run ?? null });
    }
    if (generation !== leader.generation || this.#closed) return;
    const isLast = slots.length < SLOTS_AT_ONCE;
    leader.tell(
      { type: 'backfill.slots', offer: { ...head, slots: offered, isLast } },
      led.map(({ version }) => version),
    );
  }
}

function nextSlots(timetable: Timetable, { record }: BackfillWorld): Slot[] {
  const slots: Slot[] = [];
  let slot = nextInWindow(timetable, record, record.cursorAt);
  while (slot !== null && slots.length < SLOTS_AT_ONCE) {
    slots.push(slot);
    slot = nextInWindow(timetable, record, slot.at);
  }
  return slots;
}
