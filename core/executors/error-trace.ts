import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Outcome } from '../model/attempt.ts';

/**
 * Where in the code of a task its error comes from, for its log; '' if no place of that code is known. A
 * `FatalError` or `RetryableError` says all in its message: of it only the cause has places.
 *
 * @param codeRoot - the folder of the code that ran; places are told relative to it, as in the project.
 */
export function errorTrace(outcome: Outcome, codeRoot: string): string {
  if (outcome.kind !== 'failed' || outcome.error.stack === undefined) return '';
  const root = urlOf(codeRoot);
  if (root === null || !outcome.error.stack.includes(root)) return '';
  const trace = outcome.error.stack.replaceAll(root, '');
  if (!outcome.final && !outcome.retry) return trace;
  const cause = trace.indexOf('\nCaused by: ');
  return cause < 0 ? '' : trace.slice(cause + 1);
}

/** `null` for a folder that is gone: the end of an attempt must not fail over it. */
function urlOf(folder: string): string | null {
  try {
    return `${pathToFileURL(realpathSync(folder)).href}/`;
  } catch {
    return null;
  }
}
