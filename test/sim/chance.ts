import { Random } from '../unit/planner/random.ts';

/**
 * Chance that follows from a seed and a name, not from what was asked before: what happens in one place of a
 * world stays the same when something elsewhere is left out.
 */
export function chanceFor(seed: number, name: string): Random {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  const random = new Random(hash ^ (hash >>> 15));
  random.next();
  return random;
}
