import type { RunState } from '../model/states.ts';
import { ATTRIBUTE, isBad, METRIC, OTHER_ERROR, runPhase, runResult, taskResult } from './cicd.ts';
import type { Occurrence } from './occurrence.ts';
import { attributesOf, CUMULATIVE, nanos, type OtlpAttribute, type OtlpMetric } from './otlp.ts';
import { errorType } from './spans.ts';

/** Upper bounds in seconds: runs take from a moment to days. */
const BOUNDS = [1, 5, 15, 60, 300, 900, 3_600, 10_800, 43_200, 86_400];

type Attributes = readonly (readonly [string, string | null])[];
type Times = { readonly startTimeUnixNano: string; readonly timeUnixNano: string };

/** What is so now, which nothing that happened tells. */
export interface FiguresNow {
  readonly at: number;
  readonly runs: readonly { readonly dagId: string; readonly state: RunState }[];
  readonly workers: { readonly available: number; readonly busy: number };
}

/** Counts what happened since a process began to count, for the metrics of the conventions. */
export class Figures {
  readonly #since: number;
  readonly #durations = new Series(() => ({ counts: BOUNDS.map(() => 0).concat(0), seconds: 0 }));
  readonly #active = new Series(() => ({ count: 0 }));
  readonly #errors = new Series(() => ({ count: 0 }));
  #systemErrors = 0;

  constructor(since: number) {
    this.#since = since;
  }

  add(occurrence: Occurrence): void {
    if (occurrence.type === 'run.ended') this.#addRun(occurrence);
    else if (occurrence.type === 'task.ended') this.#addTask(occurrence);
  }

  /** orch itself has failed at something. */
  addSystemError(): void {
    this.#systemErrors++;
  }

  /** The metrics with all that was counted; those without a value are left out. */
  metrics({ at, runs, workers }: FiguresNow): readonly OtlpMetric[] {
    const time = { startTimeUnixNano: nanos(this.#since), timeUnixNano: nanos(at) };
    // A series that is not told any more would stand at its last value for a while.
    for (const { value } of this.#active.all) value.count = 0;
    for (const { dagId, state } of runs)
      this.#active.of([
        [ATTRIBUTE.pipelineName, dagId],
        [ATTRIBUTE.runState, runPhase(state)],
      ]).count++;
    const states = new Series(() => ({ count: 0 }));
    for (const state of ['available', 'busy'] as const)
      states.of([[ATTRIBUTE.workerState, state]]).count = workers[state];
    const system = new Series(() => ({ count: this.#systemErrors }));
    system.of([
      [ATTRIBUTE.systemComponent, 'scheduler'],
      [ATTRIBUTE.errorType, OTHER_ERROR],
    ]);
    const metrics = [
      this.#runDurations(time),
      sum(METRIC.runActive, false, this.#active, time),
      sum(METRIC.runErrors, true, this.#errors, time),
      sum(METRIC.workerCount, false, states, time),
      sum(METRIC.systemErrors, true, system, time),
    ];
    return metrics.filter(({ sum, histogram }) => (sum ?? histogram)?.dataPoints.length !== 0);
  }

  #runDurations(time: Times): OtlpMetric {
    const dataPoints = this.#durations.all.map(({ attributes, value: { counts, seconds } }) => ({
      attributes,
      ...time,
      count: String(counts.reduce((all, one) => all + one, 0)),
      sum: seconds,
      bucketCounts: counts.map(String),
      explicitBounds: BOUNDS,
    }));
    return { ...METRIC.runDuration, histogram: { dataPoints, aggregationTemporality: CUMULATIVE } };
  }

  #addRun({ run, startedAt, at, state, because }: Extract<Occurrence, { type: 'run.ended' }>): void {
    const result = runResult(state, because.code);
    const durations = this.#durations.of([
      [ATTRIBUTE.pipelineName, run.dagId],
      [ATTRIBUTE.runState, 'executing'],
      [ATTRIBUTE.pipelineResult, result],
      [ATTRIBUTE.errorType, isBad(result) ? because.code : null],
    ]);
    const seconds = Math.max(0, at - startedAt) / 1_000;
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
    const index = bucket < 0 ? BOUNDS.length : bucket;
    durations.counts[index] = (durations.counts[index] as number) + 1;
    durations.seconds += seconds;
  }

  #addTask(occurrence: Extract<Occurrence, { type: 'task.ended' }>): void {
    const { run, to, reason, because } = occurrence;
    const type = errorType(occurrence, taskResult(to, reason, because.code));
    if (type === null) return;
    this.#errors.of([
      [ATTRIBUTE.pipelineName, run.dagId],
      [ATTRIBUTE.errorType, type],
    ]).count++;
  }
}

/** A value for each combination of attributes that there was. */
class Series<Value> {
  readonly #first: () => Value;
  readonly #points = new Map<string, { readonly attributes: readonly OtlpAttribute[]; value: Value }>();

  constructor(first: () => Value) {
    this.#first = first;
  }

  get all(): readonly { readonly attributes: readonly OtlpAttribute[]; readonly value: Value }[] {
    return [...this.#points.values()];
  }

  of(attributes: Attributes): Value {
    const key = JSON.stringify(attributes);
    const known = this.#points.get(key) ?? { attributes: attributesOf(attributes), value: this.#first() };
    this.#points.set(key, known);
    return known.value;
  }
}

function sum(
  metric: { readonly name: string; readonly unit: string },
  isMonotonic: boolean,
  series: Series<{ readonly count: number }>,
  time: Times,
): OtlpMetric {
  const dataPoints = series.all.map(({ attributes, value }) => ({
    attributes,
    ...time,
    asInt: String(value.count),
  }));
  return { ...metric, sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic } };
}
