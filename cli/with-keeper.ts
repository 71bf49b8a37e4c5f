import { SpareKeeper } from '../core/executors/keeper-process.ts';

/**
 * For a command that leads if it can: begins with the start of a keeper, which takes as long as to load what
 * leads, and ends it if nobody has taken it. `later`: the work starts it once it knows that it may lead.
 */
export async function withKeeper(
  work: (keeper: SpareKeeper) => Promise<number>,
  start: 'now' | 'later' = 'now',
): Promise<number> {
  const keeper = new SpareKeeper();
  if (start === 'now') keeper.start();
  try {
    return await work(keeper);
  } finally {
    keeper.end();
  }
}
