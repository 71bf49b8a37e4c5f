import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { NodeNo, RunNo, TryNo } from '../../../core/model/ids.ts';
import {
  attemptSpanId,
  foreignSpan,
  runSpanId,
  taskSpanId,
  traceIdOf,
} from '../../../core/telemetry/derived-ids.ts';
import { isReopening, occurrencesOf } from '../../../core/telemetry/occurrence.ts';
import { nanos, type OtlpSpan, rejectedIn, tracesBody } from '../../../core/telemetry/otlp.ts';
import { spanOf } from '../../../core/telemetry/spans.ts';
import { happened, RUN, runLine, TASK, taskLine, UID } from './lines.ts';

const N = 3 as NodeNo;
const spansOf = (...of: Parameters<typeof happened>): OtlpSpan[] =>
  happened(...of).flatMap((one) => spanOf(one) ?? []);
const facts = ({ attributes }: OtlpSpan): Record<string, string> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, 'stringValue' in value ? value.stringValue : value.intValue]),
  );

describe('ids', () => {
  test('are the beginning of a sha256, and others for everything else', () => {
    const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
    expect(traceIdOf(UID)).toBe(sha(`run ${UID}`).slice(0, 32));
    expect(runSpanId(UID, null)).toBe(sha(`run ${UID} 0`).slice(0, 16));
    expect(taskSpanId(UID, 3, 0)).toBe(sha(`task ${UID} 3 0`).slice(0, 16));
    expect(attemptSpanId(UID, 3, 2)).toBe(sha(`attempt ${UID} 3 2`).slice(0, 16));
    const all = [runSpanId(UID, null), runSpanId(UID, 9), taskSpanId(UID, 3, 0), taskSpanId(UID, 3, 1)];
    expect(new Set([...all, attemptSpanId(UID, 3, 1), attemptSpanId(UID, 31, 1)]).size).toBe(6);
  });
});

test.each([
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', true],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00', true],
  ['cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more', true],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more', false],
  ['ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', false],
  ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', false],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01', false],
  ['00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01', false],
  ['', false],
])('traceparent %j is valid: %s', (text, isValid) => {
  const [, traceId, spanId] = text.split('-');
  expect(foreignSpan(text)).toEqual(isValid ? { traceId, spanId } : null);
});

describe('spans', () => {
  test('of a run that a request of another trace asked for has a link to it, before those of assets', () => {
    const askedBy = { traceId: '4'.repeat(32), spanId: '7'.repeat(16) };
    const line = { ...runLine('running', 'success', 9_000), run: { ...RUN, askedBy } };
    const [span] = spansOf([line]);
    expect(span?.links).toEqual([{ ...askedBy, attributes: [] }]);
    expect(span?.traceId).toBe(traceIdOf(UID));
  });

  test('of a short attempt: its line tells of attempt and task', () => {
    const [attempt, task] = spansOf([
      taskLine('queued', 'success', 2_600, { startedAt: 2_000, endedAt: 2_500 }),
    ]);
    expect(attempt).toEqual({
      traceId: traceIdOf(UID),
      spanId: attemptSpanId(UID, 3, 1),
      parentSpanId: taskSpanId(UID, 3, 0),
      name: 'symbol.store',
      kind: 1,
      startTimeUnixNano: '2000000000',
      endTimeUnixNano: '2500000000',
      attributes: [
        { key: 'cicd.pipeline.name', value: { stringValue: 'prices' } },
        { key: 'cicd.pipeline.run.id', value: { stringValue: UID } },
        { key: 'cicd.pipeline.task.name', value: { stringValue: 'symbol.store' } },
        { key: 'cicd.pipeline.task.run.id', value: { stringValue: '7.3' } },
        { key: 'cicd.pipeline.task.run.result', value: { stringValue: 'success' } },
        { key: 'orch.task.instance', value: { stringValue: 'symbol[BTC].store' } },
        { key: 'orch.task.state', value: { stringValue: 'success' } },
        { key: 'orch.because', value: { stringValue: 'none' } },
        { key: 'orch.attempt.id', value: { stringValue: '7.3.1' } },
        { key: 'orch.attempt.number', value: { intValue: '1' } },
      ],
      status: { code: 0 },
    });
    expect(task).toMatchObject({
      spanId: taskSpanId(UID, 3, 0),
      parentSpanId: runSpanId(UID, null),
      startTimeUnixNano: '2000000000',
      endTimeUnixNano: '2500000000',
    });
  });

  test('of a retry: each attempt has one with its own result, the task begins with the first', () => {
    const error = { name: 'HTTPError', message: 'it said 500' };
    const first = taskLine('running', 'up_for_retry', 2_600, {
      startedAt: 2_000,
      endedAt: 2_500,
      reason: 'error',
      error,
    });
    const second = taskLine(
      'running',
      'failed',
      4_000,
      { tryNo: 2 as TryNo, startedAt: 3_000, endedAt: 3_900, reason: 'timeout' },
      'timed_out',
    );
    const spans = spansOf([first, second], { firstStartedAt: 2_000 });
    expect(spans.map((span) => [span.spanId, span.parentSpanId])).toEqual([
      [attemptSpanId(UID, 3, 1), taskSpanId(UID, 3, 0)],
      [attemptSpanId(UID, 3, 2), taskSpanId(UID, 3, 0)],
      [taskSpanId(UID, 3, 0), runSpanId(UID, null)],
    ]);
    expect(spans.map(facts)).toMatchObject([
      { 'cicd.pipeline.task.run.result': 'failure', 'error.type': 'HTTPError', 'orch.attempt.id': '7.3.1' },
      { 'cicd.pipeline.task.run.result': 'timeout', 'error.type': 'timeout', 'orch.attempt.id': '7.3.2' },
      { 'cicd.pipeline.task.run.result': 'timeout', 'error.type': 'timeout' },
    ]);
    expect(spans.map(({ status }) => status)).toMatchObject([
      { code: 2, message: 'it said 500' },
      { code: 2, message: expect.stringContaining('timeout') },
      { code: 2 },
    ]);
    expect([spans[2]?.startTimeUnixNano, spans[2]?.endTimeUnixNano]).toEqual(['2000000000', '3900000000']);
  });

  test.each([
    ['running', 'waiting', null, 'none', 'deferred'],
    ['running', 'up_for_retry', null, 'paused_at_checkpoint', 'cancellation'],
    ['paused', 'up_for_retry', null, 'ended_while_paused', 'cancellation'],
    ['running', 'up_for_retry', 'lost', 'attempt_lost', 'error'],
    ['running', 'cancelled', 'run_timeout', 'none', 'timeout'],
    ['running', 'cancelled', 'user', 'none', 'cancellation'],
    ['running', 'skipped', null, 'skipped_itself', 'skip'],
    ['running', 'removed', null, 'removed_key', 'cancellation'],
    ['queued', 'failed', 'memory', 'none', 'failure'],
  ] as const)('an attempt from %s to %s (%s, %s) is called %s', (from, to, reason, code, result) => {
    const [span] = spansOf([taskLine(from, to, 9, { startedAt: 1, endedAt: 5, reason }, code)]);
    expect(facts(span as OtlpSpan)['cicd.pipeline.task.run.result']).toBe(result);
  });

  test('of what never began: the task alone, without length', () => {
    const lines = [taskLine('none', 'skipped', 2_000), taskLine('none', 'upstream_failed', 2_000)];
    const spans = spansOf(lines, { firstStartedAt: null });
    expect(spans.map((span) => [span.startTimeUnixNano, span.endTimeUnixNano, span.status.code])).toEqual([
      ['2000000000', '2000000000', 0],
      ['2000000000', '2000000000', 0],
    ]);
    expect(spans.map((span) => facts(span)['orch.task.state'])).toEqual(['skipped', 'upstream_failed']);
  });

  test('of an attempt taken back before it began there is none', () => {
    expect(spansOf([taskLine('queued', 'scheduled', 9)])).toEqual([]);
    expect(spansOf([taskLine('running', 'success', 9, { startedAt: 1 })], { task: null })).toEqual([]);
  });

  test('marks of what has ended, and instances outside the scope, have none', () => {
    expect(spansOf([taskLine('failed', 'success', 9, { startedAt: 1, endedAt: 5 })])).toEqual([]);
    expect(spansOf([taskLine('none', 'not_selected', 9), taskLine('none', 'removed', 9)])).toEqual([]);
  });

  test('an answer of people is a task without attempts that began with the question', () => {
    const approval = { tryNo: 0 as TryNo, startedAt: 3_000 };
    const [task, ...others] = spansOf([taskLine('waiting', 'success', 8_000, approval)]);
    expect(others).toEqual([]);
    expect([task?.startTimeUnixNano, task?.endTimeUnixNano]).toEqual(['3000000000', '8000000000']);
  });

  test('what rows say by now, after a later change, makes no span longer than its line', () => {
    const [attempt] = spansOf([taskLine('running', 'up_for_retry', 50, { startedAt: 10, endedAt: 9_999 })]);
    expect(attempt?.endTimeUnixNano).toBe('50000000');
  });

  test('of a run: the root, linked to the attempts that made its assets', () => {
    const producer = {
      runNo: 4 as RunNo,
      runUid: 'other',
      dagId: 'raw',
      nodeNo: 2,
      tryNo: 1,
      task: 'fetch',
    };
    const event = { eventNo: 1, uri: 's3://raw/prices', at: 400, producer, reported: null, extra: null };
    const outside = { ...event, producer: null, reported: { by: 'me', requestNo: 1 } };
    const line = {
      ...runLine('running', 'failed', 9_000, 'leaf_failed'),
      run: { ...RUN, events: [event, outside] },
    };
    const [span] = spansOf([line as ReturnType<typeof runLine>]);
    expect(span).toEqual({
      traceId: traceIdOf(UID),
      spanId: runSpanId(UID, null),
      name: 'RUN prices',
      kind: 2,
      startTimeUnixNano: '1000000000',
      endTimeUnixNano: '9000000000',
      attributes: [
        { key: 'cicd.pipeline.name', value: { stringValue: 'prices' } },
        { key: 'cicd.pipeline.run.id', value: { stringValue: UID } },
        { key: 'cicd.pipeline.action.name', value: { stringValue: 'RUN' } },
        { key: 'cicd.pipeline.result', value: { stringValue: 'failure' } },
        { key: 'error.type', value: { stringValue: 'leaf_failed' } },
        { key: 'orch.run.trigger', value: { stringValue: 'schedule' } },
        { key: 'orch.run.logical_date', value: { stringValue: '2026-01-02T00:00:00.000Z' } },
        { key: 'orch.because', value: { stringValue: 'leaf_failed' } },
      ],
      links: [
        {
          traceId: traceIdOf('other'),
          spanId: attemptSpanId('other', 2, 1),
          attributes: [{ key: 'orch.asset', value: { stringValue: 's3://raw/prices' } }],
        },
      ],
      status: { code: 2, message: expect.any(String) },
    });
  });

  test('a run that is opened again has a root of its own then, and its tasks hang on that', () => {
    const opened = runLine('failed', 'queued', 20);
    expect([opened, runLine('queued', 'running', 21)].map(isReopening)).toEqual([true, false]);
    const lines = [
      taskLine('queued', 'success', 30, { tryNo: 2 as TryNo, tryBase: 1, startedAt: 25 }),
      runLine('running', 'success', 40),
    ];
    const [attempt, task, run] = spansOf(lines, { reopenedBy: 20 });
    expect(attempt).toMatchObject({
      spanId: attemptSpanId(UID, N, 2),
      parentSpanId: taskSpanId(UID, N, 1),
    });
    expect(task).toMatchObject({ spanId: taskSpanId(UID, N, 1), parentSpanId: runSpanId(UID, 20) });
    expect(run).toMatchObject({ spanId: runSpanId(UID, 20), traceId: traceIdOf(UID) });
  });

  test('a run that is read after it was opened again is not longer than it was', () => {
    const later = { ...runLine('running', 'failed', 800), run: { ...RUN, startedAt: 5_000 } };
    const [span] = spansOf([later as ReturnType<typeof runLine>]);
    expect([span?.startTimeUnixNano, span?.endTimeUnixNano]).toEqual(['500000000', '800000000']);
  });
});

describe('OTLP', () => {
  test('a request names its service and scope', () => {
    const spans = spansOf([taskLine('none', 'skipped', 1)]);
    const resource = { 'deployment.environment': 'prod', 'service.version': 'other' };
    const source = { serviceName: 'market', resource, version: '1.2.3' };
    expect(JSON.parse(tracesBody(source, spans))).toEqual({
      resourceSpans: [
        {
          resource: {
            attributes: [
              { key: 'service.name', value: { stringValue: 'market' } },
              { key: 'service.version', value: { stringValue: '1.2.3' } },
              { key: 'deployment.environment', value: { stringValue: 'prod' } },
            ],
          },
          scopeSpans: [
            { scope: { name: 'orch', version: '1.2.3' }, spans: JSON.parse(JSON.stringify(spans)) },
          ],
        },
      ],
    });
  });

  test('nanoseconds are exact', () => {
    expect(nanos(1_795_860_123_456)).toBe('1795860123456000000');
  });

  test('an answer says what of a request was refused', () => {
    expect(rejectedIn('{"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}}')).toBe(3);
    expect(
      ['{}', '', 'null', '{"partialSuccess":{}}', '{"partialSuccess":{"rejectedSpans":"x"}}'].map(rejectedIn),
    ).toEqual([0, 0, 0, 0, 0]);
  });
});

test('a line tells of what people see only', () => {
  const context = { reopenedBy: null, task: TASK, firstStartedAt: 1 };
  const line = taskLine('queued', 'running', 5, { startedAt: 4 });
  expect(occurrencesOf(line, context).map(({ type, at }) => [type, at])).toEqual([['task.started', 4]]);
  expect(occurrencesOf(line, { ...context, task: null })).toEqual([]);
});
