import type { Diagnostic } from '../../model/errors.ts';
import type { SchemaProblem } from '../../schema/schema-problem.ts';
import type { AuthorPath, Locate } from '../place.ts';

/** Mistakes printed of one DAG; more of them hide the first cause. */
export const PROBLEMS_MAX = 100;

/** What to write instead; a function is asked only for mistakes that are shown. */
export type Hint = string | undefined | (() => string | undefined);

/** The text of a hint. */
export function hintText(hint: Hint): string | undefined {
  return typeof hint === 'function' ? hint() : hint;
}

interface Extra {
  readonly at?: 'key' | 'value';
  readonly hint?: Hint;
}

/** Collects every mistake of a DAG, each with its place. */
export class Problems {
  readonly #locate: Locate;
  readonly #found: Diagnostic[] = [];
  #more = 0;
  #errors = 0;

  constructor(locate: Locate) {
    this.#locate = locate;
  }

  get hasErrors(): boolean {
    return this.#errors > 0;
  }

  error(rule: string, message: string, path: AuthorPath, extra: Extra = {}): void {
    this.#errors++;
    this.#add('error', rule, message, path, extra);
  }

  warning(rule: string, message: string, path: AuthorPath, extra: Extra = {}): void {
    this.#add('warning', rule, message, path, extra);
  }

  /** Adds what is wrong with a value that stands at `base`. */
  schema(problems: readonly SchemaProblem[], base: AuthorPath): void {
    for (const { rule, message, path, at, hint } of problems) {
      this.error(rule, message, [...base, ...path], { at, hint });
    }
  }

  /** All mistakes in the order of the file. */
  list(): Diagnostic[] {
    const order = (one: Diagnostic): number => (one.line ?? 0) * 1e6 + (one.column ?? 0);
    const found = this.#found.toSorted((a, b) => order(a) - order(b));
    if (this.#more > 0) {
      const message = `${this.#more} more mistakes are not shown`;
      found.push({ severity: 'error', rule: 'more-mistakes', message });
    }
    return found;
  }

  #add(
    severity: Diagnostic['severity'],
    rule: string,
    message: string,
    path: AuthorPath,
    extra: Extra,
  ): void {
    if (this.#found.length >= PROBLEMS_MAX) {
      this.#more++;
      return;
    }
    const place = this.#locate(path, extra.at ?? 'value') ?? {};
    const hint = hintText(extra.hint);
    this.#found.push({ severity, rule, message, ...place, ...(hint === undefined ? {} : { hint }) });
  }
}
