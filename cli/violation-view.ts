import { RULES, type Rule, type Violation } from '../core/model/violation.ts';
import type { Store } from '../core/store/store.ts';
import { placeJson } from './place-json.ts';
import { brokenRowText } from './render/violation-lines.ts';
import { TaskNames } from './task-names.ts';

/** A rule that is broken, for people and programs. */
export interface ViolationView {
  readonly rule: Rule;
  /** Rows that break it. */
  readonly count: number;
  readonly text: string;
  /** Some of the rows, or all. */
  readonly rows: readonly (ReturnType<typeof placeJson> & { readonly text: string })[];
}

/** Puts broken rules into words, with the names of tasks where they can be read. */
export async function viewViolations(
  store: Store,
  violations: readonly Violation[],
): Promise<readonly ViolationView[]> {
  const names = await TaskNames.of(
    store,
    violations.flatMap(({ rows }) => rows),
  );
  return violations.map((violation) => ({
    rule: violation.rule,
    count: violation.count,
    text: RULES[violation.rule],
    rows: violation.rows.map((row) => ({
      ...placeJson(row, names),
      text: brokenRowText(violation, row, names),
    })),
  }));
}
