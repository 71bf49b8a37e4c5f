import { Type } from 'typebox';
import { healthOf, readLoop } from '../../core/scheduler/health.ts';
import { type Route, route } from '../route.ts';
import { exact, named, oneOf, orNull } from '../schemas/words.ts';

const tag = 'system';

const Health = named(
  'Health',
  exact({
    status: oneOf(['ok', 'stalled', 'no leader'], 'of the loop that decides, whatever this process does'),
    leader: orNull(exact({ pid: Type.Integer(), host: Type.String(), silentMs: Type.Number() })),
    oldestRequestMs: orNull(Type.Number()),
  }),
);

const health = route('get', '/healthz', {
  id: 'getHealth',
  tag,
  summary: 'Whether the scheduler gets on; 503 if it is stalled',
  role: 'public',
  answer: Health,
  handle: async ({ store, clock }) => {
    const facts = await readLoop(store, clock);
    const { state } = healthOf(facts);
    const { leader, oldestRequestMs } = facts;
    const led = leader === null ? null : { pid: leader.pid, host: leader.host, silentMs: leader.silentMs };
    const body = { status: state, leader: led, oldestRequestMs };
    return state === 'stalled' ? (Response.json(body, { status: 503 }) as never) : body;
  },
});

const ready = route('get', '/readyz', {
  id: 'getReadiness',
  tag,
  summary: 'Whether this server can answer: its database does',
  role: 'public',
  answer: exact({ status: oneOf(['ready'], 'it is') }),
  handle: async ({ store }) => {
    await store.counters();
    return { status: 'ready' as const };
  },
});

/** How the server and the scheduler are. */
export const systemRoutes: readonly Route[] = [health, ready];
