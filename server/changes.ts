import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { AppError } from '../core/model/errors.ts';
import { thisHolder } from '../core/store/holder.ts';
import { jsonHeaders } from './compress-json.ts';
import type { Principal } from './principal.ts';
import { problem, problemOfError, problemOfStatus } from './problem.ts';
import { requestIdOf } from './request-id.ts';
import type { Route } from './route.ts';
import type { Services } from './services.ts';

/** A key of a client, as it may stand in `Idempotency-Key`. */
const KEY = /^[\x21-\x7e]{1,128}$/;
/** Who has not answered by then has died, where that is not seen at once. */
const LOST_AFTER_MS = 60_000;

/** A request that changes something. */
export interface Change {
  readonly route: Route;
  readonly principal: Principal;
  readonly params: object;
  readonly body: unknown;
}

/**
 * Carries a change out: it stands in the audit log before it is made, and one that comes again with its
 * `Idempotency-Key` is answered as it was and not made again. `make` is given a key of its own for each
 * client and key; whatever it asks the leader with that key is asked once, however often this process dies.
 */
export async function carryOut(
  context: Context,
  { store, clock, keys }: Services,
  change: Change,
  make: (key: string | null) => Promise<Response>,
): Promise<Response> {
  const { route, principal } = change;
  const given = context.req.header('idempotency-key');
  const key = given === undefined ? null : sha256([principal.id, given]);
  if (given !== undefined && !KEY.test(given))
    return problem(context, 'usage', 'Idempotency-Key must be 1 to 128 visible characters of ASCII');
  if (given !== undefined && route.isSecret)
    return problem(context, 'usage', 'this answer is given once: leave Idempotency-Key away');
  if (key !== null) {
    // What was answered is for the rights of then.
    const asked = [route.id, change.params, change.body, principal.grants];
    const fingerprint = route.takesSecret ? keys.digest(JSON.stringify(asked)) : sha256(asked);
    const now = clock.now();
    const known = await store.replies.claim({
      ...{ key, fingerprint, at: now },
      holder: thisHolder(clock),
      lostAfterMs: LOST_AFTER_MS,
    });
    if (known.state === 'answered') {
      const { status, type, body } = known.reply;
      const headers = { ...jsonHeaders(body ?? ''), 'content-type': type };
      return status === 204 ? new Response(null, { status }) : new Response(body, { status, headers });
    }
    if (known.state === 'under way')
      return problemOfStatus(context, 409, 'under_way', {
        title: 'Under way',
        detail: 'a request with this Idempotency-Key is being answered: ask again',
      });
    if (known.state === 'other')
      return problemOfStatus(context, 422, 'key_used', {
        title: 'Another request',
        detail: 'this Idempotency-Key was used for another request, or with other rights',
      });
  }
  const target = Object.entries(change.params).map(([name, value]) => `${name}=${value}`);
  const entry = { at: clock.now(), actor: principal.name, action: route.id, target: target.join(' ') };
  const auditNo = await store.audit.began({ ...entry, requestId: requestIdOf(context) });
  let response: Response;
  try {
    response = await make(key);
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'internal') {
      await store.audit.ended(auditNo, 500);
      if (key !== null) await store.replies.settle(key, null);
      throw error;
    }
    response = problemOfError(context, error);
  }
  await store.audit.ended(auditNo, response.status);
  if (key !== null) await settle(response);
  return response;

  /** What may be otherwise in a moment is not kept. */
  async function settle(answer: Response): Promise<void> {
    const body = await answer.clone().text();
    const type = answer.headers.get('content-type') ?? 'application/json';
    const isKept = answer.status < 500;
    await store.replies.settle(key as string, isKept ? { status: answer.status, type, body } : null);
  }
}

function sha256(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
