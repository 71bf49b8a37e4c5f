import { describe, expect, it } from 'vitest';
import { parseCron } from '../../../core/authoring/compile/cron.ts';
import { CronTicks } from '../../../core/timetables/cron-timetable.ts';
import { type CronVector, cronData, secondsFirst } from './cron-data.ts';

interface Validity {
  readonly dialect: string;
  readonly expression: string;
  readonly expression_seconds_first?: string;
  readonly unanimous?: boolean;
  readonly valid?: boolean;
  readonly options?: unknown;
}
interface MatchRow extends Validity {
  readonly timezone: string;
  readonly at: string;
  readonly fires: boolean;
}
interface Comparison {
  readonly timezone: string;
  readonly from: string;
  readonly expression: string;
  readonly answers: readonly {
    readonly by: readonly string[];
    readonly fires: string | readonly string[];
    readonly window_starts_at?: number;
  }[];
}

const vectors = cronData<{ vectors: CronVector[] }>('cron_vectors');
const invalid = cronData<{ invalid: Validity[]; validity_checks: Validity[] }>('cron_invalid');
const matches = cronData<{ cases: MatchRow[] }>('cron_match');
const dst = cronData<{ cases: Comparison[]; macros: Comparison[] }>('dst_comparison');

function written(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

function fires(row: CronVector, cron: string): string[] {
  const ticks = new CronTicks(cron, row.timezone);
  const found: string[] = [];
  let at: number | null = Date.parse(row.from);
  // A row that expects nothing is asked for one tick, so that a tick is noticed.
  for (let index = 0; index < Math.max(1, row.expected.length); index++) {
    at = row.direction === 'next' ? ticks.next(at) : ticks.previous(at - 1);
    if (at === null) break;
    found.push(written(at));
  }
  return found;
}

/** What became of a row: `holds`, `differs`, or why it is not asked. */
function verdict(row: CronVector): string {
  if (row.options !== undefined) return 'options';
  if (row.tags.includes('year')) return 'year';
  if (/^UTC[+-]/.test(row.timezone)) return 'zone';
  // orch writes `*` for `?`.
  const parsed = parseCron(secondsFirst(row).replaceAll('?', '*'));
  if (!parsed.ok)
    return row.expected.length === 0 && / never comes$/.test(parsed.message) ? 'holds' : 'refused';
  return JSON.stringify(fires(row, parsed.cron)) === JSON.stringify(row.expected) ? 'holds' : 'differs';
}

/** Rows of one class that orch decides otherwise, by the reason in docs/airflow-differences.md. */
const DIFFERS = {
  'a time in a gap is left out, or moves by the length of the gap': [27, 495, 497, 531, 611, 615],
  'of two equal times the second, or none': [29, 621],
  'a weekday with # counts only within the days of the month': [211, 213, 215, 217, 219, 289],
  'a list with # forgets its other days': [177],
  'the nearest weekday of a day that a month does not have': [275],
  '7-7 is every day': [351],
  'answers that no library gives: options of the test or its clock': [249, 467, 561, 563, 565, 583],
} as const;

function refusalOf(row: CronVector): string {
  const text = secondsFirst(row).toUpperCase();
  if (/(^|[ ,])(\d+|[A-Z]{3})\/\d/.test(text)) return 'a step after a number';
  if (/-L/.test(text)) return 'L in a range';
  if (text.includes('+')) return '+, both day fields at once';
  if (/W\d/.test(text)) return 'W before its day';
  if (/H/.test(text) && !/THU/.test(text)) return 'H, a value drawn by hash';
  if (/[A-Z]{4}/.test(text)) return 'a day by its full name';
  return /\w-\w/.test(text) ? 'a range that runs backwards' : text;
}

function byRefusal(rows: readonly CronVector[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const row of rows) counts[refusalOf(row)] = (counts[refusalOf(row)] ?? 0) + 1;
  return counts;
}

function idsBy(rows: readonly CronVector[]): Record<string, number[]> {
  const ids: Record<string, number[]> = {};
  for (const row of rows) {
    const kind = verdict(row);
    ids[kind] = [...(ids[kind] ?? []), row.id];
  }
  return ids;
}

// Without ../shared/data there is nothing to compare with.
describe.skipIf(vectors === null)('cron vectors of five projects', () => {
  const rows = vectors?.vectors ?? [];
  const isPlain = (row: CronVector): boolean =>
    !row.tags.some((tag) => ['seconds', 'year', 'W', 'L', '#'].includes(tag));

  it('the plain five fields on which all libraries agree all hold', () => {
    const core = rows.filter((row) => row.class === 'consensus' && isPlain(row) && row.options === undefined);
    expect(core).toHaveLength(101);
    expect(core.filter((row) => verdict(row) !== 'holds')).toEqual([]);
  });

  it('everything else on which all agree holds, too', () => {
    const { holds, options, ...others } = idsBy(rows.filter((row) => row.class === 'consensus'));
    expect([holds?.length, options?.length, others]).toEqual([162, 13, {}]);
  });

  it('where some libraries refuse an expression, orch agrees with the others or refuses it, too', () => {
    const agreed = rows.filter((row) => row.class.startsWith('agreed'));
    const { holds, refused, differs, ...unasked } = idsBy(agreed);
    expect([holds?.length, differs]).toEqual([54, undefined]);
    expect(Object.entries(unasked).map(([why, ids]) => [why, ids.length])).toEqual([
      ['zone', 2],
      ['year', 19],
      ['options', 1],
    ]);
    expect(byRefusal(agreed.filter((row) => refused?.includes(row.id)))).toEqual({
      'a step after a number': 9,
      'L in a range': 15,
      'a range that runs backwards': 7,
      '+, both day fields at once': 1,
      'W before its day': 1,
    });
  });

  it('where libraries disagree, orch decides these rows otherwise', () => {
    const disputed = rows.filter((row) => row.class === 'libraries differ');
    const { holds, differs, refused, ...unasked } = idsBy(disputed);
    expect(Object.entries(unasked).map(([why, ids]) => [why, ids.length])).toEqual([
      ['options', 33],
      ['year', 1],
    ]);
    expect(holds).toHaveLength(9);
    expect(differs).toEqual(
      Object.values(DIFFERS)
        .flat()
        .sort((a, b) => a - b),
    );
    expect(byRefusal(disputed.filter((row) => refused?.includes(row.id)))).toEqual({
      'a day by its full name': 1,
      'H, a value drawn by hash': 6,
    });
  });
});

// Without ../shared/data there is nothing to compare with.
describe.skipIf(invalid === null)('expressions that must be refused', () => {
  const accepted = (rows: readonly Validity[]): string[] =>
    rows.map(secondsFirst).filter((expression) => parseCron(expression).ok);

  it('all that every library refuses are refused', () => {
    const rows = (invalid?.invalid ?? []).filter((row) => row.unanimous);
    expect(rows.length).toBeGreaterThan(50);
    expect(accepted(rows)).toEqual([]);
  });

  it('of those that only some refuse, these are accepted', () => {
    expect(accepted((invalid?.invalid ?? []).filter((row) => !row.unanimous))).toEqual([
      // A list may hold plain days and days with #.
      '0 0 * * 5,6#3',
      // Both day fields are given: either is enough.
      '0 0 12 1-31 * 1',
      // What is said twice is said once.
      ...['0,0 * * * *', '0 0 * * 0,0', '0 0 * * 7,0', '0 0 * * 0,0,0'],
      // Refused by its own test for the date that it is asked with.
      '* * * * * *',
    ]);
  });

  it('croniter judges validity alike, but for these', () => {
    const rows = (invalid?.validity_checks ?? []).filter((row) => row.options === undefined);
    expect(rows.filter((row) => parseCron(secondsFirst(row)).ok !== row.valid).map(secondsFirst)).toEqual([
      '0 9 W15 * *',
      '0 9 1,15W * *',
    ]);
  });
});

// Without ../shared/data there is nothing to compare with.
describe.skipIf(matches === null)('ticks at an instant or not', () => {
  it('as five projects say', () => {
    const rows = (matches?.cases ?? []).filter((row) => row.options === undefined);
    const wrong: string[] = [];
    let asked = 0;
    for (const row of rows) {
      const parsed = parseCron(secondsFirst(row).replaceAll('?', '*'));
      if (!parsed.ok) continue;
      asked++;
      const at = Date.parse(row.at);
      const ticks = new CronTicks(parsed.cron, row.timezone);
      if ((ticks.previous(at) === at) !== row.fires || (ticks.next(at - 1) === at) !== row.fires)
        wrong.push(JSON.stringify(row));
    }
    expect(wrong).toEqual([]);
    // The others are refused: a year, a step after a number, or `+`.
    expect([rows.length, asked]).toEqual([81, 67]);
  });
});

// Without ../shared/data there is nothing to compare with.
describe.skipIf(dst === null)('around clock changes, beside four implementations', () => {
  const agreeing = (row: Comparison): string[] => {
    const parsed = parseCron(row.expression);
    const ticks = new CronTicks(parsed.ok ? parsed.cron : '', row.timezone);
    return row.answers.flatMap(({ by, fires: expected, window_starts_at: skipped = 0 }) => {
      const found: string[] = [];
      let at: number | null = Date.parse(row.from);
      for (let index = 0; index < skipped + expected.length && at !== null; index++) {
        at = ticks.next(at);
        if (at !== null && index >= skipped) found.push(written(at));
      }
      return JSON.stringify(found) === JSON.stringify(expected) ? by : [];
    });
  };
  const rows = [...(dst?.cases ?? []), ...(dst?.macros ?? [])];

  it('where all agree orch does, too', () => {
    const same = rows.filter((row) => row.answers.length === 1);
    expect(same).toHaveLength(111);
    expect(same.filter((row) => agreeing(row).length === 0)).toEqual([]);
  });

  it('where they disagree orch gives the answer of at least one', () => {
    const disputed = rows.filter((row) => row.answers.length > 1);
    const count = (name: string): number => disputed.filter((row) => agreeing(row).includes(name)).length;
    expect(disputed).toHaveLength(37);
    expect(disputed.filter((row) => agreeing(row).length === 0)).toEqual([]);
    expect(['croner', 'cron-parser', 'croniter', 'airflow'].map(count)).toEqual([16, 16, 27, 11]);
  });
});
