import { AppError } from '../core/model/errors.ts';
import { nearest } from '../core/model/nearest.ts';

/**
 * What the second word of a command asks for.
 * @throws AppError `usage` for a word that is none, with the one that is most like it.
 */
export function chosenAction<T>(
  command: string,
  actions: { readonly [action: string]: T },
  word: string | string[] | undefined,
): T {
  const name = String(word);
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action !== undefined) return action;
  const similar = nearest(name, Object.keys(actions));
  const hint =
    similar === null ? `There are: ${Object.keys(actions).join(', ')}.` : `Did you mean '${similar}'?`;
  throw new AppError('usage', `There is no 'orch ${command} ${name}'. ${hint}`);
}
