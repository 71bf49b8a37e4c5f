import { nearest } from '../core/model/nearest.ts';

/** What to say after a word that means nothing: the nearest that does, else something more general. */
export function adviceFor(word: string, known: Iterable<string>, otherwise: string): string {
  const similar = nearest(word, known);
  return similar === null ? otherwise : `Did you mean '${similar}'?`;
}
