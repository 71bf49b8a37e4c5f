import type { Generated } from 'kysely';
import type { JsonText } from '../model/json.ts';

/** What is or was wrong, and who is told. */
export interface AlertTables {
  readonly alert: AlertTable;
  readonly alert_group: AlertGroupTable;
  readonly alert_mute: AlertMuteTable;
  readonly alert_delivery: AlertDeliveryTable;
  readonly alert_cursor: AlertCursorTable;
}

/** The columns of acknowledgement are written by whoever is asked to, all others by the leader. */
export interface AlertTable {
  alert_id: string;
  rule: string;
  /** Position in `ALERT_LEVELS`. */
  level: number;
  /** Position in `ALERT_TYPES`. */
  type: number;
  fingerprint: string;
  /** The group: that word means something to SQL. */
  grouped: string;
  title: string;
  message: string;
  details: JsonText;
  count: number;
  /** `count` when it was told last. */
  told: number;
  first_at: number;
  last_at: number;
  resolved_at: number | null;
  /** 0 or 1: it is over, and that is to be told. */
  closing: number;
  acknowledged_by: string | null;
  acknowledged_at: number | null;
  dag_id: string | null;
  task_id: string | null;
  run_uid: string | null;
}

export interface AlertGroupTable {
  rule: string;
  grouped: string;
  sent_at: number | null;
  due_at: number | null;
  recover_at: number | null;
}

export interface AlertMuteTable {
  mute_id: string;
  rule: string | null;
  dag_id: string | null;
  until_at: number | null;
  reason: string;
  created_by: string;
  created_at: number;
}

/** A message on its way to a channel. */
export interface AlertDeliveryTable {
  delivery_no: Generated<number>;
  channel: string;
  /** An `AlertMessage`. */
  message: JsonText;
  /** Position in `DELIVERY_STATES`. */
  state: number;
  tries: number;
  created_at: number;
  due_at: number;
  ended_at: number | null;
  error: string | null;
}

/** Up to which line of the journal rules have looked; no row: they have not begun. */
export interface AlertCursorTable {
  id: number;
  seq: number;
}
