import type { History } from '../history.ts';
import { type Expected, violations } from '../violations.ts';

const KEYS = Array.from({ length: 100 }, (_, no) => `i${no}`);

/** What the run of the DAG `swarm` comes to. */
export const SWARM: Expected = {
  tasks: 2 + 2 * KEYS.length,
  outputs: {
    names: KEYS,
    ...Object.fromEntries(KEYS.map((key) => [`each[${key}].weigh`, key.length])),
    sum: KEYS.reduce((all, key) => all + key.length, 0),
  },
};

/** Attempts at once, all of which a keeper takes along. */
const AT_ONCE = 8;

/** Everything in a history of a swarm that must not be. */
export function swarmViolations(history: History): string[] {
  return [...violations(history, SWARM), ...lossesWithoutCause(history)];
}

/** A kill costs the attempt of its victim and no other: in this DAG nothing else ends one before its time. */
export function lossesWithoutCause({ faults, stored }: History): string[] {
  const most = faults.reduce((all, { victim }) => all + (victim === 'keeper' ? AT_ONCE : 1), 0);
  const lost = stored.runs
    .flatMap(({ tasks }) => tasks)
    .reduce((all, { attempts }) => all + Math.max(0, attempts - 1), 0);
  return lost <= most ? [] : [`${lost} attempts were lost, but kills explain ${most} at most`];
}
