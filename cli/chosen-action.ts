import { AppError } from '../core/model/errors.ts';
import { nearest } from '../core/model/nearest.ts';

type Word = string | string[] | undefined;

/**
 * What the second word of a command asks for; `next` is the one behind it.
 * @throws AppError `usage` for a word that is none, with the one that is most like it, or the right order.
 */
export function chosenAction<T>(
  command: string,
  actions: { readonly [action: string]: T },
  word: Word,
  next?: Word,
): T {
  const name = String(word);
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action !== undefined) return action;
  if (typeof next === 'string' && Object.hasOwn(actions, next))
    throw new AppError(
      'usage',
      `There is no 'orch ${command} ${name}'. Did you mean 'orch ${command} ${next} ${name}'?`,
    );
  const similar = nearest(name, Object.keys(actions));
  const hint =
    similar === null ? `There are: ${Object.keys(actions).join(', ')}.` : `Did you mean '${similar}'?`;
  throw new AppError('usage', `There is no 'orch ${command} ${name}'. ${hint}`);
}

/** @throws AppError `usage` where a word stands behind an action that is about all there are. */
export function takesNoName(command: string, action: Word, name: Word): void {
  if (name === undefined) return;
  throw new AppError(
    'usage',
    `'orch ${command} ${action}' takes no name: it is about all of them. Leave out '${name}'.`,
  );
}
