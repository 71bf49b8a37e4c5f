import { describe, expect, test } from 'vitest';
import { asOfRecord } from '../../../cli/as-of-record.ts';
import { printRuns } from '../../../cli/commands/runs.ts';
import type { CommandContext } from '../../../cli/context.ts';
import { findInstances } from '../../../cli/find-instances.ts';
import { diagnosticText } from '../../../cli/render/diagnostic-text.ts';
import { metricLines, metricRows } from '../../../cli/render/metric-lines.ts';
import { shellWord } from '../../../cli/render/run-name.ts';
import { summaryLines } from '../../../cli/render/run-summary.ts';
import { metricText } from '../../../cli/render/scroll-lines.ts';
import { tableLines, tableWidth } from '../../../cli/render/table.ts';
import { problemOf } from '../../../cli/report-error.ts';
import { createStyle, wantsColor } from '../../../cli/style.ts';
import { because } from '../../../core/model/because.ts';
import { AppError } from '../../../core/model/errors.ts';
import type { TryNo } from '../../../core/model/ids.ts';
import { newRunUid } from '../../../core/scheduler/run-uid.ts';
import { change, done, instance, runView, START } from './run-fixture.ts';

const style = createStyle(false);

describe('colour', () => {
  test.each([
    ['always beats NO_COLOR', 'always', { NO_COLOR: '1' }, false, true],
    ['never beats FORCE_COLOR', 'never', { FORCE_COLOR: '1' }, true, false],
    ['NO_COLOR beats a terminal', 'auto', { NO_COLOR: '1' }, true, false],
    ['an empty NO_COLOR says nothing', 'auto', { NO_COLOR: '' }, true, true],
    ['FORCE_COLOR makes colour in a pipe', 'auto', { FORCE_COLOR: '1' }, false, true],
    ['FORCE_COLOR=0 takes it away', 'auto', { FORCE_COLOR: '0' }, true, false],
    ['a dumb terminal has none', 'auto', { TERM: 'dumb' }, true, false],
    ['a pipe has none', 'auto', {}, false, false],
  ] as const)('%s', (_name, choice, env, isTTY, expected) => {
    expect(wantsColor(choice, env, isTTY)).toBe(expected);
  });
});

describe('mistakes in files', () => {
  const place = {
    severity: 'error',
    rule: 'r',
    message: "'visualise' is not a task",
    file: 'dags/p.ts',
    line: 14,
    column: 5,
  } as const;

  test('place, message, hint, line and caret', () => {
    const text = diagnosticText(
      { ...place, source: '  a: visualise', column: 6, hint: "did you mean 'visualize'?" },
      style,
    );
    expect(text.split('\n')).toEqual([
      "dags/p.ts:14:6  error  'visualise' is not a task (did you mean 'visualize'?)",
      '  14 |   a: visualise',
      '     |      ^',
    ]);
  });

  test('the caret stands under wide characters and tabs too', () => {
    const [, , caret] = diagnosticText({ ...place, source: '\t比: x', column: 5 }, style).split('\n');
    expect(caret).toBe('     |      ^');
  });

  test('no name breaks the line or steers the terminal', () => {
    const odd = {
      ...place,
      file: 'dags/a\nb\u001B[31m.yaml',
      message: 'odd\rname',
      source: 'id:\u001B[2J x',
      column: 6,
    };
    expect(diagnosticText({ ...odd, hint: 'x\ty' }, style).split('\n')).toEqual([
      'dags/a\\nb\\u001b[31m.yaml:14:6  error  odd\\rname (x\\ty)',
      '  14 | id: [2J x',
      '     |      ^',
    ]);
    const title = (text: string) => ({ title: 'file', text: () => text });
    expect(tableLines([title('a\nb\u009B')], [0], 80, (text) => text)).toEqual(['file', 'a\\nb\\u009b']);
  });

  test('a very long line is cut around the place', () => {
    const source = `${'x'.repeat(5_000)}HERE${'y'.repeat(5_000)}`;
    const [, line, caret] = diagnosticText({ ...place, source, column: 5_001 }, style).split('\n');
    expect(line?.length).toBeLessThan(200);
    expect(line?.[caret?.indexOf('^') ?? 0]).toBe('H');
  });

  test('without a place there is only the sentence', () => {
    expect(diagnosticText({ severity: 'warning', rule: 'r', message: 'odd' }, style)).toBe('warning  odd');
  });
});

test('a table gives way in its flexible columns only', () => {
  const columns = [
    { title: 'id', text: (row: string[]) => row[0] ?? '' },
    { title: 'about', text: (row: string[]) => row[1] ?? '', flex: true },
    { title: 'n', text: (row: string[]) => row[2] ?? '', align: 'right' as const },
  ];
  expect(
    tableLines(
      columns,
      [
        ['a', 'a long text about it', '7'],
        ['比特', 'x', '12'],
      ],
      24,
      (text) => text,
    ),
  ).toEqual(['id    about            n', 'a     a long text a…   7', '比特  x               12']);
});

test('columns that give way are left out, the last first, when they have no place at their narrowest', () => {
  const columns = [
    { title: 'id', text: (row: string[]) => row[0] ?? '' },
    { title: 'file', text: (row: string[]) => row[1] ?? '', flex: true },
    { title: 'about', text: (row: string[]) => row[2] ?? '', flex: true },
  ];
  const lines = (width: number) =>
    tableLines(columns, [['prices', 'dags/prices.yaml', 'Daily prices']], width, (text) => text);
  expect(lines(26)).toEqual(['id      file      about', 'prices  dags/pr…  Daily p…']);
  expect(lines(25)).toEqual(['id      file', 'prices  dags/prices.yaml']);
  expect(lines(10)).toEqual(['id', 'prices']);
  expect(tableWidth({ isTTY: false, columns: 80 })).toBe(Number.POSITIVE_INFINITY);
  expect(tableWidth({ isTTY: true, columns: 40 })).toBe(40);
});

test('one very long text does not make every line long, and is not cut in a pipe', () => {
  const columns = [
    { title: 'after', text: (row: string[]) => row[0] ?? '' },
    { title: 'n', text: (row: string[]) => row[1] ?? '' },
  ];
  const rows = [
    ['a'.repeat(10_000), '1'],
    ['b', '2'],
  ];
  const lines = tableLines(columns, rows, Number.POSITIVE_INFINITY, (text) => text);
  expect(lines.map((line) => line.length)).toEqual([203, 10_003, 203]);
});

describe('metrics', () => {
  const tasks = [done('symbol.collect', 'A', 1), done('symbol.collect', 'B', 1), done('compare', null, 1)];
  const record = (at: number, name: string, value: number, tryNo = 1) => ({
    nodeNo: tasks[at]?.nodeNo ?? (0 as never),
    tryNo: tryNo as TryNo,
    name,
    value,
    at: START,
  });

  test('keys are rows; only the last attempt and the last value count', () => {
    const rows = metricRows(tasks, [
      record(1, 'x', 1),
      record(0, 'x', 5, 9),
      record(0, 'x', 2),
      record(0, 'x', 3),
      record(2, 'y', 0.5),
    ]);
    expect(metricLines(rows, 80, style)).toEqual([
      '',
      '  symbol  x',
      '  A       3',
      '  B       1',
      '',
      '  task       y',
      '  compare  0.5',
    ]);
  });

  test('many metrics of few keys turn the table, of many keys make a list', () => {
    const names = Array.from({ length: 12 }, (_, at) => `metric_${at}`);
    const rows = metricRows(
      tasks,
      [0, 1].flatMap((at) => names.map((name) => record(at, name, at))),
    );
    expect(metricLines(rows, 60, style).slice(1, 3)).toEqual(['             A  B', '  metric_0   0  1']);
    for (const line of metricLines(rows, 14, style)) expect(line.length).toBeLessThanOrEqual(40);
  });

  test.each([
    [5105, '5105'],
    [0.156512, '0.1565'],
    [-0.0024051, '-0.002405'],
    [12345.678, '12345.7'],
    [1.5, '1.5'],
    [1e-9, '1.000e-9'],
    [0, '0'],
  ])('%d is written %s', (value, text) => {
    expect(metricText(value)).toBe(text);
  });
});

test.each([
  ['success', {}, 'SUCCESS 1 ok in 1m08s'],
  ['failed', {}, 'FAILED 1 ok in 1m08s. Retry: orch retry 000000000001 --failed'],
  ['cancelled', {}, 'CANCELLED 1 ok in 1m08s. Go on: orch retry 000000000001'],
] as const)('the last line of a run that is %s', (state, _more, line) => {
  const view = runView([done('compare', null, 1), instance('symbol.clean', null, 'not_selected')], {
    state,
    endedAt: START + 68_120,
  });
  expect(summaryLines(view, [], { columns: 20, isTerminal: false }, style)).toEqual([line]);
  const narrow = summaryLines(view, [], { columns: 40, isTerminal: true }, style);
  expect(narrow.join('. ')).toBe(line);
  for (const part of narrow) expect(part.length).toBeLessThanOrEqual(40);
});

test.each([
  ['critical_failed', { task: 'slow' }, ['Critical task slow failed.']],
  ['run_timed_out', { timeoutMs: 5 }, ['The run took longer than its timeout of 5 ms.']],
  ['leaf_failed', { task: 'slow', state: 'failed' }, []],
] as const)('a run that ended because of %s says so where its tasks do not', (code, facts, expected) => {
  const view = runView([], { state: 'failed', endedAt: START });
  const ended = { ...view, run: { ...view.run, because: because(code, facts) } };
  const lines = summaryLines(ended, [], { columns: 80, isTerminal: false }, style);
  expect(lines.slice(0, -1)).toEqual(expected);
});

test('a run that failed because fan-outs have no keys says why, each reason once', () => {
  const behind = (fanOut: string, key: string | null) =>
    instance(`${fanOut}.clean`, key, 'upstream_failed', {
      because: because('expansion_failed', { fanOut, error: 'key a occurs twice' }),
    });
  const tasks = [
    behind('day', 'A'),
    behind('day', 'B'),
    ...['x', 'y', 'z'].map((name) => behind(name, null)),
  ];
  const lines = (state: 'failed' | 'success'): string[] =>
    summaryLines(runView(tasks, { state }), [], { columns: 80, isTerminal: false }, style).slice(0, -1);
  expect(lines('failed')).toEqual([
    'Fan-out day cannot be expanded: key a occurs twice',
    'Fan-out x cannot be expanded: key a occurs twice',
    'Fan-out y cannot be expanded: key a occurs twice',
    '… 1 more',
  ]);
  expect(lines('success')).toEqual([]);
});

test('an old line is told with the state it speaks of, not with that of now', () => {
  const now = done('symbol.collect', 'A', 900, { attempts: 2 as TryNo });
  const late = {
    ...change(now, 0, { code: 'retry_wait', facts: { try: 1, delayMs: 2_000, error: 'HTTP 429' } }),
  };
  if (late.type !== 'change') throw new Error('a change');
  const told = asOfRecord({ ...late, record: { ...late.record, to: 'up_for_retry', tryNo: 1 as TryNo } });
  expect(told).toMatchObject({
    instance: { state: 'up_for_retry', attempts: 1, error: { message: 'HTTP 429' }, dueAt: START + 2_000 },
  });
  expect(asOfRecord(late)).toBe(late);
});

test('instances are found by name, path, last segment and key', () => {
  const view = runView([
    done('symbol.clean', 'A', 1),
    done('symbol.clean', 'B', 1),
    done('compare', null, 1),
  ]);
  const names = (name: string): string[] => findInstances(view, name).map((one) => one.name);
  expect(names('symbol[A].clean')).toEqual(['symbol[A].clean']);
  expect(names('symbol.clean')).toHaveLength(2);
  expect(names('clean')).toHaveLength(2);
  expect(names('clean[B]')).toEqual(['symbol[B].clean']);
  expect(() => names('comapre')).toThrow(
    expect.objectContaining({ code: 'not_found', message: expect.stringContaining("'compare'") }),
  );
  expect(() => names('publish')).toThrow(
    "no task 'publish': there are symbol[A].clean, symbol.clean, symbol[B].clean, compare",
  );
});

test('the table of runs fits a terminal of 60 columns', () => {
  const printed: string[] = [];
  const context = {
    ...{ flags: { json: false }, style: createStyle(false) },
    host: { clock: { now: () => START + 60_000 }, stdout: { isTTY: true, columns: 60 } },
    print: (text: string) => printed.push(...text.split('\n')),
  } as unknown as CommandContext;
  printRuns(context, [{ ...runView([done('compare', null, 1)]).run, logicalAt: START }], () => ({}));
  expect(printed.map((line) => line.length).filter((length) => length > 60)).toEqual([]);
  expect(printed[0]).toMatch(/^run +dag +state +slot \(UTC\) +took$/);
});

test('words for a shell are quoted when a shell would read something into them', () => {
  expect(['pipeline', 'symbol[A].x', "it's", 'a b', '', '--x'].map(shellWord)).toEqual([
    'pipeline',
    "'symbol[A].x'",
    "'it'\\''s'",
    "'a b'",
    "''",
    '--x',
  ]);
});

test('run ids are UUIDv7 and sort by time', () => {
  const ids = [1_000, 2_000, 1_700_000_000_000].map(newRunUid);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect([...ids].sort()).toEqual(ids);
});

test.each([
  ['it runs', 'It runs.'],
  ["the run has no task 'a'", "The run has no task 'a'."],
  ["the run has no task 'a': did you mean 'b'?", "The run has no task 'a': did you mean 'b'?"],
  ['dags/a.yaml is odd', 'dags/a.yaml is odd.'],
  ["'x' is no task", "'x' is no task."],
])('%s is told as a sentence', (message, sentence) => {
  expect(problemOf(new AppError('invalid', message))).toMatchObject({ detail: sentence });
});

test('an error under --json is a problem of RFC 9457', () => {
  expect(problemOf(new AppError('conflict', 'it runs'))).toEqual({
    type: 'urn:orch:error:conflict',
    title: 'Refused',
    status: 409,
    detail: 'It runs.',
  });
});
