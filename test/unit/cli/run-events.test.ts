import { expect, test } from 'vitest';
import { createRunEvents } from '../../../cli/render/run-events.ts';
import { because } from '../../../core/model/because.ts';
import { change, done, instance, runView, START, UID } from './run-fixture.ts';

const collect = done('symbol.collect', 'BTC', 1_900, { because: because('succeeded') });
const clean = instance('symbol.clean', 'BTC', 'failed', {
  reason: 'error',
  durationMs: 10,
  because: because('retries_spent', { try: 1, error: 'no' }),
  error: { name: 'ValueError', message: 'no' },
});
const compare = instance('compare', null, 'not_selected', {
  attempts: 0 as never,
  because: because('outside_scope'),
});

test('every instance has exactly one task.finished, selected or not, and run.finished comes last', () => {
  const events = createRunEvents();
  const first = runView([instance('symbol.collect', null, 'none'), compare]);
  const last = runView([collect, clean, compare], { state: 'failed', endedAt: START + 2_500 });
  const told = [
    ...events.start(first, false),
    ...events.update(change(instance('symbol.collect', 'BTC', 'running'), 5)),
    ...events.update(change(collect, 1_905)),
    ...events.update(change(collect, 1_906, { from: 'success' })),
    ...events.update(change(clean, 2_400)),
    ...events.update({ type: 'ended', view: last }),
    ...events.end(last),
  ];
  const finished = told.filter(({ type }) => type === 'task.finished');
  expect(finished.map(({ taskId, key, state }) => [taskId, key, state])).toEqual([
    ['symbol.collect', 'BTC', 'success'],
    ['symbol.clean', 'BTC', 'failed'],
    ['compare', null, 'not_selected'],
  ]);
  expect(told.at(-1)).toEqual({
    v: 1,
    type: 'run.finished',
    dagId: 'pipeline',
    runId: UID,
    state: 'failed',
    counts: { success: 1, failed: 1, not_selected: 1 },
    durationMs: 2_500,
  });
  expect(told.every(({ v }) => v === 1)).toBe(true);
});

test('a finished task says what the contract names', () => {
  const events = createRunEvents();
  events.start(runView([]), false);
  expect(events.update(change(clean, 1))).toEqual([
    {
      v: 1,
      type: 'task.finished',
      runId: UID,
      taskId: 'symbol.clean',
      key: 'BTC',
      state: 'failed',
      reason: 'error',
      attempt: 1,
      durationMs: 10,
      because: {
        code: 'retries_spent',
        text: 'Attempt 1 failed and no retry is left: no',
        try: 1,
        error: 'no',
      },
      error: { name: 'ValueError', message: 'no' },
    },
  ]);
});

test('reason is null unless failed or cancelled', () => {
  const events = createRunEvents();
  const [event] = events.update(change(done('compare', null, 1, { reason: 'error' }), 1));
  expect(event?.reason).toBe(null);
});

test('what happened before a retry is known, not told; its instances come at the end', () => {
  const events = createRunEvents(START + 1_000);
  expect(events.update(change(collect, 999))).toEqual([]);
  expect(events.update(change(clean, 1_000))).toHaveLength(1);
  const told = events.end(runView([collect, clean], { state: 'failed', endedAt: START }));
  expect(told.map(({ type, taskId }) => [type, taskId])).toEqual([
    ['task.finished', 'symbol.collect'],
    ['run.finished', undefined],
  ]);
});
