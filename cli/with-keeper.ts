import { SpareKeeper } from '../core/executors/keeper-process.ts';

/**
 * For a command that leads if it can: begins with the start of a keeper, which takes as long as to load what
 * leads, and ends it if nobody has taken it.
 */
export async function withKeeper(work: (keeper: SpareKeeper) => Promise<number>): Promise<number> {
  const keeper = SpareKeeper.start();
  try {
    return await work(keeper);
  } finally {
    keeper.end();
  }
}
