import type { DagSpec } from '../model/dag.ts';

/** What of a DAG tells when it has runs of itself, and how many. */
export type AgendaSpec = Pick<
  DagSpec,
  | 'schedule'
  | 'timezone'
  | 'startAt'
  | 'endAt'
  | 'catchup'
  | 'onActivate'
  | 'overlap'
  | 'coalesce'
  | 'misfireGraceMs'
  | 'jitterMs'
  | 'maxActiveRuns'
  | 'pauseAfterFailures'
>;

/** All of them, in one order: equal ones have equal texts as JSON. */
const FIELDS: { readonly [Field in keyof Required<AgendaSpec>]: true } = {
  schedule: true,
  timezone: true,
  startAt: true,
  endAt: true,
  catchup: true,
  onActivate: true,
  overlap: true,
  coalesce: true,
  misfireGraceMs: true,
  jitterMs: true,
  maxActiveRuns: true,
  pauseAfterFailures: true,
};
const NAMES = Object.keys(FIELDS) as (keyof AgendaSpec)[];

function agendaSpecOf(spec: AgendaSpec): AgendaSpec {
  return Object.fromEntries(NAMES.flatMap((name) => (spec[name] === undefined ? [] : [[name, spec[name]]])));
}

/** Gives one object for all equal parts of graphs: what is made of it is made once. */
export class AgendaSpecs {
  readonly #known = new Map<string, AgendaSpec>();

  /** The part of a graph that an agenda goes by. */
  of(spec: AgendaSpec): AgendaSpec {
    const part = agendaSpecOf(spec);
    const text = JSON.stringify(part);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    this.#known.set(text, part);
    return part;
  }
}
