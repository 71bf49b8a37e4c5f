import { orchVersion } from '../config/installation.ts';
import type { Executor } from '../executors/executor.ts';
import type { Logger } from '../log/logger.ts';
import type { Lease } from '../store/store.ts';
import { Figures } from '../telemetry/figures.ts';
import type { Leader } from './leader.ts';
import { MetricsSender } from './metrics-sender.ts';
import type { Project } from './project.ts';
import { sendLineage, sendSpans } from './send-telemetry.ts';
import { TelemetryDesk } from './telemetry-desk.ts';

/** A leader that ends waits no longer for receivers: the next one goes on. */
const DRAIN_MS = 1_000;

/** What a leader has whose runs others are to know of. */
export interface TelemetryParts {
  readonly project: Project;
  readonly lease: Lease;
  readonly leader: Leader;
  readonly executor: Executor;
  readonly log: Logger;
}

/** All that is sent to other systems of what happens. */
export class Telemetry {
  readonly #desks: TelemetryDesk[] = [];
  readonly #figures: Figures;
  readonly #metrics: MetricsSender | null;

  constructor({ project, lease, leader, executor, log }: TelemetryParts) {
    const { store, clock } = project;
    const { serviceName, resource, traces, metrics, lineage } = project.config.telemetry;
    const source = { serviceName, resource, version: orchVersion() };
    const common = { store, lease, clock, log };
    this.#figures = new Figures(clock.now());
    const now = () =>
      this.#figures.metrics({
        at: clock.now(),
        runs: [...leader.world.runs.values()].map(({ record }) => record),
        workers: workersOf(executor),
      });
    this.#metrics = metrics === null ? null : new MetricsSender(metrics, source, now, log);
    if (traces !== null || metrics !== null)
      this.#desks.push(
        new TelemetryDesk({
          ...common,
          receiver: 'otlp',
          withAssets: false,
          deliver: async (occurrences, signal) => {
            const refusal = traces === null ? null : await sendSpans(traces, source, occurrences, signal);
            for (const occurrence of occurrences) this.#figures.add(occurrence);
            return refusal;
          },
        }),
      );
    if (lineage !== null)
      this.#desks.push(
        new TelemetryDesk({
          ...common,
          receiver: 'lineage',
          withAssets: true,
          deliver: (occurrences, signal) =>
            sendLineage(
              lineage,
              { namespace: lineage.namespace, version: source.version },
              occurrences,
              signal,
            ),
        }),
      );
  }

  async start(): Promise<void> {
    await Promise.all(this.#desks.map((desk) => desk.start()));
  }

  look(): void {
    for (const desk of this.#desks) desk.look();
  }

  noteError(): void {
    this.#figures.addSystemError();
  }

  /** Tells what was written by now, as far as receivers take it soon. */
  async drain(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, DRAIN_MS);
    });
    const all = Promise.all(this.#desks.map((desk) => desk.drain())).then(() => this.#metrics?.send());
    await Promise.race([all, over]);
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#desks.map((desk) => desk.close()), this.#metrics?.close()]);
  }
}

function workersOf(executor: Executor): { available: number; busy: number } {
  const runners = executor.use?.().runners ?? [];
  const busy = runners.filter(({ attempts }) => attempts > 0).length;
  return { available: runners.length - busy, busy };
}
