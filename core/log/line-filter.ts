import { createContext, Script } from 'node:vm';
import { AppError } from '../model/errors.ts';
import { MatchBudget } from './match-budget.ts';

/** Which lines to keep: those that contain a text, or match a regular expression. */
export type LinePattern =
  | { readonly text: string; readonly ignoreCase?: boolean }
  | { readonly regex: string; readonly ignoreCase?: boolean };

/** A regular expression sees this much of a line. */
const MATCH_CHARS = 4_096;
/** Expressions that match themselves only. */
const LITERAL = /^[^\\^$.*+?()[\]{}|]*$/u;

/**
 * Makes a filter over batches of lines. A regular expression runs under a {@link MatchBudget}: some need time
 * exponential in the length of a line.
 *
 * @throws AppError `invalid` for a malformed regular expression, and from the filter when the budget is
 * spent.
 */
export function lineFilter(pattern: LinePattern): (lines: readonly string[]) => boolean[] {
  const fold = pattern.ignoreCase ?? false;
  if ('text' in pattern) return textFilter(pattern.text, fold);
  if (LITERAL.test(pattern.regex)) return textFilter(pattern.regex, fold);
  const matcher = compile(pattern.regex, fold);
  const budget = new MatchBudget();
  const box: { readonly matcher: RegExp; lines: readonly string[] } = { matcher, lines: [] };
  const context = createContext(box);
  const script = new Script('lines.map((line) => matcher.test(line))');
  return (lines) => {
    const seen = lines.map((line) => line.slice(0, MATCH_CHARS));
    box.lines = seen;
    const timeout = budget.allow(seen.reduce((chars, { length }) => chars + length, 0));
    const startedMs = performance.now();
    try {
      return script.runInContext(context, { timeout }) as boolean[];
    } catch (error) {
      throw new AppError(
        'invalid',
        `The search pattern /${pattern.regex}/ takes too long here; use a simpler one or a plain text.`,
        {},
        error,
      );
    } finally {
      budget.spend(performance.now() - startedMs);
    }
  };
}

function textFilter(text: string, fold: boolean): (lines: readonly string[]) => boolean[] {
  const wanted = fold ? text.toLowerCase() : text;
  return (lines) => lines.map((line) => (fold ? line.toLowerCase() : line).includes(wanted));
}

function compile(source: string, ignoreCase: boolean): RegExp {
  try {
    return new RegExp(source, ignoreCase ? 'ui' : 'u');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new AppError('invalid', `The search pattern is not a regular expression: ${why}.`, {}, error);
  }
}
