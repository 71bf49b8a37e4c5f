import { describe, expect, test } from 'vitest';
import { FailureTails } from '../../../cli/render/failure-tails.ts';
import { liveBlock } from '../../../cli/render/live-block.ts';
import { plainLines } from '../../../cli/render/plain-lines.ts';
import { RunTracker } from '../../../cli/render/run-tracker.ts';
import { scrollLines } from '../../../cli/render/scroll-lines.ts';
import { displayWidth } from '../../../cli/render/text-width.ts';
import { createStyle } from '../../../cli/style.ts';
import { because } from '../../../core/model/because.ts';
import type { DagSpec } from '../../../core/model/dag.ts';
import type { TryNo } from '../../../core/model/ids.ts';
import type { RunUpdate } from '../../../core/scheduler/session.ts';
import type { InstanceView } from '../../../core/store/run-view.ts';
import { change, done, instance, runView, SPEC, START } from './run-fixture.ts';

const style = createStyle(false);
const templates = ['symbol.collect', 'symbol.clean', 'symbol.backtest', 'compare'].map((id) =>
  instance(id, null, 'none'),
);

/** Applies changes and gives what scrolled. */
function scroll(tracker: RunTracker, instances: readonly InstanceView[], columns = 100): string[] {
  return instances.flatMap((one, at) => {
    const update = change(one, at);
    tracker.apply(update);
    return scrollLines(tracker, update, columns, style);
  });
}

const chain = (key: string): InstanceView[] => [
  done('symbol.collect', key, 1_900),
  done('symbol.clean', key, 300),
  done('symbol.backtest', key, 2_200),
];

describe('lines that scroll', () => {
  test('a key has one line, once all of its stages are done', () => {
    const tracker = new RunTracker(runView(templates));
    expect(scroll(tracker, chain('ETH-USD').slice(0, 2))).toEqual([]);
    expect(scroll(tracker, chain('ETH-USD').slice(2))).toEqual([
      '  ✓ symbol[ETH-USD]  collect 1.9s → clean 0.3s → backtest 2.2s',
    ]);
  });

  test('metrics of the latest stage come first, as many as the line holds', () => {
    const tracker = new RunTracker(runView(templates));
    const [collect, clean, backtest] = chain('ETH-USD') as [InstanceView, InstanceView, InstanceView];
    scroll(tracker, [collect, clean]);
    const metric = (of: InstanceView, name: string, value: number): void => {
      const record = { nodeNo: of.nodeNo, tryNo: of.attempts, name, value, at: START };
      tracker.apply({ type: 'metric', instance: of, metric: record });
    };
    metric(collect, 'rows', 1260);
    metric(backtest, 'sharpe', 1.3123456);
    metric(backtest, 'cagr', 0.5);
    const update = change(backtest, 9);
    tracker.apply(update);
    const group = tracker.groupOf(backtest);
    const line = (columns: number): string => {
      if (group !== null) group.shown = false;
      return scrollLines(tracker, update, columns, style)[0] ?? '';
    };
    expect(line(100)).toMatch(/backtest 2.2s {2}cagr=0.5 {2}sharpe=1.312 {2}rows=1260$/);
    expect(line(80)).toMatch(/backtest 2.2s {2}cagr=0.5$/);
  });

  test('why a fan-out has no keys stands once, under its first task', () => {
    const why = because('expansion_failed', { fanOut: 'symbol', error: 'needs.list is null, not a list' });
    const behind = ['symbol.collect', 'symbol.clean'].map((id) =>
      instance(id, null, 'upstream_failed', { because: why }),
    );
    const reason = 'Fan-out symbol cannot be expanded: needs.list is null, not a list';
    expect(scroll(new RunTracker(runView(templates)), behind)).toEqual([
      '  ⇡ symbol.collect  upstream_failed',
      `    ${reason}`,
      '  ⇡ symbol.clean  upstream_failed',
    ]);
    const tracker = new RunTracker(runView(templates));
    const plain = behind.flatMap((one) => plainLines(tracker, change(one, 0), { style, verbose: false }));
    expect(plain).toEqual([
      `12:00:00Z upstream_failed symbol.collect: ${reason}`,
      '12:00:00Z upstream_failed symbol.clean',
    ]);
  });

  test('the tasks of a fan-out without keys inside a key have a line of their own, with the reason', () => {
    const action = { kind: 'shell', run: 'true' } as const;
    const spec: DagSpec = {
      ...SPEC,
      tasks: [
        { path: 'symbol.collect', action, fanOut: 0 },
        { path: 'symbol.day.load', action, fanOut: 1 },
        { path: 'symbol.day.check', action, fanOut: 1 },
      ],
      fanOuts: [
        { path: 'symbol', over: 'params.symbols' },
        { path: 'symbol.day', over: 'needs.collect.output', parent: 0 },
      ],
    };
    const ids = spec.tasks.map(({ path }) => path);
    const tracker = new RunTracker(
      runView(
        ids.map((id) => instance(id, null, 'none')),
        { spec },
      ),
    );
    const why = because('expansion_failed', { fanOut: 'symbol.day', error: 'key a occurs twice' });
    const behind = ['load', 'check'].map((task) =>
      instance(`symbol.day.${task}`, 'BTC', 'upstream_failed', {
        name: `symbol[BTC].day.${task}`,
        because: why,
      }),
    );
    expect(scroll(tracker, [done('symbol.collect', 'BTC', 900), ...behind])).toEqual([
      '  ✓ symbol[BTC]   collect 0.9s',
      '  ⇡ symbol.day[BTC]  load ⇡ → check ⇡',
      '    Fan-out symbol.day cannot be expanded: key a occurs twice',
    ]);
  });

  test('a long chain is broken before an arrow, under its first stage', () => {
    const tracker = new RunTracker(runView(templates));
    expect(scroll(tracker, chain('POLY:will-btc-100k'), 50)).toEqual([
      '  ✓ symbol[POLY:will-btc-100k]  collect 1.9s',
      '                                → clean 0.3s',
      '                                → backtest 2.2s',
    ]);
  });

  test('a broken key shows where it broke, and why', () => {
    const tracker = new RunTracker(runView(templates));
    const error = { name: 'FatalError', message: 'no rows' };
    const failed = instance('symbol.collect', 'BTC', 'failed', {
      durationMs: 1_000,
      error,
      attempts: 3 as TryNo,
    });
    const rest = ['symbol.clean', 'symbol.backtest'].map((id) =>
      instance(id, 'BTC', 'upstream_failed', { attempts: 0 as TryNo }),
    );
    expect(scroll(tracker, [failed, ...rest])).toEqual([
      '  ✗ symbol[BTC]   collect ✗ 1.0s (try 3) → clean ⇡ → backtest ⇡',
      '    FatalError: no rows',
    ]);
  });

  test('a task outside of fan-outs has a line of its own; those outside the scope have none', () => {
    const tracker = new RunTracker(runView(templates));
    expect(scroll(tracker, [done('compare', null, 400), instance('compare', null, 'not_selected')])).toEqual([
      '  ✓ compare       0.4s',
    ]);
  });

  test('of many keys only those that did not end well are listed', () => {
    const tracker = new RunTracker(runView(templates));
    const keys = Array.from({ length: 70 }, (_, at) => `K${at}`);
    for (const key of keys) tracker.apply(change(instance('symbol.collect', key, 'running'), 0));
    expect(scroll(tracker, keys.flatMap(chain))).toEqual([]);
  });

  test('the log of a failure waits for the line of its key', () => {
    const tracker = new RunTracker(runView(templates));
    const tails = new FailureTails();
    const failed = instance('symbol.collect', 'A B', 'failed');
    scroll(tracker, [failed]);
    tails.hold(failed.name, ['one', '\u001B[2Jtwo']);
    expect(tails.shown(tracker, 80, style)).toEqual([]);
    scroll(
      tracker,
      ['symbol.clean', 'symbol.backtest'].map((id) => instance(id, 'A B', 'upstream_failed')),
    );
    expect(tails.shown(tracker, 80, style)).toEqual([
      '    │ one',
      '    │ [2Jtwo',
      "    ╰ orch logs 000000000001 'symbol[A B].collect'",
    ]);
    expect(tails.shown(tracker, 80, style)).toEqual([]);
  });
});

describe('the moving block', () => {
  const size = { columns: 80, rows: 24 };
  const footer = { startedAt: START, note: 'Ctrl-C cancels' };
  const running = (id: string, key: string | null, more: Partial<InstanceView> = {}): RunUpdate =>
    change(instance(id, key, 'running', { startedAt: START + 1_000, ...more }), 1_000);

  test('counts keys, shows what each active one does, and how far the run is', () => {
    const tracker = new RunTracker(runView(templates));
    scroll(tracker, chain('ETH-USD'));
    tracker.apply(running('symbol.backtest', 'BTC-USD'));
    const error = { name: 'Error', message: 'HTTP 429 Too Many Requests' };
    tracker.apply(
      change(instance('symbol.collect', 'SOL', 'up_for_retry', { error, dueAt: START + 9_000 }), 0),
    );
    expect(liveBlock(tracker, START + 5_000, size, footer, style)).toEqual([
      '  ▶ symbol             1/3 ✓  1 ▶  1 ↻',
      '    ▶ BTC-USD  backtest   4.0s',
      '    ↻ SOL      collect    try 2/3 in 4.0s  HTTP 429 Too Many Requests',
      '  3/4 tasks · 5.0s · Ctrl-C cancels',
    ]);
  });

  test('progress is a bar with what is being done', () => {
    const tracker = new RunTracker(runView(templates));
    const progress = { nodeNo: 1 as never, done: 3, total: 10, step: 'page 3' };
    tracker.apply(running('compare', null, { progress }));
    expect(liveBlock(tracker, START + 2_000, size, footer, style)[0]).toBe(
      '  ▶ compare            1.0s  ███░░░░░░░ 3/10  page 3',
    );
  });

  test('never more than eight rows, nor more than the terminal has, nor wider than it', () => {
    const tracker = new RunTracker(runView(templates));
    for (let at = 0; at < 50; at++)
      tracker.apply(running('symbol.collect', `比特币-${at}-${'x'.repeat(60)}`));
    for (const rows of [4, 6, 10, 24, 100]) {
      for (const columns of [40, 80, 200]) {
        const lines = liveBlock(tracker, START, { columns, rows }, footer, style);
        expect(lines.length).toBeLessThanOrEqual(Math.min(8, rows - 2));
        expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns);
      }
    }
    expect(liveBlock(tracker, START, size, footer, style).at(-2)).toBe('    … 45 more');
  });

  test('keys of which nothing has begun count too, once they are known', () => {
    const tracker = new RunTracker(runView(templates));
    scroll(tracker, chain('A'));
    const tasks = ['A', 'B', 'C', 'D'].flatMap((key) => [
      instance('symbol.collect', key, key === 'D' ? 'not_selected' : 'none'),
      instance('symbol.clean', key, key === 'D' ? 'not_selected' : 'none'),
    ]);
    tracker.view = runView(tasks);
    expect(liveBlock(tracker, START, size, footer, style)[0]).toBe('  ▶ symbol             1/3 ✓');
  });

  test('a fan-out that is done leaves the block', () => {
    const tracker = new RunTracker(runView(templates));
    scroll(tracker, chain('A'));
    expect(liveBlock(tracker, START, size, footer, style)).toEqual(['  3/4 tasks · 0ms · Ctrl-C cancels']);
  });
});
