import { APPROVALS } from './approvals.ts';
import { ASSETS } from './assets.ts';
import { BACKFILLS } from './backfills.ts';
import { HOOKS } from './hooks.ts';
import { LIMITS_AND_SLOTS } from './limits-and-slots.ts';
import type { Mutant } from './mutant.ts';
import { REQUESTS_AND_OUTCOMES } from './requests-and-outcomes.ts';
import { RULES } from './rules.ts';
import { STORE_AND_LEADER } from './store-and-leader.ts';
import { WAITS } from './waits.ts';

/** Every mutant. */
export const MUTANTS: readonly Mutant[] = [
  ...STORE_AND_LEADER,
  ...REQUESTS_AND_OUTCOMES,
  ...LIMITS_AND_SLOTS,
  ...RULES,
  ...BACKFILLS,
  ...WAITS,
  ...APPROVALS,
  ...HOOKS,
  ...ASSETS,
];
