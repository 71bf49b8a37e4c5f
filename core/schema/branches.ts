import type { ErrorObject } from 'ajv';
import { nearest } from '../model/nearest.ts';

/**
 * Of the errors of every `anyOf` keeps those of the branch that was most likely meant: ajv reports all
 * branches, and a typo in one form of a value is no reason to explain the other forms. Where no branch has
 * the type of the value, the error of the `anyOf` itself stays, alone.
 */
export function chooseBranches(errors: readonly ErrorObject[]): ErrorObject[] {
  const unions = errors.filter((error) => error.keyword === 'anyOf');
  if (unions.length === 0) return withoutMisspelt(errors);
  const outer = unions.filter((union) => !unions.some((other) => other !== union && isInside(union, other)));
  const kept = errors.filter((error) => !outer.some((union) => union === error || isInside(error, union)));
  for (const union of outer) kept.push(...chosenOf(union, errors));
  return withoutMisspelt(kept).sort((a, b) =>
    a.instancePath < b.instancePath ? -1 : a.instancePath > b.instancePath ? 1 : 0,
  );
}

/** A key that is missing because it is misspelt is reported once, as the misspelt key. */
function withoutMisspelt(errors: readonly ErrorObject[]): ErrorObject[] {
  return errors.filter((error) => error.keyword !== 'required' || !isMisspelt(error, errors));
}

function isMisspelt(missing: ErrorObject, errors: readonly ErrorObject[]): boolean {
  const unknown = errors.filter(
    (error) => error.keyword === 'additionalProperties' && error.instancePath === missing.instancePath,
  );
  const words = unknown.map((error) => String(error.params.additionalProperty));
  return nearest(String(missing.params.missingProperty), words) !== null;
}

function isInside(error: ErrorObject, union: ErrorObject): boolean {
  const samePlace =
    error.instancePath === union.instancePath || error.instancePath.startsWith(`${union.instancePath}/`);
  return samePlace && error.schemaPath.startsWith(`${union.schemaPath}/`);
}

function chosenOf(union: ErrorObject, errors: readonly ErrorObject[]): ErrorObject[] {
  const branches = new Map<string, ErrorObject[]>();
  for (const error of errors) {
    if (error === union || !isInside(error, union)) continue;
    const branch = error.schemaPath.slice(union.schemaPath.length + 1).split('/')[0] as string;
    const known = branches.get(branch);
    if (known) known.push(error);
    else branches.set(branch, [error]);
  }
  const best = [...branches.values()]
    .map((of) => ({ of, cost: costOf(of, union) }))
    .reduce((a, b) => (b.cost < a.cost ? b : a), { of: [union], cost: Number.POSITIVE_INFINITY });
  return best.cost === Number.POSITIVE_INFINITY ? [union] : chooseBranches(best.of);
}

/** How unlikely a branch is: a wrong type rules it out; a missing or foreign key speaks against it. */
function costOf(errors: readonly ErrorObject[], union: ErrorObject): number {
  let cost = 0;
  for (const error of errors) {
    const here = error.instancePath === union.instancePath;
    if (here && error.keyword === 'type') return Number.POSITIVE_INFINITY;
    if (here && error.keyword === 'required') cost += isMisspelt(error, errors) ? 0 : 1_000;
    else if (here && error.keyword === 'additionalProperties') cost += 100;
    else cost += 1;
  }
  return cost;
}
