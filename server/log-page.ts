import { type Static, Type } from 'typebox';
import { lineFilter } from '../core/log/line-filter.ts';
import { type LogSource, readAttemptLog } from '../core/log/read-attempt-log.ts';
import { AppError } from '../core/model/errors.ts';
import { READ_STREAMS } from './schemas/log.ts';
import { oneOf } from './schemas/words.ts';
import { instant } from './views.ts';

const LINES = { default: 1_000, most: 5_000 } as const;

/** The query of a page of a log. */
export const LOG_QUERY = {
  from: Type.Optional(
    Type.Integer({ minimum: 0, description: '`next` of the page before; 0: the beginning' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LINES.most, default: LINES.default })),
  q: Type.Optional(Type.String({ maxLength: 1_024, description: 'only lines that contain this text' })),
  regex: Type.Optional(Type.String({ maxLength: 1_024, description: 'only lines that match' })),
  stream: Type.Optional(Type.Array(oneOf(READ_STREAMS, 'only lines of these'))),
};

type LogQuery = Static<ReturnType<typeof Type.Object<typeof LOG_QUERY>>>;

/** A page of a log; `null`: nothing was written yet. */
export async function readLogPage(source: LogSource | null, query: LogQuery) {
  if (query.q !== undefined && query.regex !== undefined)
    throw new AppError('usage', 'give q or regex, not both');
  if (source === null) return { lines: [], next: 0, atEnd: true };
  const page = await readAttemptLog(source, {
    fromByte: query.from ?? 0,
    limit: query.limit ?? LINES.default,
    ...(query.stream === undefined ? {} : { streams: query.stream }),
    ...(query.q === undefined ? {} : { matches: lineFilter({ text: query.q }) }),
    ...(query.regex === undefined ? {} : { matches: lineFilter({ regex: query.regex }) }),
  });
  const lines = page.lines.map(({ at, stream, text, more }) => ({ at: instant(at), stream, text, more }));
  return { lines, next: page.nextByte, atEnd: page.atEnd };
}
