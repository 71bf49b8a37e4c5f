/** A value that does not fit its schema, said in a sentence. */
export interface SchemaProblem {
  /** Keys and indexes from the root of the value. */
  readonly path: readonly (string | number)[];
  /** Whether the key itself is wrong, or the value behind it. */
  readonly at: 'key' | 'value';
  /** A stable name of the rule: `unknown-key`, `missing-key`, `bad-id`, `bad-duration`, `bad-value`. */
  readonly rule: string;
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
}

/** The path as a JSON pointer, `/tasks/a~1b/needs/0`. */
export function pointer(path: readonly (string | number)[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
