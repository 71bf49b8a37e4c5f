import { type AlertWishes, type AlertWorld, hurried, worldOf } from '../alerting/alert-world.ts';
import type { Observation } from '../alerting/observation.ts';
import { type AlertDecision, isNews, observe } from '../alerting/observe.ts';
import type { Logger } from '../log/logger.ts';
import { type AlertChannel, type AlertRule, SAMPLED_TYPES } from '../model/alert.ts';
import type { Clock } from '../model/clock.ts';
import type { Lease, Store } from '../store/store.ts';
import { AlertReader } from './alert-reader.ts';
import { AlertSender } from './alert-sender.ts';
import { Lookout } from './lookout.ts';
import { asError } from './quarantine.ts';
import { newRunUid } from './run-uid.ts';

/** The journal is looked at so long after a tick: what ends together is decided together. */
const LOOK_AFTER_MS = 200;
/** What nobody tells of is looked at this often. */
const SAMPLE_EVERY_MS = 15_000;
/** A store that does not answer is asked again after this time. */
const AGAIN_MS = 1_000;
const NO_WISHES: AlertWishes = { mutes: [], acknowledged: new Set() };

export interface AlertDeskOptions {
  readonly rules: readonly AlertRule[];
  readonly channels: readonly AlertChannel[];
  readonly store: Store;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly log: Logger;
  /** Measures what rules on the machine and the scheduler want to know. */
  readonly sample: () => Promise<Extract<Observation, { type: 'sample' }>>;
  /** Told of alerts that began or are over, once that is stored. */
  readonly onTurned: (alerts: AlertDecision['turned']) => void;
}

/**
 * Has rules look at what happens: reads the journal from where it was read last, decides, and stores what
 * comes of it together with how far it has read. What goes wrong here is noted, tried again, and hurts nobody
 * else.
 */
export class AlertDesk {
  readonly #options: AlertDeskOptions;
  readonly #reader: AlertReader;
  readonly #sender: AlertSender;
  readonly #lookout: Lookout;
  readonly #errors: Observation[] = [];
  #world: AlertWorld | null = null;
  #seq = 0;
  #samples: NodeJS.Timeout | null = null;

  constructor(options: AlertDeskOptions) {
    this.#options = options;
    this.#lookout = new Lookout(options.clock, () => this.#look());
    this.#reader = new AlertReader(options.store, options.rules);
    this.#sender = new AlertSender(options);
  }

  /** Begins with what is written from now on, or where it was left off; goes on by itself. */
  async start(): Promise<void> {
    await this.#open().catch((error: unknown) => {
      this.#options.log.warn({ err: asError(error) }, 'alerts cannot be looked at yet; it is tried again');
    });
    if (this.#options.rules.some(({ on }) => SAMPLED_TYPES.includes(on))) this.#sampleSoon(0);
    this.#sender.start();
    this.#lookout.within(0);
  }

  /** Something was written: the journal is looked at soon. */
  look(): void {
    this.#lookout.within(LOOK_AFTER_MS);
  }

  /** orch has failed at something. */
  noteError(message: string): void {
    this.#errors.push({ type: 'error', at: this.#options.clock.now(), message, dagId: null, runId: null });
    this.look();
  }

  /**
   * Looks at all that was written by now, cuts the windows of groups short, and tries once to send what is
   * due: nobody may lead for long.
   */
  async drain(): Promise<void> {
    await this.#lookout.now();
    const { log, rules, clock } = this.#options;
    if (this.#world !== null) this.#world = hurried(this.#world, rules, clock.now());
    if (this.#world !== null)
      await this.#decide([], this.#seq).catch((error: unknown) =>
        log.warn({ err: asError(error) }, 'what is left of alerts is told by the next leader'),
      );
    await this.#sender.drain();
  }

  async close(): Promise<void> {
    if (this.#samples) clearTimeout(this.#samples);
    await this.#lookout.close();
    await this.#sender.close();
  }

  async #look(): Promise<void> {
    try {
      await this.#readOn();
    } catch (error) {
      const { log } = this.#options;
      log.warn({ err: asError(error) }, 'alerts cannot be looked at now; it is tried again');
      // What is in memory may not be what is stored.
      this.#world = null;
      this.#lookout.within(AGAIN_MS);
    }
  }

  async #readOn(): Promise<void> {
    if (this.#world === null) await this.#open();
    const errors = this.#errors.splice(0);
    await this.#decide(errors, this.#seq).catch((error: unknown) => {
      this.#errors.unshift(...errors);
      throw error;
    });
    for (let isMore = true; isMore && !this.#lookout.isClosed; ) {
      const read = await this.#reader.read(this.#seq);
      isMore = read.isMore;
      if (read.observations.length > 0) await this.#decide(read.observations, read.seq);
      // What nobody looks at needs no write: it is passed over again after a crash.
      else this.#seq = read.seq;
    }
  }

  async #open(): Promise<void> {
    const { store, lease, clock } = this.#options;
    const stored = await store.alerts.cursor();
    this.#seq = stored ?? (await store.live.lastSeq());
    const { alerts, groups } = await store.alerts.live();
    const decision = { alerts: [], groups: [], goneGroups: [] };
    const begin = { decision, deliveries: [], seq: this.#seq, at: clock.now() };
    if (stored === null) await store.alerts.record(lease, begin);
    this.#world = worldOf(alerts, groups);
  }

  async #decide(observations: readonly Observation[], seq: number): Promise<void> {
    const { store, lease, rules, clock, onTurned } = this.#options;
    const world = this.#world as AlertWorld;
    const now = clock.now();
    const isIdle = world.alerts.size === 0 && observations.length === 0;
    const wishes = isIdle ? NO_WISHES : await this.#wishes(now);
    const newId = (): string => newRunUid(now);
    const decision = observe({ world, rules, observations, wishes, now, newId });
    const deliveries = decision.messages.flatMap(({ rule, message }) =>
      rule.channels.map((channel) => ({ channel, message })),
    );
    if (isNews(decision)) await store.alerts.record(lease, { decision, deliveries, seq, at: now });
    this.#world = decision.world;
    this.#seq = seq;
    if (deliveries.length > 0) this.#sender.look();
    if (decision.turned.length > 0) onTurned(decision.turned);
    if (Number.isFinite(decision.nextAt)) this.#lookout.within(decision.nextAt - now);
  }

  async #wishes(now: number): Promise<AlertWishes> {
    const { alerts } = this.#options.store;
    return { mutes: await alerts.mutes(now), acknowledged: await alerts.acknowledged() };
  }

  #sampleSoon(ms: number): void {
    this.#samples = setTimeout(
      () => void this.#sample().finally(() => this.#sampleSoon(SAMPLE_EVERY_MS)),
      ms,
    );
    this.#samples.unref();
  }

  async #sample(): Promise<void> {
    try {
      this.#errors.push(await this.#options.sample());
      await this.#lookout.now();
    } catch (error) {
      this.#options.log.warn({ err: asError(error) }, 'what alerts look at cannot be measured now');
    }
  }
}
