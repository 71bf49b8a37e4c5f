import { createContext, Script } from 'node:vm';
import { AppError } from '../model/errors.ts';
import { MatchBudget } from './match-budget.ts';

/** Which lines to keep: those that contain a text, or match a regular expression. */
export type LinePattern =
  | { readonly text: string; readonly ignoreCase?: boolean }
  | { readonly regex: string; readonly ignoreCase?: boolean };

/** Tells of each line of a batch whether to keep it. One filter serves a whole search, however long. */
export type LineFilter = (lines: readonly string[]) => boolean[];

/** A regular expression sees this much of a line. */
const MATCH_CHARS = 4_096;
/** Expressions that match themselves only. */
const LITERAL = /^[^\\^$.*+?()[\]{}|]*$/u;
/** Anything may stand before a match anyway; to say so takes time quadratic in the length of a line. */
const ANYTHING_FIRST = /^(?:\.\*)+(?!\?)/;
/** Times itself: what it takes to enter the context is no fault of the expression. */
const MATCH = `(() => {
  const begunMs = now();
  const kept = lines.map((line) => matcher.test(line));
  return { kept, tookMs: now() - begunMs };
})()`;

/**
 * Makes a filter over batches of lines. A regular expression runs under a {@link MatchBudget}: some need time
 * exponential in the length of a line.
 *
 * @throws AppError `invalid` for a malformed regular expression, and from the filter when the budget is
 * spent.
 */
export function lineFilter(pattern: LinePattern): LineFilter {
  const fold = pattern.ignoreCase ?? false;
  if ('text' in pattern) return textFilter(pattern.text, fold);
  compile(pattern.regex, fold);
  const source = pattern.regex.replace(ANYTHING_FIRST, '');
  if (LITERAL.test(source)) return textFilter(source, fold);
  return regexFilter(pattern.regex, compile(source, fold));
}

function textFilter(text: string, fold: boolean): LineFilter {
  const wanted = fold ? text.toLowerCase() : text;
  return (lines) => lines.map((line) => (fold ? line.toLowerCase() : line).includes(wanted));
}

function regexFilter(name: string, matcher: RegExp): LineFilter {
  const budget = new MatchBudget();
  const box: { lines: readonly string[]; readonly matcher: RegExp; readonly now: () => number } = {
    lines: [],
    matcher,
    now: () => performance.now(),
  };
  const context = createContext(box);
  const script = new Script(MATCH);
  return (lines) => {
    const seen = lines.map((line) => line.slice(0, MATCH_CHARS));
    box.lines = seen;
    const timeout = budget.allow(seen.reduce((chars, { length }) => chars + length, 0));
    try {
      const { kept, tookMs } = script.runInContext(context, { timeout }) as {
        kept: boolean[];
        tookMs: number;
      };
      budget.spend(tookMs);
      return kept;
    } catch (error) {
      throw new AppError(
        'invalid',
        `The search pattern /${name}/ takes too long here; use a simpler one or a plain text.`,
        {},
        error,
      );
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
