import { isUtf8 } from 'node:buffer';
import type { Diagnostic } from '../model/errors.ts';

/** The refusal of a file that is not UTF-8, with the first line that shows it; `null` for one that is. */
export function notUtf8(file: string, content: Buffer): Diagnostic | null {
  if (isUtf8(content)) return null;
  const lines = content.toString('latin1').split('\n');
  const line = 1 + lines.findIndex((one) => !isUtf8(Buffer.from(one, 'latin1')));
  const message = 'the file is not text in UTF-8';
  const hint = 'save it in the encoding UTF-8';
  return { severity: 'error', rule: 'encoding', message, hint, file, line, column: 1 };
}
