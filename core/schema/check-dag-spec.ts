import type { DagSpec } from '../model/dag.ts';
import { DAG_SPEC_SCHEMA } from './dag-spec.schema.ts';
import { pointer, type SchemaProblem } from './schema-problem.ts';
import { makeQuickCheck } from './validate.ts';

const check = makeQuickCheck(DAG_SPEC_SCHEMA);

/** Makes the check ready: its first use takes long, and whoever waits for the value has the time. */
export function prepareDagSpecCheck(): void {
  check(null);
}

/**
 * A value from another process as a `DagSpec`, or a sentence on the first thing in it that cannot be right.
 */
export function checkDagSpec(value: unknown): { ok: true; spec: DagSpec } | { ok: false; message: string } {
  const problem: SchemaProblem | null = check(value);
  if (problem === null) return { ok: true, spec: value as DagSpec };
  return { ok: false, message: `${pointer(problem.path) || '/'}: ${problem.message}` };
}
