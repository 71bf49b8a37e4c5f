import { AppError } from '../../core/model/errors.ts';

const SECRET_BYTES_MAX = 4_096;

/**
 * The token that stdin gives: its text without the line end.
 * @throws AppError `usage` if there is none, or more than one line.
 */
export async function readSecret(stdin: AsyncIterable<unknown>): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stdin) {
    parts.push(Buffer.from(part as Buffer));
    bytes += (part as Buffer).length;
    if (bytes > SECRET_BYTES_MAX) throw new AppError('usage', 'What stdin gives is too long for a token.');
  }
  const secret = Buffer.concat(parts).toString('utf8').trim();
  if (!/^[\x21-\x7e]+$/.test(secret))
    throw new AppError(
      'usage',
      'A token is one word: pipe it in, such as: orch ... < token-file; orch context add has --no-token',
    );
  return secret;
}
