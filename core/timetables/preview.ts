import { type Transition, Zone } from '../cron/zone.ts';
import type { DagSpec } from '../model/dag.ts';
import type { Slot } from './timetable.ts';
import { timetableOf } from './timetable-of.ts';

/** How far clock changes are looked for beyond the last slot. */
const AHEAD_MS = 366 * 86_400_000;
const CHANGES_MAX = 4;

/** A change of the clocks in a zone that a schedule is written in. */
export interface ClockChange extends Transition {
  readonly zone: string;
}

export interface Preview {
  readonly slots: readonly Slot[];
  /** In the time of the slots and, at most two for each zone, after it. */
  readonly changes: readonly ClockChange[];
}

/** The next slots of a DAG after an instant, and the clock changes that they meet. */
export function previewOf(
  spec: Pick<DagSpec, 'schedule' | 'timezone' | 'startAt' | 'endAt'>,
  afterAt: number,
  count: number,
): Preview {
  const timetable = timetableOf(spec);
  const slots: Slot[] = [];
  for (let slot = timetable?.next(afterAt) ?? null; slot !== null && slots.length < count; ) {
    slots.push(slot);
    slot = timetable?.next(slot.at) ?? null;
  }
  return {
    slots,
    changes: zonesOf(spec).flatMap((zone) => changesIn(zone, afterAt, slots.at(-1)?.at ?? afterAt)),
  };
}

/** The time zones in which the schedules of a DAG are written. */
export function zonesOf(spec: Pick<DagSpec, 'schedule' | 'timezone'>): string[] {
  const zones = (spec.schedule ?? []).flatMap((one) =>
    one.kind === 'cron' ? [one.tz ?? spec.timezone ?? 'UTC'] : [],
  );
  return [...new Set(zones)];
}

/** The clock changes between two instants, the second included, in the zones of schedules. */
export function clockChangesBetween(
  specs: readonly Pick<DagSpec, 'schedule' | 'timezone'>[],
  afterAt: number,
  untilAt: number,
): ClockChange[] {
  const found: ClockChange[] = [];
  for (const name of new Set(specs.flatMap(zonesOf))) {
    const zone = Zone.of(name);
    for (let change = zone.nextTransition(afterAt, untilAt); change !== null; ) {
      found.push({ ...change, zone: name });
      change = zone.nextTransition(change.at, untilAt);
    }
  }
  return found.sort((a, b) => a.at - b.at || (a.zone < b.zone ? -1 : 1));
}

function changesIn(name: string, afterAt: number, lastAt: number): ClockChange[] {
  const zone = Zone.of(name);
  const found: ClockChange[] = [];
  let change = zone.nextTransition(afterAt, lastAt + AHEAD_MS);
  for (let beyond = 0; change !== null && beyond < 2 && found.length < CHANGES_MAX; ) {
    found.push({ ...change, zone: name });
    if (change.at > lastAt) beyond++;
    change = zone.nextTransition(change.at, lastAt + AHEAD_MS);
  }
  return found;
}
