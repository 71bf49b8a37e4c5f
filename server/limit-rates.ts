import { isIPv6 } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Admit } from './auth/authenticate.ts';
import { problemOfStatus } from './problem.ts';

/** How often somebody may ask. */
export interface RateLimits {
  /** Of one asker from one address, over time and at once. */
  readonly requestsPerSecond: number;
  readonly burst: number;
  /** In a minute, for each address and for each name. */
  readonly failedLogins: number;
}

const MINUTE_S = 60;
/** No account has a longer name: a longer one is counted by its beginning. */
const NAME_MAX = 128;

/** Limits the requests of each asker from each address; those of nobody are counted by address alone. */
export function limitRequests({ requestsPerSecond, burst }: RateLimits): Admit {
  const limiter = new RateLimiterMemory({ points: burst, duration: burst / requestsPerSecond });
  return async (context, principal) => {
    const key = JSON.stringify([principal?.id ?? null, networkOf(addressOf(context))]);
    const waitMs = await spend(limiter, key);
    return waitMs === null ? null : tooMany(context, waitMs, 'too many requests: ask more slowly');
  };
}

/**
 * Limits failed logins by address and by name. A login counts from its beginning until it has succeeded, so
 * that many at once are no way around, or was put off.
 */
export function limitLogins({ failedLogins }: RateLimits): MiddlewareHandler {
  const options = { points: failedLogins, duration: MINUTE_S };
  const byAddress = new RateLimiterMemory(options);
  const byName = new RateLimiterMemory(options);
  return async (context, next) => {
    const network = networkOf(addressOf(context));
    const name = nameIn(await context.req.text());
    const waitMs = (await spend(byAddress, network)) ?? (name === null ? null : await spend(byName, name));
    if (waitMs !== null) return tooMany(context, waitMs, 'too many failed logins: try again later');
    await next();
    const { status } = context.res;
    if (status < 400 || status === 503) {
      await byAddress.reward(network);
      if (name !== null) await byName.reward(name);
    }
    return undefined;
  };
}

/** Takes a point; the milliseconds until there is one again if there is none. */
async function spend(limiter: RateLimiterMemory, key: string): Promise<number | null> {
  try {
    await limiter.consume(key);
    return null;
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return refused.msBeforeNext;
    throw refused;
  }
}

function tooMany(context: Context, waitMs: number, detail: string): Response {
  context.header('retry-after', String(Math.max(1, Math.ceil(waitMs / 1_000))));
  return problemOfStatus(context, 429, 'too_many', { title: 'Too many requests', detail });
}

/** The address at the other end of the connection: what headers say of it anybody may write. */
function addressOf(context: Context): string {
  const { incoming } = (context.env ?? {}) as Partial<HttpBindings>;
  return incoming?.socket.remoteAddress ?? '';
}

/** What one asker has of addresses: of IPv6 a whole network of 64 bits. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

function nameIn(body: string): string | null {
  try {
    const { name } = JSON.parse(body) as { name?: unknown };
    return typeof name === 'string' ? name.slice(0, NAME_MAX) : null;
  } catch {
    return null;
  }
}
