import { Type } from 'typebox';
import { AppError } from '../../core/model/errors.ts';
import { foldSamples } from '../../core/model/figures.ts';
import { HISTORY } from '../../core/store/metric-history.ts';
import { readFigures } from '../current-figures.ts';
import { readInstant } from '../instants.ts';
import { TICKET_MS } from '../live/stream-tickets.ts';
import { API, type Route, route } from '../route.ts';
import { CurrentFigures, FigureHistory } from '../schemas/figures.ts';
import { exact, Instant } from '../schemas/words.ts';
import { instant } from '../views.ts';

const tag = 'metrics';
const HOUR_MS = 3_600_000;
/** Items of an answer. */
const ITEMS_MAX = 10_000;
const EVENT_STREAM = 'text/event-stream';

const Ticket = Type.Optional(
  Type.String({ maxLength: 128, description: 'of `POST /api/v1/stream-tickets`, in the place of a header' }),
);

const current = route('get', `${API}/metrics`, {
  id: 'getCurrentFigures',
  tag,
  summary: 'How the machine of this server does, and what there is to do',
  role: 'viewer',
  answer: CurrentFigures,
  handle: async (services, { access }) => {
    access.requireGlobal();
    return readFigures(services);
  },
});

const history = route('get', `${API}/metrics/history`, {
  id: 'getFigureHistory',
  tag,
  summary: 'How the machine of the scheduler did: every 10 s of a day, every 5 min of 30 days',
  role: 'viewer',
  query: {
    from: Type.Optional(Type.String({ format: 'date-time', description: 'absent: an hour before `to`' })),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'excluded; absent: now' })),
    step: Type.Optional(
      Type.Integer({ minimum: 10, maximum: 86_400, description: 'seconds; averages over each' }),
    ),
  },
  answer: FigureHistory,
  handle: async ({ store, clock }, { query, access }) => {
    access.requireGlobal();
    const toAt = query.to === undefined ? clock.now() + 1 : readInstant('to', query.to);
    const fromAt = query.from === undefined ? toAt - HOUR_MS : readInstant('from', query.from);
    if (fromAt >= toAt) throw new AppError('usage', '`from` must be before `to`');
    const least = Math.ceil((toAt - Math.max(fromAt, clock.now() - HISTORY.coarse.keptMs)) / ITEMS_MAX);
    const stepMs = query.step === undefined ? Math.max(HISTORY.fine.stepMs, least) : query.step * 1_000;
    if (stepMs < least)
      throw new AppError('usage', `that is more than ${ITEMS_MAX} items: ask for a larger step`);
    const samples = foldSamples(await store.operations.history.between(fromAt, toAt), stepMs);
    return { stepMs, items: samples.map(({ at, figures }) => ({ at: instant(at), ...figures })) };
  },
});

const realtime = route('get', `${API}/metrics/realtime`, {
  id: 'getFigureStream',
  tag,
  summary: 'The figures of now, every 2 s, as Server-Sent Events that never end',
  role: 'viewer',
  query: { ticket: Ticket },
  textType: EVENT_STREAM,
  handle: async ({ figures }, { access, again, connection }) => {
    access.requireGlobal();
    const encoder = new TextEncoder();
    let leave = (): void => {};
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          leave = figures.listen({
            again,
            offer: (text) => {
              if ((controller.desiredSize ?? 0) <= 0) return false;
              controller.enqueue(encoder.encode(`event: metrics\ndata: ${text}\n\n`));
              return true;
            },
            end: (isSlow) => {
              controller.close();
              if (isSlow) connection.hangUp();
            },
          });
        },
        cancel: () => leave(),
      },
      { highWaterMark: 1 },
    );
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

const socket = route('get', `${API}/metrics/realtime/ws`, {
  id: 'getFigureSocket',
  tag,
  summary: 'The figures of now, every 2 s, over a WebSocket: each a text of JSON',
  description: 'A page of another site is refused (`Origin`). What a client sends is not read.',
  role: 'viewer',
  query: { ticket: Ticket },
  textType: 'application/json',
  handle: async ({ figures }, { access, again, upgrade }) => {
    access.requireGlobal();
    return (await upgrade((line) => figures.listen({ again, ...line }))) as never;
  },
});

const ticket = route('post', `${API}/stream-tickets`, {
  id: 'createStreamTicket',
  tag,
  summary: 'A ticket for one stream, for clients that can send no header',
  description: `For \`?ticket=\` of a stream of metrics of this server, within ${TICKET_MS / 1_000} s.`,
  role: 'viewer',
  body: exact({}),
  answer: exact({ ticket: Type.String(), expiresAt: Instant }),
  status: 201,
  isSecret: true,
  handle: async ({ tickets, clock }, { access, whoAgain }) => ({
    ticket: tickets.give({ principal: access.principal, again: whoAgain }),
    expiresAt: instant(clock.now() + TICKET_MS),
  }),
});

/** Figures of a machine and its queue: now, before, and as they come. */
export const figureRoutes: readonly Route[] = [current, history, realtime, socket, ticket];
