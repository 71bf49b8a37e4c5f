import { AppError } from '../core/model/errors.ts';
import { VALUE_MAX } from '../core/model/variable.ts';
import type { CommandContext } from './context.ts';
import { askHidden, readInput, requireStdin } from './new-password.ts';

/** No value is longer, in whatever characters. */
const INPUT_BYTES_MAX = 4 * VALUE_MAX + 2;

/** What is said to who writes a value into the command line. */
export const NEVER_A_WORD =
  'A value is never an argument, which others can read: pipe it in, or type it when it is asked for.';

/**
 * A value: all of stdin but its last line end, or one line that is asked for on the terminal and not shown;
 * `null` if the user gives up. A flag would show it to whoever lists processes.
 */
export async function secretInput(context: CommandContext, question: string): Promise<string | null> {
  const { stdin } = context.host;
  requireStdin(context, 'value');
  if (stdin.isTTY === true) return askHidden(context, question);
  const tooLong = () => new AppError('usage', `A value has at most ${VALUE_MAX} characters.`);
  const text = await readInput(stdin, INPUT_BYTES_MAX, tooLong);
  if (text === '')
    throw new AppError('usage', 'Nothing came by stdin: pipe the value in. Nothing was changed.');
  return text;
}
