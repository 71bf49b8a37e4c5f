import { Type } from 'typebox';
import { LOG_STREAMS, type LogStream } from '../../core/log/log-line.ts';
import { LOG_LEVELS } from '../../core/log/read-own-log.ts';
import { AnyObject, exact, Instant, named, oneOf, orNull } from './words.ts';

/** What a reader may ask for: the mark of a beginning is none of it. */
export const READ_STREAMS = Object.keys(LOG_STREAMS).filter((name) => name !== 'begin') as LogStream[];

export const LogPage = named(
  'LogPage',
  exact({
    lines: Type.Array(
      exact({
        at: Instant,
        stream: oneOf(READ_STREAMS, 'stdout, stderr, a level of ctx.log, or a remark of orch'),
        text: Type.String(),
        more: Type.Boolean({ description: 'the next line of this stream goes on where this one stops' }),
      }),
    ),
    next: Type.Integer({ description: 'from of the next page' }),
    atEnd: Type.Boolean({ description: 'all that is there by now was read' }),
  }),
);

export const AttemptLog = named(
  'AttemptLog',
  exact({
    attemptId: Type.String(),
    runId: Type.String(),
    dagId: Type.String(),
    taskInstanceId: Type.String(),
    name: Type.String({ description: 'of the task instance, such as symbol[BTC-USD].backtest' }),
    tryNo: Type.Integer(),
    bytes: orNull(Type.Integer({ description: 'as it is kept; null: it is being written' })),
  }),
);

export const FoundLine = named(
  'FoundLine',
  exact({
    runId: Type.String(),
    dagId: Type.String(),
    attemptId: Type.String(),
    taskInstanceId: Type.String(),
    name: Type.String({ description: 'of the task instance, such as symbol[BTC-USD].backtest' }),
    at: Instant,
    stream: oneOf(READ_STREAMS, 'stdout, stderr, a level of ctx.log, or a remark of orch'),
    text: Type.String(),
  }),
);

export const OwnLine = named(
  'OwnLine',
  exact({
    at: Instant,
    level: oneOf(LOG_LEVELS, 'how grave it is'),
    part: orNull(Type.String({ description: 'of orch' })),
    message: Type.String(),
    facts: AnyObject,
  }),
);
