import { didYouMean } from '../../model/did-you-mean.ts';

const SHOWN_MAX = 8;

/**
 * What to write instead of a name that nothing has: the nearest one, or else what there is. `undefined` if
 * there is nothing.
 */
export function knownNames(word: string, names: Iterable<string>): string | undefined {
  const all = [...names];
  const near = didYouMean(word, all);
  if (near !== undefined || all.length === 0) return near;
  const shown = all.slice(0, SHOWN_MAX).join(', ');
  return `there ${all.length === 1 ? 'is' : 'are'}: ${shown}${all.length > SHOWN_MAX ? ', ...' : ''}`;
}
