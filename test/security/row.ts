/** Tests that a row names: they would fail if the flaw were there. */
export interface NamedTests {
  /** Relative to `test/`. */
  readonly file: string;
  /** As they stand in the file, placeholders of `test.each` too; `group > title` where several are alike. */
  readonly titles: readonly string[];
}

/** One kind of flaw, what orch does about it, and what shows that. */
export interface SecurityRow {
  readonly id: string;
  readonly flaw: string;
  /** Advisories about it, or requirements of the standard. */
  readonly numbers: readonly string[];
  readonly does: string;
  readonly tests: readonly NamedTests[];
  /** Other rows whose tests show this one too. */
  readonly like?: readonly string[];
  /** What of it can be nowhere in orch, so that there is nothing to test. */
  readonly notHere?: string;
  /** What of it no test shows. */
  readonly open?: string;
}

export function at(file: string, ...titles: readonly string[]): NamedTests {
  return { file, titles };
}
