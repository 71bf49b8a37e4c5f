import type { Kysely, Selectable } from 'kysely';
import type { AlertGroup, LiveAlert } from '../alerting/alert-world.ts';
import {
  ALERT_LEVELS,
  ALERT_TYPES,
  type AlertDelivery,
  type AlertMessage,
  type AlertMute,
  type AlertRecord,
  DELIVERY_STATES,
} from '../model/alert.ts';
import type { JsonObject } from '../model/json.ts';
import type { AlertDeliveryTable, AlertMuteTable, AlertTable } from './alert-tables.ts';
import { storable } from './archive.ts';
import { type Fence, fenceScript } from './fence.ts';
import { named } from './records.ts';
import { rowsOf, type Script } from './script.ts';
import { readText } from './stored-text.ts';
import type { Database } from './tables.ts';

/** What of a decision is stored, with the deliveries of its messages. */
export interface AlertChanges {
  readonly decision: {
    readonly alerts: readonly LiveAlert[];
    readonly groups: readonly AlertGroup[];
    readonly goneGroups: readonly Pick<AlertGroup, 'rule' | 'group'>[];
  };
  readonly deliveries: readonly { readonly channel: string; readonly message: AlertMessage }[];
  /** Up to which line of the journal it was decided. */
  readonly seq: number;
  readonly at: number;
}

/** Rows of one step of a purge. */
const PURGED_MAX = 1_000;

/** The alert of a row. */
export function toAlert(row: AlertTable): AlertRecord {
  const isOver = row.resolved_at !== null;
  return {
    alertId: row.alert_id,
    rule: row.rule,
    level: named(ALERT_LEVELS, row.level),
    type: named(ALERT_TYPES, row.type),
    fingerprint: row.fingerprint,
    group: row.grouped,
    title: row.title,
    message: row.message,
    details: readText<JsonObject>('alert.details', row.details),
    count: row.count,
    firstSeenAt: row.first_at,
    lastSeenAt: row.last_at,
    state: isOver ? 'resolved' : row.acknowledged_at === null ? 'open' : 'acknowledged',
    acknowledgedBy: row.acknowledged_by,
    acknowledgedAt: row.acknowledged_at,
    resolvedAt: row.resolved_at,
    dagId: row.dag_id,
    taskId: row.task_id,
    runId: row.run_uid,
  };
}

/** The mute of a row. */
export function toMute(row: AlertMuteTable): AlertMute {
  return {
    muteId: row.mute_id,
    rule: row.rule,
    dagId: row.dag_id,
    until: row.until_at,
    reason: row.reason,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}

/** The delivery of a row. */
export function toDelivery(row: Selectable<AlertDeliveryTable>): AlertDelivery {
  return {
    deliveryNo: row.delivery_no,
    channel: row.channel,
    message: readText<AlertMessage>('alert_delivery.message', row.message),
    state: named(DELIVERY_STATES, row.state),
    tries: row.tries,
    createdAt: row.created_at,
    dueAt: row.due_at,
    endedAt: row.ended_at,
    error: row.error,
  };
}

/** Has rules begin anew. */
export function* forgetCursorScript(db: Kysely<Database>, fence: Fence): Script<void> {
  yield* fenceScript(db, fence);
  yield db.deleteFrom('alert_cursor');
}

/** Stores what was decided. */
export function* recordScript(db: Kysely<Database>, fence: Fence, changes: AlertChanges): Script<void> {
  const { decision, deliveries, seq, at } = changes;
  yield* fenceScript(db, fence);
  // One that is over makes room for one with the same fingerprint.
  const order = [...decision.alerts].sort((a, b) => Number(isOver(b)) - Number(isOver(a)));
  for (const alert of order) yield* putAlertScript(db, alert);
  for (const { rule, group, sentAt, dueAt, recoverAt } of decision.groups) {
    const times = { sent_at: sentAt, due_at: dueAt, recover_at: recoverAt };
    yield db
      .insertInto('alert_group')
      .values({ rule, grouped: group, ...times })
      .onConflict((conflict) => conflict.columns(['rule', 'grouped']).doUpdateSet(times));
  }
  for (const { rule, group } of decision.goneGroups)
    yield db.deleteFrom('alert_group').where('rule', '=', rule).where('grouped', '=', group);
  for (const { channel, message } of deliveries)
    yield db.insertInto('alert_delivery').values({
      channel,
      message: storable(JSON.stringify(message)),
      state: 0,
      tries: 0,
      created_at: at,
      due_at: at,
      ended_at: null,
      error: null,
    });
  yield db
    .insertInto('alert_cursor')
    .values({ id: 1, seq })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ seq }));
}

function isOver({ state, isClosing }: LiveAlert): boolean {
  return state === 'resolved' && !isClosing;
}

function* putAlertScript(db: Kysely<Database>, alert: LiveAlert): Script<void> {
  const changing = {
    level: ALERT_LEVELS.indexOf(alert.level),
    title: storable(alert.title),
    message: storable(alert.message),
    details: storable(JSON.stringify(alert.details)),
    count: alert.count,
    told: alert.told,
    last_at: alert.lastSeenAt,
    resolved_at: alert.resolvedAt,
    closing: alert.isClosing ? 1 : 0,
    run_uid: alert.runId,
  };
  yield db
    .insertInto('alert')
    .values({
      ...changing,
      alert_id: alert.alertId,
      rule: alert.rule,
      type: ALERT_TYPES.indexOf(alert.type),
      fingerprint: alert.fingerprint,
      grouped: alert.group,
      first_at: alert.firstSeenAt,
      acknowledged_by: null,
      acknowledged_at: null,
      dag_id: alert.dagId,
      task_id: alert.taskId,
    })
    .onConflict((conflict) => conflict.column('alert_id').doUpdateSet(changing));
}

/** Notes who takes care of an alert. */
export function* acknowledgeScript(
  db: Kysely<Database>,
  alertId: string,
  by: string,
  at: number,
): Script<boolean> {
  const changed = yield* rowsOf(
    db
      .updateTable('alert')
      .set({ acknowledged_by: by, acknowledged_at: at })
      .where('alert_id', '=', alertId)
      .where('acknowledged_at', 'is', null)
      .where('resolved_at', 'is', null)
      .returning('alert_id'),
  );
  return changed.length > 0;
}

/** Keeps a mute. */
export function* saveMuteScript(db: Kysely<Database>, mute: AlertMute): Script<void> {
  yield db.deleteFrom('alert_mute').where('until_at', '<=', mute.createdAt);
  yield db
    .insertInto('alert_mute')
    .values({
      mute_id: mute.muteId,
      rule: mute.rule,
      dag_id: mute.dagId,
      until_at: mute.until,
      reason: storable(mute.reason),
      created_by: mute.createdBy,
      created_at: mute.createdAt,
    })
    .onConflict((conflict) => conflict.doNothing());
}

/** Takes a mute back. */
export function* removeMuteScript(db: Kysely<Database>, muteId: string): Script<boolean> {
  const gone = yield* rowsOf(db.deleteFrom('alert_mute').where('mute_id', '=', muteId).returning('mute_id'));
  return gone.length > 0;
}

/** Stores what became of a try. */
export function* saveDeliveryScript(db: Kysely<Database>, fence: Fence, one: AlertDelivery): Script<void> {
  yield* fenceScript(db, fence);
  yield db
    .updateTable('alert_delivery')
    .set({
      state: DELIVERY_STATES.indexOf(one.state),
      tries: one.tries,
      due_at: one.dueAt,
      ended_at: one.endedAt,
      error: one.error === null ? null : storable(one.error),
    })
    .where('delivery_no', '=', one.deliveryNo);
}

/** Deletes what was over before an instant. */
export function* purgeAlertsScript(db: Kysely<Database>, fence: Fence, before: number): Script<number> {
  yield* fenceScript(db, fence);
  const alerts = yield* rowsOf(
    db
      .selectFrom('alert')
      .select('alert_id')
      .where('last_at', '<', before)
      .where('resolved_at', '<', before)
      .where('closing', '=', 0)
      .limit(PURGED_MAX),
  );
  const sent = yield* rowsOf(
    db.selectFrom('alert_delivery').select('delivery_no').where('ended_at', '<', before).limit(PURGED_MAX),
  );
  const alertIds = alerts.map((row) => row.alert_id);
  const numbers = sent.map((row) => row.delivery_no);
  if (alertIds.length > 0) yield db.deleteFrom('alert').where('alert_id', 'in', alertIds);
  if (numbers.length > 0) yield db.deleteFrom('alert_delivery').where('delivery_no', 'in', numbers);
  return alertIds.length + numbers.length;
}
