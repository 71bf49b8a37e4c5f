import type { Mutant } from './mutant.ts';

/** Bugs of backfills. */
export const BACKFILLS: readonly Mutant[] = [
  {
    name: 'backfill-has-no-limit',
    bug: 'B15 run cap',
    file: 'planner/backfill-world.ts',
    find: '  return record.maxActiveRuns - runsOfBackfill(world, record).length;',
    replace: '  return record.maxActiveRuns + 3 - runsOfBackfill(world, record).length;',
  },
  {
    name: 'backfill-before-schedule',
    bug: 'B33 same slot',
    file: 'planner/slot-fate.ts',
    find: '    return slot.at > decidedUntilAt',
    replace: '    return slot.at > Number.POSITIVE_INFINITY && slot.at > decidedUntilAt',
  },
  {
    name: 'backfill-asked-once',
    bug: 'B33 timer lost',
    file: 'planner/backfills.ts',
    find: '      backfill.isOffered = false;\n      const dag',
    replace: '      const dag',
  },
  {
    name: 'backfill-offer-of-the-past',
    bug: 'B8 lost update',
    file: 'planner/backfills.ts',
    find: "record.state === 'running' && record.cursorAt === offer.fromCursorAt && isSeen",
    replace: "record.state !== 'done' && record.cursorAt === offer.fromCursorAt && isSeen",
  },
  {
    name: 'backfill-done-early',
    bug: 'B27 never again',
    file: 'planner/backfills.ts',
    find: '      isDone = false;\n      break;',
    replace: '      break;',
  },
  {
    name: 'backfills-forgotten',
    bug: 'B49 slots after restart',
    file: 'scheduler/take-backfills.ts',
    find: 'for (const record of await store.openBackfills())',
    replace: 'for (const record of (await store.openBackfills()).slice(1))',
  },
];
