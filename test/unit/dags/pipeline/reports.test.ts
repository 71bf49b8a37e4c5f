import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Settled } from 'orch';
import { afterAll, describe, expect, test } from 'vitest';
import { compare } from '../../../../dags/pipeline/compare.ts';
import type { Backtested } from '../../../../dags/pipeline/outputs.ts';
import { reportName } from '../../../../dags/pipeline/report-name.ts';
import { QUICK_IMPORTS } from '../../../quick-imports.ts';
import { fakeContext, PROJECT_DIR, workspace } from './fake-context.ts';
import { runAll } from './run-stages.ts';

const BYTES_MAX = 1_500_000;

const shared = workspace();
const played = new Map<string, ReturnType<typeof runAll>>();
afterAll(() => shared[Symbol.asyncDispose]());

/** All stages of a symbol with the params as shipped, played once for all who look at what came of them. */
function asShipped(symbol: string): ReturnType<typeof runAll> {
  const stages = played.get(symbol) ?? runAll(shared.dir, symbol);
  played.set(symbol, stages);
  return stages;
}

function pageOf(report: string, dir = shared.dir): Promise<string> {
  return readFile(join(dir, 'reports', report), 'utf8');
}

describe.each(['SP500', 'AAPL', 'MSFT'])('%s with the params as shipped', (symbol) => {
  test('runs through all stages to a small page that needs nothing but itself', async () => {
    const { visualized, results, ctx } = await asShipped(symbol);
    const page = await pageOf(visualized.report);
    expect(page.length).toBeLessThan(BYTES_MAX);
    expect(page.match(/<script|<link|src=|url\((?!#)|@import|https?:(?!\/\/www\.w3\.org\/)/gi)).toBeNull();
    expect(page.includes('prefers-color-scheme:dark')).toBe(true);
    expect(page.match(/<svg/g)).toHaveLength(6);
    expect(page.match(/NaN|undefined|Infinity|#0f1e/g)).toBeNull();
    expect(ctx.told.artifacts.get('report.html')).toBe(page);
    expect(ctx.told.metrics.get('sharpe')).toBe(results.performance.sharpe);
    expect(String(ctx.told.artifacts.get('trades.csv')).trim().split('\n')).toHaveLength(
      results.performance.trades + 1,
    );
  });
});

test('a backtest of many candles has a small output, with the ends of its curve and the notes', async () => {
  const { raw, candles, results } = await asShipped('SP500');
  expect(candles.intervals[0]?.candles).toBeGreaterThan(5000);
  expect(JSON.stringify(results).length).toBeLessThan(8_000);
  const { curve, notes, performance: p } = results;
  expect(curve).toHaveLength(120);
  expect(curve[0]).toEqual([p.firstAt, 100, 100]);
  expect(curve.at(-1)?.[0]).toBe(p.lastAt);
  expect(curve.at(-1)?.[1]).toBeCloseTo(100 * (1 + p.totalReturn), 1);
  expect(curve.at(-1)?.[2]).toBeCloseTo(100 * (1 + p.benchmarkReturn), 1);
  expect(notes).toEqual(raw.notes);
});

test.each([
  ['index', '%69ndex.html'],
  ['INDEX', '%49NDEX.html'],
  ['BTC/USD', 'BTC%2FUSD.html'],
])('the report of %s is %s', (symbol, name) => {
  expect(reportName(symbol)).toBe(name);
});

test('the same run gives the same page, also after other pages in the same process', async () => {
  const { visualized } = await asShipped('MSFT');
  await asShipped('IBM');
  await using space = workspace();
  await runAll(space.dir, 'MSFT');
  const [page, again] = [await pageOf(visualized.report), await pageOf(visualized.report, space.dir)];
  expect(again === page).toBe(true);
});

test('a report says what its prices are and which candles were left out', async () => {
  const { visualized } = await asShipped('MSFT');
  const page = await pageOf(visualized.report);
  expect(page).toMatch(/one price a month and nothing else: candles have open = high = low = close/);
  expect(page).toMatch(/No 1d candles/);
  expect(page).toMatch(/vega-datasets@[\d.]+\/data\/stocks\.csv.*BSD-3-Clause/s);
});

test('a symbol made of markup is text on every page, and its report has a name of its own', async () => {
  await using space = workspace();
  const symbol = '<script>alert("x")</script>';
  await mkdir(join(space.dir, 'csv'));
  const lines = Array.from(
    { length: 80 },
    (_, i) => `${Date.UTC(2024, 0, 1 + i)},${9 + (i % 7)},20,1,${9 + ((i * 3) % 7)},5`,
  );
  const file = join(space.dir, 'csv', '%3Cscript%3Ealert%28%22x%22%29%3C%2Fscript%3E.csv');
  await writeFile(file, `timestamp_ms,open,high,low,close,volume\n${lines.join('\n')}\n`);
  const { results } = await runAll(space.dir, symbol, { sourceTypes: ['csv'], fast: 2, slow: 5 });
  await compare(
    { results: [{ key: symbol, state: 'success', value: results }] },
    fakeContext(space.dir, symbol),
  );
  const names = await readdir(join(space.dir, 'reports'));
  expect(names.sort()).toEqual(['%3Cscript%3Ealert%28%22x%22%29%3C%2Fscript%3E.html', 'index.html']);
  for (const name of names) {
    const page = await readFile(join(space.dir, 'reports', name), 'utf8');
    expect(page.includes('<script')).toBe(false);
    expect(page.includes('&#60;script&#62;alert')).toBe(true);
  }
});

test('too few candles for the slow average fail for good and say what to do', async () => {
  await using space = workspace();
  await expect(runAll(space.dir, 'MSFT', { slow: 200 })).rejects.toMatchObject({
    name: 'FatalError',
    message:
      'MSFT has 123 candles of 1mo; a slow average of 200 needs at least 202. Lower slow, or take more data.',
  });
});

test('a process that drew reports ends by itself', async () => {
  await using space = workspace();
  const code = `
    const { runAll } = await import('./test/unit/dags/pipeline/run-stages.ts');
    await runAll(process.argv[1], 'MSFT');
    console.log('drawn');`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=orch-source', ...QUICK_IMPORTS, '--input-type=module', '--eval', code, space.dir],
    { cwd: PROJECT_DIR, timeout: 50_000 },
  );
  expect(stdout.trim()).toBe('drawn');
});

describe('compare', () => {
  test('ranks by Sharpe ratio, links the reports and says what is known of the sources', async () => {
    await using space = workspace();
    const [apple, ibm] = [await asShipped('AAPL'), await asShipped('IBM')];
    const ctx = fakeContext(space.dir, 'any');
    const results: Settled<Backtested>[] = [
      { key: 'IBM', state: 'success', value: ibm.results },
      { key: 'AAPL', state: 'success', value: apple.results },
      { key: 'MSFT', state: 'not_selected' },
    ];
    const { ranking, broken } = await compare({ results }, ctx);
    const sharpes = ranking.map(({ sharpe }) => sharpe as number);
    expect(ranking.map(({ symbol }) => symbol).sort()).toEqual(['AAPL', 'IBM']);
    expect(sharpes).toEqual(sharpes.toSorted((a, b) => b - a));
    const page = await readFile(join(space.dir, 'reports/index.html'), 'utf8');
    expect(broken).toEqual([]);
    for (const { visualized, results: backtested } of [apple, ibm]) {
      expect(page).toContain(`href="${visualized.report}"`);
      for (const note of backtested.notes) expect(page).toContain(note);
    }
    expect(page).not.toContain('MSFT');
    expect([...ctx.told.metrics]).toEqual([
      ['symbols', 2],
      ['broken', 0],
    ]);
  });

  test('lists broken symbols with their failure beside the others', async () => {
    await using space = workspace();
    const { results: backtested } = await asShipped('MSFT');
    const results: Settled<Backtested>[] = [
      { key: 'NOPE', state: 'upstream_failed', error: 'collect failed: No source has <NOPE>' },
      { key: 'MSFT', state: 'success', value: backtested },
      { key: 'ODD', state: 'cancelled' },
    ];
    const ctx = fakeContext(space.dir, 'any');
    const compared = await compare({ results }, ctx);
    expect(compared).toMatchObject({ broken: ['NOPE', 'ODD'], ranking: [{ symbol: 'MSFT' }] });
    expect(ctx.told.metrics.get('broken')).toBe(2);
    const page = await readFile(join(space.dir, 'reports/index.html'), 'utf8');
    expect(page).toMatch(
      /NOPE.*collect failed: No source has &#60;NOPE&#62;.*ODD.*cancelled before its backtest was done/s,
    );
    expect(page).toContain('MSFT.html');
    expect(ctx.told.artifacts.get('comparison.html')).toBe(page);
  });

  test('a run without any symbol still has its page', async () => {
    await using space = workspace();
    const output = await compare({ results: undefined }, fakeContext(space.dir, 'any'));
    expect(output).toEqual({ report: 'index.html', ranking: [], broken: [] });
    expect(await readFile(join(space.dir, 'reports/index.html'), 'utf8')).toContain(
      'No symbol reached its backtest.',
    );
  });
});
