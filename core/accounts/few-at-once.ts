import pLimit from 'p-limit';
import { AppError } from '../model/errors.ts';

/**
 * What has only so much of some work done at once while so much more waits.
 * @returns what does the work in its turn; it throws AppError `unavailable` if too much waits already.
 */
export function fewAtOnce(
  atOnce: number,
  waitingMax: number,
  refusal: string,
): <T>(work: () => Promise<T>) => Promise<T> {
  const turns = pLimit(atOnce);
  return async (work) => {
    if (turns.pendingCount >= waitingMax) throw new AppError('unavailable', refusal);
    return turns(work);
  };
}
