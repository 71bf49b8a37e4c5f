import { asset, cron, dag, onAssets, onFile, Type } from 'orch';
import { describe, expect, test } from 'vitest';
import type { AuthorSchedule } from '../../../core/authoring/author-form.ts';
import { canonicalJson } from '../../../core/authoring/canonical.ts';
import { compileDag } from '../../../core/authoring/compile.ts';
import { loadYaml } from '../../../core/authoring/load-yaml.ts';
import { mistakes, specOf } from './compiled.ts';

const CANDLES = asset('duckdb://market/candles');
const SIGNALS = asset('s3://research/signals');
const tasks = { a: { run: 'true' } };

describe('schedules by events', () => {
  const forms: readonly [string, AuthorSchedule | readonly AuthorSchedule[], string, unknown][] = [
    [
      'all assets',
      onAssets({ all: [SIGNALS, CANDLES, SIGNALS] }),
      `{ assets: { all: ["${SIGNALS}", "${CANDLES}", "${SIGNALS}"] } }`,
      [{ kind: 'assets', match: 'all', assets: [CANDLES, SIGNALS] }],
    ],
    [
      'any asset',
      onAssets({ any: [CANDLES] }),
      `{ assets: { any: ["${CANDLES}"] } }`,
      [{ kind: 'assets', match: 'any', assets: [CANDLES] }],
    ],
    [
      'assets or time',
      [cron('0 6 * * *'), onAssets({ all: [CANDLES] })],
      `["0 6 * * *", { assets: { all: ["${CANDLES}"] } }]`,
      [
        { kind: 'cron', cron: '0 6 * * *' },
        { kind: 'assets', match: 'all', assets: [CANDLES] },
      ],
    ],
    ['files', onFile('inbox/*.csv'), '{ file: "inbox/*.csv" }', [{ kind: 'file', file: 'inbox/*.csv' }]],
    [
      'files that take their time',
      onFile('a.csv', { settle: '1m' }),
      '{ file: a.csv, settle: 1m }',
      [{ kind: 'file', file: 'a.csv', settleMs: 60_000 }],
    ],
    [
      'the usual settle',
      onFile('a.csv', { settle: '2s' }),
      '{ file: a.csv, settle: 2s }',
      [{ kind: 'file', file: 'a.csv' }],
    ],
  ];

  test.each(forms)('%s: both languages give the same bytes', (_name, schedule, yaml, wanted) => {
    const twin = dag({ id: 'd', schedule, params: Type.Object({}) }, (d) => {
      d.task('a', { run: 'true', produces: [SIGNALS, CANDLES] });
    });
    const produces = `["${SIGNALS}", "${CANDLES}"]`;
    const text = `id: d\nschedule: ${yaml}\ntasks:\n  a: { run: 'true', produces: ${produces} }\n`;
    const [document] = loadYaml(text, 'dags/d.yaml').documents;
    const here = () => ({});
    const fromYaml = compileDag(document?.author, { locate: document?.locate ?? here });
    const fromTwin = compileDag(twin.author, { locate: here });
    expect([...twin.mistakes, ...fromTwin.diagnostics, ...fromYaml.diagnostics]).toEqual([]);
    expect(fromTwin.spec?.schedule).toEqual(wanted);
    expect(fromTwin.spec?.tasks[0]?.produces).toEqual([CANDLES, SIGNALS]);
    if (!fromTwin.spec || !fromYaml.spec) throw new Error('there is no graph');
    expect(canonicalJson(fromTwin.spec)).toBe(canonicalJson(fromYaml.spec));
  });

  test('the published schema and that of graphs take them', () => {
    for (const [, schedule, , wanted] of forms) expect(specOf(tasks, { schedule }).schedule).toEqual(wanted);
  });

  test.each([
    ['/etc/*.csv', 'is absolute'],
    ['../other/a.csv', "no part may begin with '.'"],
    ['.orch/a.csv', "no part may begin with '.'"],
    ['in*/a.csv', 'in a folder'],
    ['inbox/**', "has '**'"],
    ['inbox//a.csv', 'an empty part'],
    ['inbox\\a.csv', 'a character that file patterns do not take'],
  ])('a file pattern %s is refused', (file, why) => {
    const found = mistakes({ id: 'd', schedule: { file }, tasks });
    expect(found).toEqual([expect.stringMatching(/^bad-file @ schedule\/file: /)]);
    expect(found[0]).toContain(why);
  });

  test('what starts nothing produces nothing, and expressions read what made a run', () => {
    expect(mistakes({ id: 'd', tasks: { ...tasks, j: { after: ['a'], produces: [CANDLES] } } })).toEqual([
      expect.stringMatching(/^not-applicable @ tasks\/j\/produces#/),
    ]);
    const env = { A: `\${{ run.assets['${CANDLES}'][0].at }}`, F: '${{ run.file }}' };
    expect(mistakes({ id: 'd', tasks: { a: { run: 'true', env } } })).toEqual([]);
  });
});
