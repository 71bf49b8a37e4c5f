import { Type } from 'typebox';
import { LOG_STREAMS, type LogStream } from '../../core/log/log-line.ts';
import { exact, Instant, named, oneOf } from './words.ts';

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
