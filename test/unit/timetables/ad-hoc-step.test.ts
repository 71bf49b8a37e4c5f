import { describe, expect, test } from 'vitest';
import type { AdHocPlan, AdHocSchedule } from '../../../core/model/ad-hoc-schedule.ts';
import { type AdHocStep, adHocStep, withPause } from '../../../core/timetables/ad-hoc-step.ts';

const HOUR = 3_600_000;
const MADE = Date.UTC(2026, 0, 1, 0, 30);

function schedule(plan: Partial<AdHocPlan> = {}, more: Partial<AdHocSchedule> = {}): AdHocSchedule {
  const whole = { params: {}, scope: {}, catchup: false, misfireGraceMs: null, ...plan };
  const when = plan.when ?? ({ kind: 'every', everyMs: HOUR } as const);
  const made = { createdBy: 'me', maker: null };
  const about = { scheduleId: 's', dagId: 'd', name: 'n', ...made, last: null, paused: false };
  return { ...about, plan: { ...whole, when }, cursorAt: MADE, createdAt: MADE, ...more };
}

describe('the next step of an ad-hoc schedule', () => {
  const cron = { kind: 'cron', cron: '0 9 * * *', tz: 'Europe/Berlin' } as const;
  const once = { kind: 'at', at: ['2026-01-01T02:00:00Z'] } as const;
  const rows: readonly [string, AdHocSchedule, number, AdHocStep][] = [
    ['counts intervals from when it was made', schedule(), MADE, { kind: 'wait', untilAt: MADE + HOUR }],
    ['runs the slot that is due', schedule(), MADE + HOUR, { kind: 'run', slotAt: MADE + HOUR }],
    ['passes all but the newest', schedule(), MADE + 3.5 * HOUR, { kind: 'pass', slotAt: MADE + 2 * HOUR }],
    [
      'makes up for all with catchup',
      schedule({ catchup: true }),
      MADE + 3.5 * HOUR,
      { kind: 'run', slotAt: MADE + HOUR },
    ],
    [
      'passes what is too late',
      schedule({ misfireGraceMs: 60_000 }),
      MADE + 1.5 * HOUR,
      { kind: 'pass', slotAt: MADE + HOUR },
    ],
    ['knows its zone', schedule({ when: cron }), MADE, { kind: 'wait', untilAt: Date.UTC(2026, 0, 1, 8) }],
    [
      'is over after its date',
      schedule({ when: once }, { cursorAt: Date.UTC(2026, 0, 1, 2) }),
      MADE + 9 * HOUR,
      { kind: 'wait', untilAt: null },
    ],
    [
      'runs its date late',
      schedule({ when: once }),
      MADE + 9 * HOUR,
      { kind: 'run', slotAt: Date.UTC(2026, 0, 1, 2) },
    ],
    [
      'does nothing while it is paused',
      schedule({}, { paused: true }),
      MADE + HOUR,
      { kind: 'wait', untilAt: null },
    ],
  ];
  test.each(rows)('%s', (_, one, now, step) => expect(adHocStep(one, now)).toEqual(step));

  test('the slots of a pause pass unless it catches up', () => {
    const now = MADE + 2.5 * HOUR;
    expect(withPause(schedule({}, { paused: true }), false, now).cursorAt).toBe(now);
    expect(withPause(schedule({ catchup: true }, { paused: true }), false, now).cursorAt).toBe(MADE);
    expect(withPause(schedule(), false, now).cursorAt).toBe(MADE);
    expect(withPause(schedule(), true, now)).toMatchObject({ paused: true, cursorAt: MADE });
  });
});
