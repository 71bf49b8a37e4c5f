import type { DagSpec } from '../model/dag.ts';

/** The names that expressions have for the items of the fan-outs around a task, outermost first. */
export function itemNamesOf(spec: DagSpec, fanOut: number | undefined): (string | null)[] {
  const names: (string | null)[] = [];
  for (let at = fanOut; at !== undefined; at = spec.fanOuts?.[at]?.parent)
    names.unshift(spec.fanOuts?.[at]?.as ?? null);
  return names;
}
