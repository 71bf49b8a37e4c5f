import { type Kysely, type Selectable, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import type { AlertGroup, LiveAlert } from '../alerting/alert-world.ts';
import {
  ALERT_LEVELS,
  type AlertDelivery,
  type AlertLevel,
  type AlertMute,
  type AlertRecord,
  DELIVERY_STATES,
  type DeliveryState,
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
import type { AlertDeliveryTable } from './alert-tables.ts';
import { type AlertFilter, alertsQuery, IS_LIVE } from './alerts-query.ts';
import type { Fence } from './fence.ts';
import { type IndexRange, inRanges } from './index-range.ts';
import { named } from './records.ts';
import type { Lease } from './store.ts';
import type { Database } from './tables.ts';

/** How many alerts that are not over there are of a rule, about a DAG, by state. */
export interface AlertCount {
  readonly rule: string;
  readonly level: AlertLevel;
  readonly dagId: string | null;
  readonly state: 'open' | 'acknowledged';
  readonly count: number;
}

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
    const { levels, states, dagIds } = filter;
    if ([levels, states, dagIds].some((wanted) => wanted?.length === 0)) return [];
    return (await alertsQuery(this.#dialect, filter).execute(this.#db)).rows.map(toAlert);
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

  /** The newest messages to a channel, newest first. */
  async deliveries(channel: string, limit: number): Promise<readonly AlertDelivery[]> {
    const ranges = [...DELIVERY_STATES.keys()].map((state): IndexRange => {
      const alike = [['channel', channel] as const, ['state', state] as const];
      const [from, to] = [sql.lit(0), sql.lit(Number.MAX_SAFE_INTEGER)];
      return { alike, column: 'delivery_no', from, to, order: 'desc' };
    });
    const table = sql`alert_delivery`;
    const query = inRanges<Selectable<AlertDeliveryTable>>(this.#dialect, table, ranges, { rest: [], limit });
    return (await query.execute(this.#db)).rows.map(toDelivery);
  }

  /** How many messages to a channel are not over, and how many failed for good. */
  async undelivered(channel: string): Promise<{ readonly waiting: number; readonly failed: number }> {
    const inState = (state: DeliveryState) => sql`(select count(*) from alert_delivery
      where channel = ${channel} and state = ${DELIVERY_STATES.indexOf(state)})`;
    const query = sql<{ readonly waiting: number; readonly failed: number }>`
      select ${inState('waiting')} as waiting, ${inState('failed')} as failed`;
    return (await query.execute(this.#db)).rows[0] ?? { waiting: 0, failed: 0 };
  }

  /** Messages that are kept, by channel and state. */
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
