import { describe, expect, test } from 'vitest';
import { CronPattern } from '../../../core/cron/cron-pattern.ts';
import { type Transition, Zone } from '../../../core/cron/zone.ts';
import { CronTicks } from '../../../core/timetables/cron-timetable.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** On the wall, elapsed, on some days only, and with seconds. */
const EXPRESSIONS = [
  '30 2 * * *',
  '*/20 0-3 * * *',
  '0 */4 * * *',
  '*/20 * * * *',
  '15 * * * MON',
  '0 0 1 * *',
];

/** The local time at an instant by another road: what the formatter prints, read as if it were UTC. */
function printedLocal(zone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  return (at) => Date.parse(`${format.format(at).replace(' ', 'T')}Z`);
}

/**
 * The rules word by word, minute by minute: with `*` for the hour each matching minute counts; otherwise a
 * local time counts at the first instant that has it, and one that is skipped at the first instant after the
 * gap.
 */
function ticksByHand(zone: string, expression: string, fromAt: number, untilAt: number): number[] {
  const local = printedLocal(zone);
  const pattern = new CronPattern(expression);
  const isMatch = (time: number): boolean => pattern.previous(time) === time;
  const ticks = new Set<number>();
  let before = local(fromAt - MINUTE);
  let furthest = before;
  for (let at = fromAt; at <= untilAt; at += MINUTE) {
    const now = local(at);
    if (pattern.isEveryHour) {
      if (isMatch(now)) ticks.add(at);
      continue;
    }
    for (let skipped = before + MINUTE; skipped < now; skipped += MINUTE)
      if (skipped > furthest && isMatch(skipped)) ticks.add(at);
    if (now > furthest && isMatch(now)) ticks.add(at);
    before = now;
    furthest = Math.max(furthest, now);
  }
  return [...ticks];
}

function transitionsOf(zone: Zone, fromAt: number, untilAt: number): Transition[] {
  const found: Transition[] = [];
  for (let at = zone.nextTransition(fromAt, untilAt); at !== null; at = zone.nextTransition(at.at, untilAt))
    found.push(at);
  return found;
}

describe('cron around the changes of clocks', () => {
  test('follows the rules in every zone, at every kind of change in twenty years', () => {
    const seen = new Set<string>();
    let compared = 0;
    for (const name of [...Intl.supportedValuesOf('timeZone'), 'UTC']) {
      const zone = Zone.of(name);
      for (const change of transitionsOf(zone, Date.UTC(2007, 0), Date.UTC(2027, 0))) {
        const local = new Date(change.at + change.before).toISOString();
        // One of each kind: the shift, the time of the day, and whether a month begins.
        const kind = `${change.after - change.before} ${local.slice(11, 16)} ${local.slice(8, 10) === '01'}`;
        if (seen.has(kind) || change.at % MINUTE !== 0) continue;
        seen.add(kind);
        const [from, until] = [
          change.at - 4 * HOUR,
          change.at + 4 * HOUR + Math.abs(change.after - change.before),
        ];
        for (const expression of EXPRESSIONS) {
          const expected = ticksByHand(name, expression, from, until);
          const ticks = new CronTicks(expression, name);
          const found: number[] = [];
          for (let at = ticks.next(from - 1); at !== null && at <= until; at = ticks.next(at)) found.push(at);
          expect([name, local, expression, ...found]).toEqual([name, local, expression, ...expected]);
          const back: number[] = [];
          for (let at = ticks.previous(until); at !== null && at >= from; at = ticks.previous(at - 1))
            back.unshift(at);
          expect([name, local, expression, ...back]).toEqual([name, local, expression, ...expected]);
          compared += found.length;
        }
      }
    }
    expect(seen.size).toBeGreaterThan(50);
    expect(compared).toBeGreaterThan(2_000);
  });

  test('knows the offset of every zone at any time as the runtime prints it', () => {
    for (const name of Intl.supportedValuesOf('timeZone')) {
      const local = printedLocal(name);
      const zone = Zone.of(name);
      for (let year = 1950; year < 2040; year += 18)
        for (const month of [0, 6]) {
          const at = Date.UTC(year, month, 11, 7, 31, 5);
          expect([name, year, month, zone.localAt(at)]).toEqual([name, year, month, local(at)]);
        }
    }
  });
});
