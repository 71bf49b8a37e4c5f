import { type Kysely, type Selectable, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import type { AuditRecord } from '../model/account.ts';
import type { AuditEntryTable } from './account-tables.ts';
import type { WriteScript } from './accounts.ts';
import { inRanges } from './index-range.ts';
import { rowsOf, type Script } from './script.ts';
import type { Database } from './tables.ts';

/** Which entries of the audit log. */
export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  /** Only entries with a smaller number. */
  readonly before?: number;
  readonly limit: number;
}

/** What was changed, by whom. Entries are written before the change, and never changed after it. */
export class AuditLog {
  readonly #db: Kysely<Database>;
  readonly #dialect: DialectName;
  readonly #write: WriteScript;

  constructor(db: Kysely<Database>, dialect: DialectName, write: WriteScript) {
    this.#db = db;
    this.#dialect = dialect;
    this.#write = write;
  }

  /** Notes that a change begins; its number. */
  began(entry: Omit<AuditRecord, 'auditNo' | 'status'>): Promise<number> {
    return this.#write(beganScript(this.#db, entry));
  }

  /** Notes what came of a change. */
  async ended(auditNo: number, status: number): Promise<void> {
    await this.#write(endedScript(this.#db, auditNo, status));
  }

  /** Entries, newest first. */
  async entries({ actor, action, before, limit }: AuditFilter): Promise<readonly AuditRecord[]> {
    const alike = [
      ...(actor === undefined ? [] : [['actor', actor] as const]),
      ...(action === undefined ? [] : [['action', action] as const]),
    ];
    const to = sql`${(before ?? Number.MAX_SAFE_INTEGER) - 1}`;
    const range = { alike, column: 'audit_no', from: sql.lit(0), to, order: 'desc' } as const;
    // Without statistics SQLite takes one by actor alone for as good.
    const isOfBoth = this.#dialect === 'sqlite' && alike.length === 2;
    const table = isOfBoth ? sql`audit_entry indexed by audit_entry_actor_action` : sql`audit_entry`;
    const query = inRanges<Selectable<AuditEntryTable>>(this.#dialect, table, [range], { rest: [], limit });
    return (await query.execute(this.#db)).rows.map((row) => ({
      auditNo: row.audit_no,
      at: row.at,
      actor: row.actor,
      action: row.action,
      target: row.target,
      requestId: row.request_id,
      status: row.status,
    }));
  }
}

function* beganScript(
  db: Kysely<Database>,
  { requestId, ...entry }: Omit<AuditRecord, 'auditNo' | 'status'>,
): Script<number> {
  const row = { ...entry, request_id: requestId, status: null };
  const [added] = yield* rowsOf(db.insertInto('audit_entry').values(row).returning('audit_no'));
  if (added === undefined) throw new Error('an audit entry was not stored');
  return added.audit_no;
}

function* endedScript(db: Kysely<Database>, auditNo: number, status: number): Script<void> {
  yield db.updateTable('audit_entry').set({ status }).where('audit_no', '=', auditNo);
}
