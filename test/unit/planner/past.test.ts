import { describe, expect, test } from 'vitest';
import type { DagSpec } from '../../../core/model/dag.ts';
import { dagOf, FAILURE, SUCCESS, task } from './simulation.ts';
import { SlotRuns, slotAt } from './slot-runs.ts';

const PAST = { dependsOnPast: true } as const;
const DAG = dagOf([task('a', PAST)]);
const ALL: Pick<DagSpec, 'schedule'> = { schedule: [{ kind: 'cron', cron: '0 * * * *' }] };

/** Two runs of slots that follow each other, the pasts of both read. */
function two(first: DagSpec, second: DagSpec = first, more: object = {}) {
  const runs = new SlotRuns();
  const before = runs.start(first, 1, more);
  runs.feed();
  const after = runs.start(second, 2);
  runs.feed();
  return { runs, before, after };
}

describe('dependsOnPast', () => {
  test('a task without it does not wait, and nothing is read for it', () => {
    const { runs, after } = two(dagOf([task('a')]));
    expect(runs.state(after, 'a')).toBe('queued');
    expect(runs.world.pasts.unread.size).toBe(0);
  });

  test('a run by hand neither waits nor is waited for', () => {
    const runs = new SlotRuns();
    const hand = runs.start(DAG, null);
    expect(runs.state(hand, 'a')).toBe('queued');
    const run = runs.start(DAG, 1);
    runs.feed();
    expect(runs.state(run, 'a')).toBe('queued');
  });

  test('waits until the runs before are read, and says so', () => {
    const runs = new SlotRuns();
    const run = runs.start(DAG, 1);
    expect(runs.state(run, 'a')).toBe('none');
    expect(runs.why(run, 'a').code).toBe('past_unread');
    runs.feed();
    expect(runs.state(run, 'a')).toBe('queued');
  });

  test('the first slot of a backfill does not wait', () => {
    const runs = new SlotRuns();
    runs.start(DAG, 1);
    const run = runs.start(DAG, 2, { trigger: 'backfill', isFirst: true });
    runs.feed();
    expect(runs.state(run, 'a')).toBe('queued');
  });

  test('the first run of all does not wait', () => {
    const { runs, before } = two(DAG);
    expect(runs.state(before, 'a')).toBe('queued');
  });

  test('with catchup what was before startAt does not count', () => {
    const startAt = new Date(slotAt(2)).toISOString();
    const late = dagOf([task('a', PAST)], { catchup: true, startAt });
    expect(two(DAG, late)).toSatisfy(({ runs, after }) => runs.state(after, 'a') === 'queued');
    const { catchup: _, ...once } = late;
    expect(two(DAG, once)).toSatisfy(({ runs, after }) => runs.state(after, 'a') === 'none');
  });

  test('a task that the run before does not have may begin, unless an older run had it', () => {
    const other = dagOf([task('b')]);
    expect(two(other, DAG)).toSatisfy(({ runs, after }) => runs.state(after, 'a') === 'queued');
    const runs = new SlotRuns();
    runs.hadBefore = new Set(['a']);
    runs.start(other, 1);
    const after = runs.start(DAG, 2);
    runs.feed();
    expect(runs.state(after, 'a')).toBe('none');
    expect(runs.why(after, 'a').text).toContain('run-1, has no task a, although an older one has');
    runs.mark(after, 'a', 'success');
    expect(runs.state(after, 'a')).toBe('success');
  });

  test.each([
    ['success', SUCCESS, 'queued', ''],
    ['skipped', { kind: 'skipped' }, 'queued', ''],
    ['failed', FAILURE, 'none', 'past_bad'],
  ] as const)('a past that is %s', (state, outcome, expected, code) => {
    const { runs, before, after } = two(DAG);
    expect(runs.state(after, 'a')).toBe('none');
    expect(runs.why(after, 'a').text).toBe('Waits for the run of the slot before, run-1: a is queued.');
    runs.end(before, 'a', outcome);
    expect(runs.state(before, 'a')).toBe(state);
    expect(runs.state(after, 'a')).toBe(expected);
    if (code) expect(runs.why(after, 'a')).toMatchObject({ code, run: 'run-1', task: 'a', state });
  });

  test.each(['upstream_failed', 'cancelled'] as const)('a past that is %s holds back', (state) => {
    const { runs, before, after } = two(dagOf([task('x'), task('a', { ...PAST, after: ['x'] })]));
    runs.end(after, 'x');
    if (state === 'upstream_failed') runs.end(before, 'x', FAILURE);
    else {
      const { runNo } = before.record;
      runs.ask({ inboxId: null, kind: 'cancel', runNo, by: 'ann', kill: false });
    }
    expect(runs.state(before, 'a')).toBe(state);
    expect(runs.state(after, 'a')).toBe('none');
    expect(runs.why(after, 'a')).toMatchObject({ code: 'past_bad', state });
  });

  test('its trigger rule comes first: a task that is skipped does not wait', () => {
    const { runs, before, after } = two(dagOf([task('x'), task('a', { ...PAST, after: ['x'] })]));
    runs.end(before, 'x', FAILURE);
    runs.end(after, 'x', { kind: 'skipped' });
    expect(runs.state(after, 'a')).toBe('skipped');
  });

  test('retried or marked in a run that is over, the past counts live again', () => {
    const { runs, before, after } = two(DAG);
    runs.end(before, 'a', FAILURE);
    expect(runs.world.runs.has(before.record.runNo)).toBe(false);
    runs.retry(before, 'a');
    expect(runs.why(after, 'a')).toMatchObject({ code: 'waits_past', state: 'queued' });
    runs.end(before, 'a', FAILURE);
    expect(runs.state(after, 'a')).toBe('none');
    runs.mark(before, 'a', 'success');
    expect(runs.state(after, 'a')).toBe('queued');
  });

  test('marked in a run that is under way, the past lets it run at once', () => {
    const { runs, before, after } = two(dagOf([task('a', PAST), task('z')]));
    runs.end(before, 'a', FAILURE);
    runs.mark(before, 'a', 'success');
    expect(runs.state(after, 'a')).toBe('queued');
    expect(runs.state(before, 'z')).toBe('queued');
  });

  test('a run that takes the last place waits for one that is queued again: that one goes first', () => {
    const { runs, before, after } = two(dagOf([task('a', PAST)], { maxActiveRuns: 1 }));
    runs.end(before, 'a', FAILURE);
    expect(after.record.state).toBe('running');
    runs.retry(before, 'a');
    expect(runs.state(before, 'a')).toBe('queued');
    runs.end(before, 'a');
    expect(runs.state(after, 'a')).toBe('queued');
  });

  test('a run that is made between two others is the past of the later one', () => {
    const runs = new SlotRuns();
    const first = runs.start(DAG, 1);
    const third = runs.start(DAG, 3);
    runs.feed();
    const second = runs.start(DAG, 2, { trigger: 'backfill' });
    runs.end(first, 'a');
    expect(runs.why(third, 'a')).toMatchObject({ run: 'run-2' });
    runs.feed();
    runs.end(second, 'a');
    expect(runs.state(third, 'a')).toBe('queued');
  });

  test('what was read before a run came is read again', () => {
    const runs = new SlotRuns();
    const run = runs.start(DAG, 3);
    const { changesOf } = runs.world.pasts;
    const changes = changesOf.call(runs.world.pasts, 'test');
    runs.start(DAG, 2, { trigger: 'backfill' });
    const { runNo } = run.record;
    runs.tell({ type: 'past', offer: { runNo, changes, runs: [], hadBefore: new Set(), isFirst: false } });
    expect(runs.state(run, 'a')).toBe('none');
    runs.feed();
    expect(runs.why(run, 'a')).toMatchObject({ run: 'run-2' });
  });

  test('a run in whose scope the task is not is passed over', () => {
    const dag = dagOf([task('a', PAST), task('b')]);
    const runs = new SlotRuns();
    const first = runs.start(dag, 1);
    runs.feed();
    runs.start(dag, 2, { scope: { only: ['b'] } });
    runs.feed();
    const third = runs.start(dag, 3);
    runs.feed();
    expect(runs.why(third, 'a')).toMatchObject({ run: 'run-1' });
    runs.end(first, 'a');
    expect(runs.state(third, 'a')).toBe('queued');
  });

  test('a choice, which starts nothing, waits as well', () => {
    const choice = { ...task('a', PAST), action: { kind: 'choose', cases: [], otherwise: 'x' } } as const;
    const { runs, before, after } = two(dagOf([task('x'), { ...choice, after: ['x'] }]));
    runs.end(after, 'x');
    expect(runs.state(after, 'a')).toBe('none');
    runs.end(before, 'x');
    expect(runs.state(after, 'a')).toBe('success');
  });

  test('a run that is being ended tears down without waiting', () => {
    const { runs, after } = two(
      dagOf([
        task('s'),
        task('a', { after: ['s'] }),
        task('t', { ...PAST, teardown: true, setups: ['s'], after: ['a'] }),
      ]),
    );
    runs.end(after, 's');
    const { runNo } = after.record;
    runs.ask({ inboxId: null, kind: 'cancel', runNo, by: 'ann', kill: false });
    runs.end(after, 'a', { kind: 'stopped', reason: 'user' } as never);
    expect(runs.state(after, 't')).toBe('queued');
  });
});

describe('waitForDownstream', () => {
  const tasks = [
    task('a', { ...PAST, waitForDownstream: true }),
    task('b', { after: ['a'] }),
    task('c', { after: ['b'] }),
  ];

  test('waits for what comes directly after it, and for nothing behind that', () => {
    const { runs, before, after } = two(dagOf(tasks));
    runs.end(before, 'a');
    expect(runs.why(after, 'a')).toMatchObject({ code: 'waits_past', task: 'b' });
    runs.end(before, 'b');
    expect(runs.state(after, 'a')).toBe('queued');
    expect(runs.state(before, 'c')).toBe('queued');
  });

  test('what failed there holds back, what was skipped does not', () => {
    const failed = two(dagOf(tasks));
    failed.runs.end(failed.before, 'a');
    failed.runs.end(failed.before, 'b', FAILURE);
    expect(failed.runs.why(failed.after, 'a')).toMatchObject({ code: 'past_bad', task: 'b' });
    const skipped = two(dagOf(tasks));
    skipped.runs.end(skipped.before, 'a');
    skipped.runs.end(skipped.before, 'b', { kind: 'skipped' });
    expect(skipped.runs.state(skipped.after, 'a')).toBe('queued');
  });

  test('a fan-out that follows counts with its first tasks, key by key', () => {
    const fan = (over: string): DagSpec =>
      dagOf([tasks[0] as never, task('f.x', { fanOut: 0 }), task('f.y', { fanOut: 0, after: ['f.x'] })], {
        fanOuts: [{ path: 'f', over, after: ['a'] }],
      });
    const { runs, before, after } = two(fan('["p", "q"]'));
    runs.end(before, 'a');
    runs.end(before, 'f[p].x');
    expect(runs.why(after, 'a')).toMatchObject({ task: 'f[q].x' });
    runs.end(before, 'f[q].x');
    expect(runs.state(after, 'a')).toBe('queued');
  });
});

describe('keys', () => {
  const keyed = (over: string, more: object = {}): DagSpec =>
    dagOf([task('g'), task('f.x', { fanOut: 0, ...PAST, ...more })], {
      fanOuts: [{ path: 'f', over, after: ['g'] }],
    });

  test('each key looks at the same key; one that was not there does not wait', () => {
    const { runs, before, after } = two(keyed('["p", "q"]'), keyed('["q", "r"]'));
    runs.end(before, 'g');
    runs.end(after, 'g');
    expect(runs.state(after, 'f[r].x')).toBe('queued');
    runs.end(before, 'f[p].x');
    expect(runs.why(after, 'f[q].x')).toMatchObject({ task: 'f[q].x', run: 'run-1' });
    runs.end(before, 'f[q].x');
    expect(runs.state(after, 'f[q].x')).toBe('queued');
  });

  test('with waitForDownstream a key that was not there looks at no other key', () => {
    const fan = (over: string): DagSpec =>
      dagOf(
        [
          task('f.x', { fanOut: 0, ...PAST, waitForDownstream: true }),
          task('f.y', { fanOut: 0, after: ['f.x'] }),
        ],
        { fanOuts: [{ path: 'f', over }] },
      );
    const { runs, before, after } = two(fan('["p"]'), fan('["p", "q"]'));
    expect(runs.state(after, 'f[q].x')).toBe('queued');
    runs.end(before, 'f[p].x');
    expect(runs.why(after, 'f[p].x')).toMatchObject({ task: 'f[p].y' });
  });

  test('while the keys of the run before are not known all of them wait', () => {
    const { runs, before, after } = two(keyed('["p"]'));
    runs.end(after, 'g');
    expect(runs.why(after, 'f[p].x')).toMatchObject({ code: 'waits_past', task: 'f' });
    runs.end(before, 'g', FAILURE);
    expect(runs.why(after, 'f[p].x')).toMatchObject({
      code: 'past_bad',
      task: 'f',
      state: 'upstream_failed',
    });
    runs.retry(before, 'g', 'f');
    runs.end(before, 'g');
    expect(runs.why(after, 'f[p].x')).toMatchObject({ task: 'f[p].x' });
  });

  test('a fan-out without keys holds nobody back', () => {
    const { runs, before, after } = two(keyed('[]'), keyed('["p"]'));
    runs.end(after, 'g');
    runs.end(before, 'g');
    expect(runs.state(after, 'f[p].x')).toBe('queued');
  });

  test('a task that was in no fan-out before looks at all its instances, and the other way round', () => {
    const flat = dagOf([task('g'), task('f.x', { after: ['g'], ...PAST })]);
    const { runs, before, after } = two(keyed('["p", "q"]'), flat);
    runs.end(before, 'g');
    runs.end(after, 'g');
    runs.end(before, 'f[p].x');
    expect(runs.why(after, 'f.x')).toMatchObject({ task: 'f[q].x' });
    runs.end(before, 'f[q].x');
    expect(runs.state(after, 'f.x')).toBe('queued');
  });
});

describe('latestOnly', () => {
  const latest = dagOf([task('a', { latestOnly: true }), task('b', { after: ['a'] })], ALL);

  test('runs while no later slot is due, and is skipped after that', () => {
    const runs = new SlotRuns();
    runs.now = slotAt(5);
    const [old, newest] = [runs.start(latest, 3), runs.start(latest, 4)];
    expect(runs.state(old, 'a')).toBe('skipped');
    expect(runs.state(old, 'b')).toBe('skipped');
    expect(runs.state(newest, 'a')).toBe('queued');
    runs.now++;
    expect(runs.state(runs.start(latest, 4.5), 'a')).toBe('skipped');
  });

  test('a run of a backfill is treated like one of the schedule, one by hand is never skipped', () => {
    const runs = new SlotRuns();
    runs.now = slotAt(9);
    expect(runs.state(runs.start(latest, 3, { trigger: 'backfill' }), 'a')).toBe('skipped');
    expect(runs.state(runs.start(latest, null), 'a')).toBe('queued');
    expect(runs.state(runs.start(latest, null, { trigger: 'api' }), 'a')).toBe('queued');
    expect(runs.state(runs.start(latest, null, { trigger: 'asset' }), 'a')).toBe('queued');
  });

  test('the last slot of all stays the latest', () => {
    const over = { ...latest, endAt: new Date(slotAt(3)).toISOString() };
    const runs = new SlotRuns();
    runs.now = slotAt(900);
    expect(runs.state(runs.start(over, 3), 'a')).toBe('queued');
  });
});
