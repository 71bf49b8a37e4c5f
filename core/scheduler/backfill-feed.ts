import type { RunNo } from '../model/ids.ts';
import type { Agenda } from '../planner/agenda.ts';
import { type BackfillWorld, type OfferedSlot, roomOf } from '../planner/backfill-world.ts';
import { fateOf } from '../planner/slot-fate.ts';
import type { Store } from '../store/store.ts';
import { isStopgap } from '../store/stored-text.ts';
import { nextInWindow } from '../timetables/slot-window.ts';
import type { Slot, Timetable } from '../timetables/timetable.ts';
import { paramsOfRun } from './dag-entry.ts';
import type { Answer, Feed, Reading } from './feeds.ts';
import type { Leader } from './leader.ts';
import type { LedRun } from './leader-options.ts';

/** Slots that are read at once. */
const SLOTS_AT_ONCE = 100;

export interface BackfillFeedOptions {
  readonly store: Store;
  readonly leader: Leader;
  readonly load: (runNo: RunNo) => Promise<LedRun>;
}

/**
 * Reads the next slots of backfills for the planner, a few at a time and only while they may have more runs.
 */
export class BackfillFeed implements Feed {
  readonly about = 'the slots of a backfill';
  readonly #options: BackfillFeedOptions;

  constructor(options: BackfillFeedOptions) {
    this.#options = options;
  }

  *wanted(): Iterable<Reading> {
    const { world } = this.#options.leader;
    const { agenda } = world;
    if (agenda === null || world.draining) return;
    for (const backfill of world.backfills.values()) {
      const { record, isOffered, isDecided } = backfill;
      if (isStopgap(record.params) || isStopgap(record.scope)) continue;
      if (record.state !== 'running' || isOffered || isDecided || roomOf(world, backfill) <= 0) continue;
      const release = (): void => {
        backfill.isOffered = false;
      };
      backfill.isOffered = true;
      yield { read: () => this.#read(agenda, backfill), release };
    }
  }

  async #read(agenda: Agenda, backfill: BackfillWorld): Promise<Answer | null> {
    const { leader, store } = this.#options;
    const { world } = leader;
    const { record } = backfill;
    const { backfillNo, dagId } = record;
    const dag = agenda.dags.get(dagId);
    if (!dag || dag.state.sinceAt === null) {
      // It is looked at again once its file was: that is a turn of the planner.
      backfill.isOffered = false;
      return null;
    }
    const { versionNo, graph } = dag.entry;
    const head = {
      backfillNo,
      fromCursorAt: record.cursorAt,
      slotRuns: world.dagLoad(dagId).slotRuns,
      versionNo,
      params: paramsOfRun(graph.spec, record.params),
    };
    if (dag.timetable === null) {
      const error = `DAG ${dagId} has no schedule by time any more`;
      return { event: { type: 'backfill.slots', offer: { ...head, slots: [], isLast: true, error } } };
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
    const isLast = slots.length < SLOTS_AT_ONCE;
    return {
      event: { type: 'backfill.slots', offer: { ...head, slots: offered, isLast } },
      versions: led.map(({ version }) => version),
    };
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
