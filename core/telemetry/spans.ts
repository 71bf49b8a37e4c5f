import type { TaskError } from '../model/attempt.ts';
import type { Because } from '../model/because.ts';
import type { Reason } from '../model/states.ts';
import { ACTION, ATTRIBUTE, isBad, type Result, runResult, taskResult } from './cicd.ts';
import { attemptSpanId, runSpanId, taskSpanId, traceIdOf } from './derived-ids.ts';
import type { Occurrence } from './occurrence.ts';
import {
  attributesOf,
  nanos,
  type OtlpAttribute,
  type OtlpLink,
  type OtlpSpan,
  SPAN_KIND,
  SPAN_STATUS,
} from './otlp.ts';

/** Characters of the message of a span that tells of an error. */
const MESSAGE_MAX = 1_000;
/** Links of a span: more are dropped by receivers. */
const LINKS_MAX = 128;

type EndedAttempt = Extract<Occurrence, { type: 'attempt.ended' }>;
type EndedTask = Extract<Occurrence, { type: 'task.ended' }>;
type EndedRun = Extract<Occurrence, { type: 'run.ended' }>;

/** The span of what has ended; `null` for what only began: a span is sent once, when all of it is known. */
export function spanOf(occurrence: Occurrence): OtlpSpan | null {
  switch (occurrence.type) {
    case 'run.ended':
      return runSpan(occurrence);
    case 'task.ended':
      return taskSpan(occurrence);
    case 'attempt.ended':
      return attemptSpan(occurrence);
    default:
      return null;
  }
}

/** What the error of a span or a figure is called: few words, never a message. */
export function errorType(
  { error, reason, because }: { error: TaskError | null; reason: Reason | null; because: Because },
  result: Result,
): string | null {
  if (!isBad(result)) return null;
  if (reason !== null && reason !== 'error') return reason;
  return error?.name ?? because.code;
}

function runSpan({ run, reopenedBy, startedAt, at, state, because }: EndedRun): OtlpSpan {
  const result = runResult(state, because.code);
  const asked = run.askedBy === null ? [] : [{ ...run.askedBy, attributes: [] }];
  const made = run.events.flatMap(({ uri, producer }): OtlpLink[] => {
    if (producer === null) return [];
    const { runUid, nodeNo, tryNo } = producer;
    const attributes = attributesOf([[ATTRIBUTE.asset, uri]]);
    return [{ traceId: traceIdOf(runUid), spanId: attemptSpanId(runUid, nodeNo, tryNo), attributes }];
  });
  const links = [...asked, ...made.slice(asked.length - LINKS_MAX)];
  return {
    traceId: traceIdOf(run.uid),
    spanId: runSpanId(run.uid, reopenedBy),
    name: `${ACTION} ${run.dagId}`,
    kind: SPAN_KIND.server,
    startTimeUnixNano: nanos(startedAt),
    endTimeUnixNano: nanos(at),
    attributes: [
      ...runAttributes(run),
      ...attributesOf([
        [ATTRIBUTE.pipelineAction, ACTION],
        [ATTRIBUTE.pipelineResult, result],
        [ATTRIBUTE.errorType, isBad(result) ? because.code : null],
        [ATTRIBUTE.trigger, run.trigger],
        [ATTRIBUTE.logicalDate, run.logicalAt === null ? null : new Date(run.logicalAt).toISOString()],
        [ATTRIBUTE.because, because.code],
      ]),
    ],
    ...(links.length === 0 ? {} : { links }),
    status: statusOf(result, because.text),
  };
}

/** A task that never began has a span without length: the tree of a run has all that was decided in it. */
function taskSpan(occurrence: EndedTask): OtlpSpan {
  const { run, reopenedBy, task, attempt, startedAt, at } = occurrence;
  return {
    traceId: traceIdOf(run.uid),
    spanId: taskSpanId(run.uid, attempt.nodeNo, attempt.tryBase),
    parentSpanId: runSpanId(run.uid, reopenedBy),
    name: task.path,
    kind: SPAN_KIND.internal,
    startTimeUnixNano: nanos(startedAt ?? at),
    endTimeUnixNano: nanos(at),
    ...endOf(occurrence, []),
  };
}

function attemptSpan(occurrence: EndedAttempt): OtlpSpan {
  const { run, task, attempt, startedAt, at } = occurrence;
  const { nodeNo, tryNo, tryBase } = attempt;
  return {
    traceId: traceIdOf(run.uid),
    spanId: attemptSpanId(run.uid, nodeNo, tryNo),
    parentSpanId: taskSpanId(run.uid, nodeNo, tryBase),
    name: task.path,
    kind: SPAN_KIND.internal,
    startTimeUnixNano: nanos(startedAt),
    endTimeUnixNano: nanos(at),
    ...endOf(occurrence, [
      [ATTRIBUTE.attempt, `${run.runNo}.${nodeNo}.${tryNo}`],
      [ATTRIBUTE.attemptNumber, tryNo],
    ]),
  };
}

/** What the spans of tasks and attempts say alike. */
function endOf(
  occurrence: EndedTask | EndedAttempt,
  more: readonly (readonly [string, string | number])[],
): Pick<OtlpSpan, 'attributes' | 'status'> {
  const { run, task, attempt, to, reason, error, because } = occurrence;
  const result = taskResult(to, reason, because.code);
  const attributes = attributesOf([
    [ATTRIBUTE.taskName, task.path],
    [ATTRIBUTE.taskRunId, `${run.runNo}.${attempt.nodeNo}`],
    [ATTRIBUTE.taskRunResult, result],
    [ATTRIBUTE.errorType, errorType(occurrence, result)],
    [ATTRIBUTE.instance, task.name],
    [ATTRIBUTE.state, to],
    [ATTRIBUTE.because, because.code],
    ...more,
  ]);
  return {
    attributes: [...runAttributes(run), ...attributes],
    status: statusOf(result, error?.message ?? because.text),
  };
}

function runAttributes({ dagId, uid }: EndedRun['run']): readonly OtlpAttribute[] {
  return attributesOf([
    [ATTRIBUTE.pipelineName, dagId],
    [ATTRIBUTE.runId, uid],
  ]);
}

function statusOf(result: Result, message: string): OtlpSpan['status'] {
  if (!isBad(result)) return { code: SPAN_STATUS.unset };
  return { code: SPAN_STATUS.error, message: message.slice(0, MESSAGE_MAX) };
}
