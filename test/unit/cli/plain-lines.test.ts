import { describe, expect, test } from 'vitest';
import { heartbeatLine, logTailLines, plainLines } from '../../../cli/render/plain-lines.ts';
import { githubLines } from '../../../cli/render/plain-presenter.ts';
import { RunTracker } from '../../../cli/render/run-tracker.ts';
import { createStyle } from '../../../cli/style.ts';
import { because } from '../../../core/model/because.ts';
import type { TryNo } from '../../../core/model/ids.ts';
import type { RunUpdate } from '../../../core/scheduler/session.ts';
import { change, done, instance, runView, START } from './run-fixture.ts';

const style = createStyle(false);
const error = { name: 'HTTPError', message: 'HTTP 429 Too Many Requests\nbody' };

function lines(update: RunUpdate, verbose = false): string[] {
  const tracker = new RunTracker(runView([]));
  tracker.apply(update);
  return plainLines(tracker, update, { style, verbose });
}

describe('one line for each state that matters', () => {
  test.each<[string, RunUpdate, string[]]>([
    [
      'success',
      change(done('symbol.collect', 'ETH', 1_900), 3_000),
      ['12:00:03Z ok    symbol[ETH].collect 1.9s'],
    ],
    [
      'success at a later attempt',
      change(done('compare', null, 400, { attempts: 2 as TryNo }), 3_000),
      ['12:00:03Z ok    compare 0.4s (try 2)'],
    ],
    [
      'a retry of several',
      change(instance('symbol.collect', 'ETH', 'up_for_retry', { error, dueAt: START + 6_000 }), 4_000),
      ['12:00:04Z retry symbol[ETH].collect try 1/3 HTTPError: HTTP 429 Too Many Requests, next in 2.0s'],
    ],
    [
      'a retry beyond the policy, after one by hand',
      change(instance('symbol.collect', 'ETH', 'up_for_retry', { error, attempts: 5 as TryNo }), 4_000),
      ['12:00:04Z retry symbol[ETH].collect try 5 HTTPError: HTTP 429 Too Many Requests'],
    ],
    [
      'a lost attempt has no total',
      change(
        instance('compare', null, 'up_for_retry', {
          because: because('attempt_lost', { try: 1, detail: 'gone' }),
        }),
        0,
      ),
      ['12:00:00Z retry compare try 1 Attempt 1 was lost: gone'],
    ],
    [
      'a failure at once',
      change(instance('compare', null, 'failed', { error, durationMs: 120, reason: 'error' }), 4_000),
      ['12:00:04Z FAIL  compare after 0.1s: HTTPError: HTTP 429 Too Many Requests'],
    ],
    [
      'a failure for good',
      change(
        instance('symbol.collect', 'ETH', 'failed', { error, attempts: 3 as TryNo, reason: 'error' }),
        69_000,
      ),
      ['12:01:09Z FAIL  symbol[ETH].collect after 3 tries: HTTPError: HTTP 429 Too Many Requests'],
    ],
    [
      'what could not run',
      change(instance('symbol.clean', 'ETH', 'upstream_failed'), 0),
      ['12:00:00Z upstream_failed symbol[ETH].clean'],
    ],
    [
      'what was skipped',
      change(
        instance('compare', null, 'skipped', { because: because('when_false', { when: 'params.x' }) }),
        0,
      ),
      ['12:00:00Z skip  compare: Its condition params.x is false.'],
    ],
    [
      'what was cancelled',
      change(instance('compare', null, 'cancelled', { reason: 'critical' }), 0),
      ['12:00:00Z cancelled compare (critical)'],
    ],
    ['queued: nothing', change(instance('compare', null, 'queued'), 0), []],
    ['running: nothing', change(instance('compare', null, 'running'), 0), []],
    ['outside the scope: nothing', change(instance('compare', null, 'not_selected'), 0), []],
    ['a note that changes nothing', change(done('compare', null, 1), 0, { from: 'success' }), []],
  ])('%s', (_name, update, expected) => {
    expect(lines(update)).toEqual(expected);
  });

  test('verbose tells starts too', () => {
    expect(lines(change(instance('compare', null, 'running', { attempts: 2 as TryNo }), 0), true)).toEqual([
      '12:00:00Z start compare try 2',
    ]);
  });

  test('an error cannot steer the terminal', () => {
    const evil = { name: 'Error', message: '\u001B]0;owned\u0007\u001B[2Jx' };
    expect(lines(change(instance('compare', null, 'failed', { error: evil }), 0)).join()).not.toContain(
      '\u001B',
    );
  });
});

test('a heartbeat names what runs, at most three', () => {
  const tracker = new RunTracker(runView([]));
  for (const key of ['A', 'B', 'C', 'D'])
    tracker.apply(change(instance('symbol.collect', key, 'running', { startedAt: START }), 0));
  tracker.apply(change(done('compare', null, 5), 10));
  expect(heartbeatLine(tracker, START + 31_000, style)).toBe(
    '12:00:31Z ...   1/1 tasks done; running: symbol[A].collect 31s, symbol[B].collect 31s, ' +
      'symbol[C].collect 31s, 1 more',
  );
});

test('the end of a log is set off; no log, no lines', () => {
  const failed = instance('compare', null, 'failed');
  expect(logTailLines(failed, ['a', 'b'], style)).toEqual([
    '--- last 2 log lines of compare ---',
    'a',
    'b',
    '---',
  ]);
  expect(logTailLines(failed, [], style)).toEqual([]);
});

test('in GitHub Actions a log is a fold that cannot give commands, and the error an annotation', () => {
  const at = { name: 'symbol[A,B].x', file: 'dags/market.ts' };
  expect(githubLines(at, '100% wrong\nreally', ['::set-output name=a::b'], 'tok')).toEqual([
    '::group::log of symbol[A,B].x',
    '::stop-commands::tok',
    '::set-output name=a::b',
    '::tok::',
    '::endgroup::',
    '::error file=dags/market.ts,title=symbol[A%2CB].x::100%25 wrong%0Areally',
  ]);
});
