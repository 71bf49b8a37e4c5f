import { DeliveryError } from '../channels/delivery-error.ts';
import { send } from '../channels/send.ts';
import type { Logger } from '../log/logger.ts';
import type { AlertChannel, AlertDelivery } from '../model/alert.ts';
import type { Clock } from '../model/clock.ts';
import type { RetryPolicy } from '../model/dag.ts';
import { chanceOf, retryDelay } from '../planner/retry.ts';
import type { Lease, Store } from '../store/store.ts';
import { isStopgap } from '../store/stored-text.ts';
import { Lookout } from './lookout.ts';
import { asError } from './quarantine.ts';

/** Messages that are sent to a channel at once. */
const AT_ONCE_MAX = 4;
/** Messages to a channel that are taken from the store at once. */
const READ_MAX = 100;
/** A store that does not answer is asked again after this time. */
const AGAIN_MS = 1_000;
/** A channel that is away for some hours loses nothing. */
const RETRIES: RetryPolicy = {
  max: 20,
  delayMs: 1_000,
  backoff: 'exponential',
  factor: 2,
  maxDelayMs: 3_600_000,
  jitter: 0.2,
};

export interface AlertSenderOptions {
  readonly channels: readonly AlertChannel[];
  readonly store: Store;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Sends the messages that are due, each at least once: one is over only when that is stored, so the next
 * leader sends again what a crash has cut off. Each channel has a lane of its own: one that does not answer
 * holds up no other.
 */
export class AlertSender {
  readonly #options: AlertSenderOptions;
  readonly #lookout: Lookout;
  readonly #lanes = new Map<string, Lookout>();

  constructor(options: AlertSenderOptions) {
    this.#options = options;
    this.#lookout = new Lookout(options.clock, () => this.#orTellOf(this.#lookout, this.#wakeLanes()));
  }

  /** Takes up what earlier leaders have left. */
  start(): void {
    this.look();
  }

  /** There may be a message that is due. */
  look(): void {
    void this.#lookout.now();
  }

  /** Resolves once everything that is due was tried. */
  async drain(): Promise<void> {
    await this.#lookout.now();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.now()));
  }

  async close(): Promise<void> {
    await this.#lookout.close();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()));
  }

  async #wakeLanes(): Promise<void> {
    for (const channel of await this.#options.store.alerts.openChannels()) void this.#laneOf(channel).now();
  }

  #laneOf(channel: string): Lookout {
    const known = this.#lanes.get(channel);
    if (known !== undefined) return known;
    const lane: Lookout = new Lookout(this.#options.clock, () =>
      this.#orTellOf(lane, this.#sendDue(channel, lane)),
    );
    this.#lanes.set(channel, lane);
    return lane;
  }

  /** What the store keeps from being done is done again later. */
  async #orTellOf(lookout: Lookout, done: Promise<void>): Promise<void> {
    await done.catch((error: unknown) => {
      const { log } = this.#options;
      log.warn({ err: asError(error) }, 'messages of alerts cannot be read or stored now; it is tried again');
      lookout.within(AGAIN_MS);
    });
  }

  async #sendDue(channel: string, lane: Lookout): Promise<void> {
    const { store, clock } = this.#options;
    const open = await store.alerts.openDeliveries(channel, READ_MAX);
    const due = open.filter(({ dueAt }) => dueAt <= clock.now());
    const next = open.find(({ dueAt }) => dueAt > clock.now());
    for (let at = 0; at < due.length && !lane.isClosed; at += AT_ONCE_MAX)
      await Promise.all(due.slice(at, at + AT_ONCE_MAX).map((one) => this.#try(one)));
    if (due.length > 0) void lane.now();
    else if (next) lane.within(next.dueAt - clock.now());
  }

  async #try(delivery: AlertDelivery): Promise<void> {
    const { store, lease, clock, channels, log } = this.#options;
    const { message } = delivery;
    const tries = delivery.tries + 1;
    const channel = channels.find(({ name }) => name === delivery.channel);
    const fault =
      channel === undefined
        ? new DeliveryError('there is no such channel any more', true)
        : isStopgap(message)
          ? new DeliveryError('its stored text cannot be read', true)
          : await send(channel, message, clock).then(
              () => null,
              (error: unknown) => asFault(error),
            );
    const at = clock.now();
    if (fault === null) {
      const done = { tries, state: 'success', endedAt: at, error: null } as const;
      return store.alerts.saveDelivery(lease, { ...delivery, ...done });
    }
    const isOver = fault.isFinal || tries > RETRIES.max;
    const delayMs = retryDelay(RETRIES, tries, chanceOf(`${message.id}/${delivery.channel}/${tries}`));
    const facts = { channel: delivery.channel, message: message.id, tries, error: fault.message };
    log.warn(facts, isOver ? 'a message of alerts is given up' : 'a message of alerts did not arrive');
    const left = isOver
      ? ({ state: 'failed', endedAt: at } as const)
      : ({ state: 'waiting', dueAt: at + delayMs } as const);
    await store.alerts.saveDelivery(lease, { ...delivery, ...left, tries, error: fault.message });
  }
}

/** What is no fault of a channel is one of orch; its words may have an address in them. */
function asFault(error: unknown): DeliveryError {
  return error instanceof DeliveryError
    ? error
    : new DeliveryError(`it failed: ${asError(error).name}`, false);
}
