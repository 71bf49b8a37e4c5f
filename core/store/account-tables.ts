import type { Generated } from 'kysely';
import type { JsonText } from '../model/json.ts';

/** Who may use the API, what they changed, and what they were answered. */
export interface AccountTables {
  readonly account: AccountTable;
  readonly api_token: ApiTokenTable;
  readonly login: LoginTable;
  readonly outside_identity: OutsideIdentityTable;
  readonly audit_entry: AuditEntryTable;
  readonly kept_reply: KeptReplyTable;
}

/** Somebody who may log in. */
export interface AccountTable {
  name: string;
  /** `null`: another service says who it is. */
  password_hash: string | null;
  grants: JsonText;
  /** 0 or 1. */
  disabled: number;
  created_at: number;
  created_by: string;
}

export interface ApiTokenTable {
  token_id: string;
  /** SHA-256, hexadecimal: the token itself is not stored. */
  hash: string;
  name: string;
  grants: JsonText;
  created_at: number;
  created_by: string;
  expires_at: number | null;
  used_at: number | null;
  revoked_at: number | null;
}

export interface LoginTable {
  /** SHA-256 of the text of the cookie, hexadecimal. */
  hash: string;
  account: string;
  created_at: number;
  expires_at: number;
}

/** Who an account is for a provider of logins. */
export interface OutsideIdentityTable {
  issuer: string;
  subject: string;
  account: string;
}

/** A change that somebody asked for; `status` is `null` until it is known what came of it. */
export interface AuditEntryTable {
  audit_no: Generated<number>;
  at: number;
  actor: string;
  action: string;
  target: string;
  request_id: string;
  status: number | null;
}

/** What a request with a key was answered; `status` is `null` until it is. */
export interface KeptReplyTable {
  key: string;
  fingerprint: string;
  at: number;
  status: number | null;
  type: string | null;
  body: string | null;
  /** Which process answers it; `null` of one before that was noted. */
  holder: JsonText | null;
}
