import { Type } from 'typebox';
import { AppError } from '../../core/model/errors.ts';
import { API, type Route, route } from '../route.ts';
import { DagId, RunId } from '../schemas/words.ts';

const EVENT_STREAM = 'text/event-stream';
/** The numbers of lines of the journal. */
const SEQ = /^\d{1,15}$/;

const events = route('get', `${API}/events`, {
  id: 'getEvents',
  tag: 'live',
  summary: 'What changes from now on, or from an event on, as Server-Sent Events that never end',
  description:
    'Begins with the event `hello`, which says up to which number all is in what other routes answer: ' +
    'read them after it, and apply what comes. `Last-Event-ID` goes on after an event instead.',
  role: 'viewer',
  query: {
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'as `Last-Event-ID`, for clients that cannot set it',
      }),
    ),
    dagId: Type.Optional(Type.Array(DagId, { description: 'only of these DAGs' })),
    runId: Type.Optional(Type.Array(RunId, { description: 'only of these runs' })),
  },
  textType: EVENT_STREAM,
  handle: async ({ live }, { query, header, again, connection }) => {
    const lastId = header('last-event-id') ?? '';
    if (lastId !== '' && !SEQ.test(lastId))
      throw new AppError('usage', 'Last-Event-ID must be the id of an event of this stream');
    const stream = live.listen({
      afterSeq: lastId === '' ? (query.after ?? null) : Number(lastId),
      dagIds: query.dagId === undefined ? null : new Set(query.dagId),
      runIds: query.runId === undefined ? null : new Set(query.runId),
      again,
      connection,
    });
    connection.endsWithBody();
    const headers = {
      'content-type': `${EVENT_STREAM}; charset=utf-8`,
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      // A server that ends does not wait for the connection of a stream that is over.
      connection: 'close',
    };
    return new Response(stream, { headers }) as never;
  },
});

/** What changes, as it does. */
export const liveRoutes: readonly Route[] = [events];
