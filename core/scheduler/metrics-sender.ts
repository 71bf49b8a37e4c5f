import { DeliveryError } from '../channels/delivery-error.ts';
import type { TelemetryTarget } from '../config/assemble-telemetry.ts';
import type { Logger } from '../log/logger.ts';
import { metricsBody, type OtlpMetric, type OtlpSource } from '../telemetry/otlp.ts';
import { sendOtlp } from './send-telemetry.ts';

/** Figures are sent this often, as OpenTelemetry does unless it is told otherwise. */
const EVERY_MS = 60_000;

/**
 * Sends figures every minute and at the end. They tell all since the beginning: of a request that does not
 * get there the next one makes up.
 */
export class MetricsSender {
  readonly #target: TelemetryTarget;
  readonly #source: OtlpSource;
  readonly #metrics: () => readonly OtlpMetric[];
  readonly #log: Logger;
  readonly #ended = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #sending: Promise<void> | null = null;
  #isSaid = false;

  constructor(
    target: TelemetryTarget,
    source: OtlpSource,
    metrics: () => readonly OtlpMetric[],
    log: Logger,
  ) {
    this.#target = target;
    this.#source = source;
    this.#metrics = metrics;
    this.#log = log;
    this.#timer = setInterval(() => void this.send(), EVERY_MS);
    this.#timer.unref();
  }

  /** Sends what there is now, unless the request before is still under way. */
  send(): Promise<void> {
    this.#sending ??= this.#send().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#ended.abort();
    await this.#sending;
  }

  async #send(): Promise<void> {
    const metrics = this.#metrics();
    const body = metricsBody(this.#source, metrics);
    const why = await sendOtlp(this.#target, body, metrics.length, this.#ended.signal).then(
      (refusal) => refusal?.why ?? null,
      (error: unknown) => (error instanceof DeliveryError ? error.message : 'it failed'),
    );
    if (why !== null && !this.#isSaid && !this.#ended.signal.aborted)
      this.#log.warn({ receiver: 'otlp', error: why }, 'figures cannot be sent now; the next ones tell all');
    this.#isSaid = why !== null;
  }
}
