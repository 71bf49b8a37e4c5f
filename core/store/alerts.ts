import { type Kysely, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import type { AlertGroup, LiveAlert } from '../alerting/alert-world.ts';
import {
  ALERT_LEVELS,
  type AlertDelivery,
  type AlertLevel,
  type AlertMute,
  type AlertRecord,
  type AlertState,
  DELIVERY_STATES,
} from '../model/alert.ts';
import type { WriteScript } from './accounts.ts';
import { type AlertLine, readAlertLines } from './alert-lines.ts';
import {
  type AlertChanges,
  acknowledgeScript,
  forgetCursorScript,
  purgeAlertsScript,
  recordScript,
  removeMuteScript,
  saveDeliveryScript,
  saveMuteScript,
  toAlert,
  toDelivery,
  toMute,
} from './alert-scripts.ts';
import type { Fence } from './fence.ts';
import { indexRange } from './index-range.ts';
import { named } from './records.ts';
import type { Lease } from './store.ts';
import type { Database } from './tables.ts';

/** Which alerts. */
export interface AlertFilter {
  readonly levels?: readonly AlertLevel[];
  readonly states?: readonly AlertState[];
  readonly rule?: string;
  /** Of these DAGs only; absent: of all, and those of none. */
  readonly dagIds?: readonly string[];
  /** Only alerts that began before this one, by their ids. */
  readonly before?: string;
  readonly limit: number;
}

/** How many alerts that are not over there are of a rule, about a DAG, by state. */
export interface AlertCount {
  readonly rule: string;
  readonly level: AlertLevel;
  readonly dagId: string | null;
  readonly state: 'open' | 'acknowledged';
  readonly count: number;
}

/** As its index has it: an alert that is not over, or of whose end is to be told. */
const IS_LIVE = sql<boolean>`(resolved_at is null or closing = 1)`;

/** Greater than every id of an alert. */
const LAST_ID = '\uffff';

/** Alerts, mutes, and messages on their way. */
export class Alerts {
  readonly #db: Kysely<Database>;
  readonly #dialect: DialectName;
  readonly #write: WriteScript;
  readonly #fenceOf: (lease: Lease) => Fence;

  constructor(
    db: Kysely<Database>,
    dialect: DialectName,
    write: WriteScript,
    fenceOf: (lease: Lease) => Fence,
  ) {
    this.#db = db;
    this.#dialect = dialect;
    this.#write = write;
    this.#fenceOf = fenceOf;
  }

  /** Up to which line of the journal rules have looked; `null`: they have not begun. */
  async cursor(): Promise<number | null> {
    const row = await this.#db.selectFrom('alert_cursor').select('seq').executeTakeFirst();
    return row?.seq ?? null;
  }

  /** What rules look at, after a line of the journal and up to one, in its order. */
  lines(afterSeq: number, upToSeq: number, limit: number): Promise<readonly AlertLine[]> {
    return readAlertLines(this.#db, afterSeq, upToSeq, limit);
  }

  /** Without rules nobody looks: what happens meanwhile is none of the rules that come later. Leader only. */
  async forgetCursor(lease: Lease): Promise<void> {
    if ((await this.cursor()) === null) return;
    await this.#write(forgetCursorScript(this.#db, this.#fenceOf(lease)));
  }

  /** What a leader has to know: alerts that are not over, or of whose end nobody was told, and the groups. */
  async live(): Promise<{ readonly alerts: readonly LiveAlert[]; readonly groups: readonly AlertGroup[] }> {
    const rows = await this.#db.selectFrom('alert').selectAll().where(IS_LIVE).orderBy('alert_id').execute();
    const groups = await this.#db.selectFrom('alert_group').selectAll().execute();
    return {
      alerts: rows.map((row) => ({ ...toAlert(row), told: row.told, isClosing: row.closing === 1 })),
      groups: groups.map(({ grouped, sent_at, due_at, recover_at, rule }) => {
        return { rule, group: grouped, sentAt: sent_at, dueAt: due_at, recoverAt: recover_at };
      }),
    };
  }

  /** Stores what was decided, and the messages of it, all or nothing. Leader only. */
  record(lease: Lease, changes: AlertChanges): Promise<void> {
    return this.#write(recordScript(this.#db, this.#fenceOf(lease), changes));
  }

  /** Alerts, the newest first. */
  async alerts(filter: AlertFilter): Promise<readonly AlertRecord[]> {
    const { levels, states, rule, dagIds, before } = filter;
    const [one, ...others] = dagIds ?? [];
    const alike: (readonly [string, string])[] = [];
    if (rule !== undefined) alike.push(['rule', rule]);
    else if (one !== undefined && others.length === 0) alike.push(['dag_id', one]);
    const range = { alike, column: 'alert_id', from: sql`''`, to: sql`${before ?? LAST_ID}` };
    const { where, order } = indexRange(this.#dialect, { ...range, order: 'desc' });
    let query = this.#db.selectFrom('alert').selectAll().where(where).orderBy(order).limit(filter.limit);
    if (levels !== undefined) {
      const codes = levels.map((level) => ALERT_LEVELS.indexOf(level));
      query = query.where('level', 'in', codes);
    }
    // Joined with nothing so that the index of one DAG stays away, which has not the order of several.
    if (dagIds !== undefined) query = query.where(sql<string>`dag_id || ''`, 'in', dagIds);
    if (before !== undefined) query = query.where('alert_id', '<', before);
    if (states !== undefined)
      query = query.where((row) =>
        row.or([
          ...(states.includes('open')
            ? [row.and([row('resolved_at', 'is', null), row('acknowledged_at', 'is', null)])]
            : []),
          ...(states.includes('acknowledged')
            ? [row.and([row('resolved_at', 'is', null), row('acknowledged_at', 'is not', null)])]
            : []),
          ...(states.includes('resolved') ? [row('resolved_at', 'is not', null)] : []),
        ]),
      );
    return (await query.execute()).map(toAlert);
  }

  async alert(alertId: string): Promise<AlertRecord | null> {
    const row = await this.#db
      .selectFrom('alert')
      .selectAll()
      .where('alert_id', '=', alertId)
      .executeTakeFirst();
    return row === undefined ? null : toAlert(row);
  }

  /** Alerts whose ids begin in a way, at most ten. */
  async byPrefix(prefix: string): Promise<readonly AlertRecord[]> {
    const rows = await this.#db
      .selectFrom('alert')
      .selectAll()
      .where('alert_id', '>=', prefix)
      .where('alert_id', '<', `${prefix}\uffff`)
      .orderBy('alert_id')
      .limit(10)
      .execute();
    return rows.map(toAlert);
  }

  /** Notes that somebody takes care; whether that was news. */
  acknowledge(alertId: string, by: string, at: number): Promise<boolean> {
    return this.#write(acknowledgeScript(this.#db, alertId, by, at));
  }

  /** Which of the alerts that are not over somebody takes care of. */
  async acknowledged(): Promise<ReadonlySet<string>> {
    const rows = await this.#db
      .selectFrom('alert')
      .select('alert_id')
      .where(IS_LIVE)
      .where('acknowledged_at', 'is not', null)
      .execute();
    return new Set(rows.map((row) => row.alert_id));
  }

  /** How many alerts are not over. */
  async counts(): Promise<readonly AlertCount[]> {
    const state = sql<
      AlertCount['state']
    >`case when acknowledged_at is null then 'open' else 'acknowledged' end`;
    const rows = await this.#db
      .selectFrom('alert')
      .select((row) => ['rule', 'level', 'dag_id', state.as('state'), row.fn.countAll().as('count')])
      .where(IS_LIVE)
      .where('resolved_at', 'is', null)
      .groupBy(['rule', 'level', 'dag_id', state])
      .execute();
    return rows.map(({ level, dag_id, count, ...row }) => {
      return { ...row, level: named(ALERT_LEVELS, level), dagId: dag_id, count: Number(count) };
    });
  }

  /** Mutes that hold at an instant, newest first. */
  async mutes(at: number): Promise<readonly AlertMute[]> {
    const rows = await this.#db
      .selectFrom('alert_mute')
      .selectAll()
      .where((row) => row.or([row('until_at', 'is', null), row('until_at', '>', at)]))
      .orderBy('created_at', 'desc')
      .orderBy('mute_id')
      .execute();
    return rows.map(toMute);
  }

  /** Keeps a mute; those that are over are forgotten. */
  async saveMute(mute: AlertMute): Promise<void> {
    await this.#write(saveMuteScript(this.#db, mute));
  }

  /** Takes a mute back; whether there was one. */
  removeMute(muteId: string): Promise<boolean> {
    return this.#write(removeMuteScript(this.#db, muteId));
  }

  /** Channels to which messages are not over. */
  async openChannels(): Promise<readonly string[]> {
    const query = this.#db.selectFrom('alert_delivery').select('channel').distinct();
    return (await query.where('state', '=', sql.lit(0)).execute()).map(({ channel }) => channel);
  }

  /** Messages to a channel that are not over, those due first first. */
  async openDeliveries(channel: string, limit: number): Promise<readonly AlertDelivery[]> {
    const rows = await this.#db
      .selectFrom('alert_delivery')
      .selectAll()
      .where('state', '=', sql.lit(0))
      .where('channel', '=', channel)
      .orderBy('due_at')
      .orderBy('delivery_no')
      .limit(limit)
      .execute();
    return rows.map(toDelivery);
  }

  /** The newest messages, newest first. */
  async deliveries(limit: number): Promise<readonly AlertDelivery[]> {
    const query = this.#db.selectFrom('alert_delivery').selectAll().orderBy('delivery_no', 'desc');
    return (await query.limit(limit).execute()).map(toDelivery);
  }

  /** Messages that are not over, or failed for good, by channel. */
  async deliveryCounts(): Promise<readonly { channel: string; state: string; count: number }[]> {
    const rows = await this.#db
      .selectFrom('alert_delivery')
      .select((row) => ['channel', 'state', row.fn.countAll().as('count')])
      .groupBy(['channel', 'state'])
      .execute();
    return rows.map(({ channel, state, count }) => {
      return { channel, state: named(DELIVERY_STATES, state), count: Number(count) };
    });
  }

  /** Stores what became of a try. Leader only. */
  saveDelivery(lease: Lease, delivery: AlertDelivery): Promise<void> {
    return this.#write(saveDeliveryScript(this.#db, this.#fenceOf(lease), delivery));
  }

  /** Deletes alerts and messages that were over before an instant, some at a time; how many. Leader only. */
  purge(lease: Lease, before: number): Promise<number> {
    return this.#write(purgeAlertsScript(this.#db, this.#fenceOf(lease), before));
  }
}
