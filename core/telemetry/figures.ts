import type { RunState } from '../model/states.ts';
import { ATTRIBUTE, isBad, METRIC, OTHER_ERROR, runPhase, runResult, taskResult } from './cicd.ts';
import type { Occurrence } from './occurrence.ts';
import { attributesOf, CUMULATIVE, nanos, type OtlpMetric } from './otlp.ts';
import { errorType } from './spans.ts';

/** Upper bounds in seconds: runs take from a moment to days. */
const BOUNDS = [1, 5, 15, 60, 300, 900, 3_600, 10_800, 43_200, 86_400];

interface Durations {
  readonly counts: number[];
  seconds: number;
  readonly attributes: readonly (readonly [string, string | null])[];
}

/** What is so now, which nothing that happened tells. */
export interface FiguresNow {
  readonly at: number;
  readonly runs: readonly { readonly dagId: string; readonly state: RunState }[];
  readonly workers: { readonly available: number; readonly busy: number };
}

/** Counts what happened since a process began to count, for the metrics of the conventions. */
export class Figures {
  readonly #since: number;
  readonly #durations = new Map<string, Durations>();
  readonly #errors = new Map<string, { count: number; dagId: string; type: string }>();
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

  /** The metrics with all that was counted. */
  metrics({ at, runs, workers }: FiguresNow): readonly OtlpMetric[] {
    const time = { startTimeUnixNano: nanos(this.#since), timeUnixNano: nanos(at) };
    const sum = (
      metric: { readonly name: string; readonly unit: string },
      isMonotonic: boolean,
      points: readonly (readonly [number, readonly (readonly [string, string])[]])[],
    ): OtlpMetric => {
      const dataPoints = points.map(([value, attributes]) => ({
        attributes: attributesOf(attributes),
        ...time,
        asInt: String(value),
      }));
      return { ...metric, sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic } };
    };
    const active = new Map<string, [number, [string, string][]]>();
    for (const { dagId, state } of runs) {
      const phase = runPhase(state);
      const known = active.get(`${dagId} ${phase}`);
      if (known) known[0]++;
      else
        active.set(`${dagId} ${phase}`, [
          1,
          [
            [ATTRIBUTE.pipelineName, dagId],
            [ATTRIBUTE.runState, phase],
          ],
        ]);
    }
    const errors = [...this.#errors.values()].map(
      ({ count, dagId, type }) =>
        [
          count,
          [
            [ATTRIBUTE.pipelineName, dagId],
            [ATTRIBUTE.errorType, type],
          ],
        ] as const,
    );
    const system = [
      [ATTRIBUTE.systemComponent, 'scheduler'],
      [ATTRIBUTE.errorType, OTHER_ERROR],
    ] as const;
    return [
      this.#runDurations(time),
      sum(METRIC.runActive, false, [...active.values()]),
      sum(METRIC.runErrors, true, errors),
      sum(METRIC.workerCount, false, [
        [workers.available, [[ATTRIBUTE.workerState, 'available']]],
        [workers.busy, [[ATTRIBUTE.workerState, 'busy']]],
      ]),
      sum(METRIC.systemErrors, true, [[this.#systemErrors, system]]),
    ];
  }

  #runDurations(time: { startTimeUnixNano: string; timeUnixNano: string }): OtlpMetric {
    const dataPoints = [...this.#durations.values()].map(({ counts, seconds, attributes }) => ({
      attributes: attributesOf(attributes),
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
    const error = isBad(result) ? because.code : null;
    const key = `${run.dagId} ${result} ${error ?? ''}`;
    const known = this.#durations.get(key) ?? {
      counts: Array.from({ length: BOUNDS.length + 1 }, () => 0),
      seconds: 0,
      attributes: [
        [ATTRIBUTE.pipelineName, run.dagId],
        [ATTRIBUTE.runState, 'executing'],
        [ATTRIBUTE.pipelineResult, result],
        [ATTRIBUTE.errorType, error],
      ],
    };
    this.#durations.set(key, known);
    const seconds = Math.max(0, at - startedAt) / 1_000;
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
    const index = bucket < 0 ? BOUNDS.length : bucket;
    known.counts[index] = (known.counts[index] as number) + 1;
    known.seconds += seconds;
  }

  #addTask(occurrence: Extract<Occurrence, { type: 'task.ended' }>): void {
    const { run, to, reason, because } = occurrence;
    const type = errorType(occurrence, taskResult(to, reason, because.code));
    if (type === null) return;
    const key = `${run.dagId} ${type}`;
    const known = this.#errors.get(key) ?? { count: 0, dagId: run.dagId, type };
    known.count++;
    this.#errors.set(key, known);
  }
}
