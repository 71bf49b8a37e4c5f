import { didYouMean } from './did-you-mean.ts';

/** Names that are listed where none is near to the one that was asked for. */
const LISTED_MAX = 8;

/** What is there in place of a task that is not: the nearest name, or the first ones. */
export function tasksInstead(name: string, known: readonly string[]): string {
  const near = didYouMean(name, known);
  if (near !== undefined) return near;
  const listed = [...new Set(known)];
  if (listed.length === 0) return 'it has none';
  const more = listed.length > LISTED_MAX ? ` and ${listed.length - LISTED_MAX} more` : '';
  return `there are ${listed.slice(0, LISTED_MAX).join(', ')}${more}`;
}
