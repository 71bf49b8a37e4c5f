import { createContext, runInContext } from 'node:vm';
import { AppError } from '../model/errors.ts';

/** Which lines to keep: those that contain a text, or match a regular expression. */
export type LinePattern =
  | { readonly text: string; readonly ignoreCase?: boolean }
  | { readonly regex: string; readonly ignoreCase?: boolean };

/**
 * What all matching of one regular expression may take; some need time exponential in the length of a line.
 */
const BUDGET_MS = 2_000;
/** A regular expression sees this much of a line. */
const MATCH_CHARS = 4_096;

/**
 * Makes a filter over batches of lines. A regular expression runs under a budget of 2 s for the whole search.
 *
 * @throws AppError `invalid` for a malformed regular expression, and from the filter when the budget is
 * spent.
 */
export function lineFilter(pattern: LinePattern): (lines: readonly string[]) => boolean[] {
  const fold = pattern.ignoreCase ?? false;
  if ('text' in pattern) {
    const wanted = fold ? pattern.text.toLowerCase() : pattern.text;
    return (lines) => lines.map((line) => (fold ? line.toLowerCase() : line).includes(wanted));
  }
  const matcher = compile(pattern.regex, fold);
  let leftMs = BUDGET_MS;
  return (lines) => {
    const context = createContext({ matcher, lines: lines.map((line) => line.slice(0, MATCH_CHARS)) });
    const startedMs = performance.now();
    try {
      const timeout = Math.max(1, Math.ceil(leftMs));
      return runInContext('lines.map((line) => matcher.test(line))', context, { timeout }) as boolean[];
    } catch (error) {
      throw new AppError(
        'invalid',
        `The search pattern /${pattern.regex}/ takes too long here; use a simpler one or a plain text.`,
        {},
        error,
      );
    } finally {
      leftMs -= performance.now() - startedMs;
    }
  };
}

function compile(source: string, ignoreCase: boolean): RegExp {
  try {
    return new RegExp(source, ignoreCase ? 'ui' : 'u');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new AppError('invalid', `The search pattern is not a regular expression: ${why}.`, {}, error);
  }
}
