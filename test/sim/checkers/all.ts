import type { SimHistory, Violation } from '../history.ts';
import { checkApprovals } from './approvals.ts';
import { checkAssets } from './assets.ts';
import { checkDecisions, checkProcesses, checkStops, checkTimeouts } from './attempts.ts';
import { checkBackfills } from './backfills.ts';
import { checkCaps, checkStarvation } from './caps.ts';
import { checkHookTries } from './hook-tries.ts';
import { checkHooksDue } from './hooks-due.ts';
import { checkJournal, checkMemory } from './journal.ts';
import { checkLiveness } from './liveness.ts';
import { checkOutcomes } from './outcomes.ts';
import { checkInputs, checkOutputs, checkVersions } from './outputs.ts';
import { checkPasts } from './pasts.ts';
import { checkRequests } from './requests.ts';
import { checkRules } from './rules.ts';
import { checkRunTimeouts } from './run-timeouts.ts';
import { checkSlots } from './slots.ts';
import { checkTeardowns } from './teardowns.ts';
import { checkWaits } from './waits.ts';

const CHECKERS: readonly ((history: SimHistory) => Violation[])[] = [
  checkLiveness,
  checkJournal,
  checkMemory,
  checkProcesses,
  checkDecisions,
  checkTimeouts,
  checkRunTimeouts,
  checkOutcomes,
  checkStops,
  checkSlots,
  checkBackfills,
  checkRules,
  checkPasts,
  checkWaits,
  checkApprovals,
  checkHooksDue,
  checkHookTries,
  checkAssets,
  checkTeardowns,
  checkCaps,
  checkStarvation,
  checkInputs,
  checkOutputs,
  checkVersions,
  checkRequests,
];

/** Everything in a history that must not be. */
export function violationsOf(history: SimHistory): Violation[] {
  return CHECKERS.flatMap((check) => {
    try {
      return check(history);
    } catch (error) {
      return [{ invariant: 'S6', text: `${check.name}: ${error instanceof Error ? error.message : error}` }];
    }
  });
}
