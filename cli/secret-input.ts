import { AppError } from '../core/model/errors.ts';
import { VALUE_MAX } from '../core/model/variable.ts';
import type { CommandContext } from './context.ts';
import { askHidden, readInput } from './new-password.ts';

/** No value is longer, in whatever characters. */
const INPUT_BYTES_MAX = 4 * VALUE_MAX + 2;

/**
 * A value: all of stdin but its last line end, or one line that is asked for on the terminal and not shown;
 * `null` if the user gives up. A flag would show it to whoever lists processes.
 */
export async function secretInput(
  context: CommandContext,
  stdin: NodeJS.ReadStream,
  question: string,
): Promise<string | null> {
  if (stdin.isTTY === true) return askHidden(context, stdin, question);
  const tooLong = () => new AppError('usage', `A value has at most ${VALUE_MAX} characters.`);
  return readInput(stdin, INPUT_BYTES_MAX, tooLong);
}
