import { nearest } from './nearest.ts';

/** A suggestion is a courtesy: it must stay cheap in a file with 100,000 names. */
const CANDIDATES_MAX = 20_000;
/** Any other word is near to a shorter one. */
const LENGTH_MIN = 3;

/** `did you mean 'x'?` for a mistyped word, or `undefined` if nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length < LENGTH_MIN) return undefined;
  const looked: string[] = [];
  for (const candidate of candidates) {
    if (looked.length === CANDIDATES_MAX) break;
    looked.push(candidate);
  }
  const best = nearest(word, looked);
  return best === null ? undefined : `did you mean '${best}'?`;
}
