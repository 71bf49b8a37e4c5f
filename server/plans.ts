import { createHash } from 'node:crypto';
import { type TProperties, Type } from 'typebox';
import { AppError } from '../core/model/errors.ts';
import { exact, named } from './schemas/words.ts';

const HASH = '^[0-9a-f]{64}$';

/** The query of a change that can be tried. */
export const DRY_RUN = {
  dryRun: Type.Optional(Type.Boolean({ description: 'say what would happen and change nothing' })),
};

/** What the body of such a change may have. */
export const PLAN_HASH = {
  planHash: Type.Optional(
    Type.String({
      pattern: HASH,
      description: 'of a dry run: refused with 409 if it would do otherwise by now',
    }),
  ),
};

/** The schema of what a change would do. */
export function planOf<P extends TProperties>(name: string, properties: P) {
  const planHash = Type.String({ pattern: HASH, description: 'to be sent with the change' });
  return named(name, exact({ planHash, ...properties }));
}

/** Names a plan by all that it says and by what was asked for. */
export function withHash<Plan extends object>(
  asked: object,
  plan: Plan,
): Plan & { readonly planHash: string } {
  const planHash = createHash('sha256')
    .update(JSON.stringify([asked, plan]))
    .digest('hex');
  return { planHash, ...plan };
}

/** @throws AppError `conflict` if a plan is not the one that somebody agreed to. */
export function requirePlan(wanted: string, { planHash }: { readonly planHash: string }): void {
  if (wanted !== planHash)
    throw new AppError('conflict', 'what would happen has changed since the dry run: look at it again');
}
