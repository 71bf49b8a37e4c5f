import type { Clock } from '../model/clock.ts';
import { AppError } from '../model/errors.ts';
import type { Rule } from '../model/violation.ts';
import { type Repair, repairOf } from '../planner/repair.ts';
import { describeLeader } from '../store/holder.ts';
import type { Store } from '../store/store.ts';

/** What a repair does about one rule that is broken. */
export interface RuleRepair extends Repair {
  readonly rule: Rule;
}

/** What {@link repairStore} would do now, rule by rule. Only reads. */
export async function foretellRepair(store: Store): Promise<readonly RuleRepair[]> {
  const violations = await store.checkIntegrity(Number.POSITIVE_INFINITY);
  return violations.map((violation) => ({ rule: violation.rule, ...repairOf(violation) }));
}

/**
 * Repairs what is stored, one transaction a rule, so that a repair that is cut off is gone on with by the
 * next one. Leads meanwhile, unless there is nothing to do; gives what was done and what is left.
 * @throws AppError `conflict` if another process leads.
 */
export async function repairStore(store: Store, by: string, clock: Clock): Promise<readonly RuleRepair[]> {
  const foretold = await foretellRepair(store);
  if (foretold.every(({ steps }) => steps.length === 0)) return foretold;
  const lease = await store.tryLead();
  if (lease === null) {
    const leader = describeLeader(await store.leader());
    throw new AppError(
      'conflict',
      `Nothing was repaired: ${leader} leads this project. End it, then: orch doctor --repair`,
    );
  }
  try {
    const done: RuleRepair[] = [];
    for (const { rule, steps, left } of foretold) {
      if (steps.length === 0) done.push({ rule, steps, left });
      else done.push({ rule, ...(await store.repair(lease, { rule, by, at: clock.now() })) });
    }
    return done;
  } finally {
    await lease.release();
  }
}
