import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { PASSWORD_MAX, PASSWORD_MIN } from '../core/accounts/password.ts';
import { AppError } from '../core/model/errors.ts';
import type { CommandContext, Input } from './context.ts';

/** No password is longer, in whatever characters. */
const INPUT_BYTES_MAX = 4 * PASSWORD_MAX + 2;

/**
 * A new password: all of stdin but its line end, or asked for twice on the terminal, which shows nothing of
 * it; `null` if the user gives up.
 *
 * @throws AppError `usage` for one that is too short, too long, not the same twice, or without a terminal.
 */
export async function newPassword(context: CommandContext, fromStdin: boolean): Promise<string | null> {
  const tooLong = () => new AppError('usage', `A password has at most ${PASSWORD_MAX} characters.`);
  const { stdin } = context.host;
  if (fromStdin) {
    requireStdin(context, 'password');
    return checked(await readInput(stdin, INPUT_BYTES_MAX, tooLong));
  }
  if (stdin.isTTY !== true)
    throw new AppError('usage', 'There is no terminal to ask for a password: pipe it to --password-stdin.');
  const first = await askHidden(context, `Password, at least ${PASSWORD_MIN} characters: `);
  if (first === null) return null;
  checked(first);
  const second = await askHidden(context, 'The same again: ');
  if (second !== null && second !== first)
    throw new AppError('usage', 'The two passwords differ. Nothing was changed.');
  return second;
}

function checked(password: string): string {
  if (/[\r\n]/.test(password)) throw new AppError('usage', 'A password is one line.');
  if (password.length < PASSWORD_MIN)
    throw new AppError('usage', `A password has at least ${PASSWORD_MIN} characters.`);
  if (password.length > PASSWORD_MAX)
    throw new AppError('usage', `A password has at most ${PASSWORD_MAX} characters.`);
  return password;
}

/** @throws AppError `usage` where stdin has given the token of the server: nothing else comes from it. */
export function requireStdin({ flags }: CommandContext, what: string): void {
  if (!flags.tokenStdin) return;
  throw new AppError(
    'usage',
    `--token-stdin has read stdin, so the ${what} cannot come from it: keep the token with orch context add.`,
  );
}

/** All of stdin but its last line end. */
export async function readInput(stdin: Input, bytesMax: number, tooLong: () => AppError): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stdin) {
    bytes += (part as Buffer).length;
    if (bytes > bytesMax) throw tooLong();
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

/** One line of the terminal: what the line editor would show goes nowhere. */
export function askHidden(context: CommandContext, question: string): Promise<string | null> {
  const nowhere = new Writable({ write: (_text, _encoding, done) => done() });
  const lines = createInterface({
    input: context.host.stdin,
    output: nowhere,
    terminal: true,
    historySize: 0,
  });
  context.host.stderr.write(question);
  return new Promise((resolve) => {
    lines.once('line', (line) => finish(line));
    lines.once('SIGINT', () => finish(null));
    lines.once('close', () => finish(null));

    let isDone = false;
    function finish(answer: string | null): void {
      if (isDone) return;
      isDone = true;
      lines.close();
      context.host.stderr.write('\n');
      resolve(answer);
    }
  });
}
