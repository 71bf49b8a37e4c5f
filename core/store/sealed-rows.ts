import type { Kysely, Selectable } from 'kysely';
import type { SealedValue, ValueOf, ValueRecord } from '../model/variable.ts';
import type { WriteScript } from './accounts.ts';
import { rowsOf, type Script } from './script.ts';
import type { Database, SealedTable } from './tables.ts';

/** Names that are asked for at once. */
const NAMES_MAX = 500;

/** Variables or connections as they are stored: encrypted, so that nothing here can read a value. */
export class SealedRows {
  readonly #db: Kysely<Database>;
  readonly #write: WriteScript;
  readonly #of: ValueOf;

  constructor(db: Kysely<Database>, write: WriteScript, of: ValueOf) {
    this.#db = db;
    this.#write = write;
    this.#of = of;
  }

  /** All of them, by their names. */
  async all(): Promise<readonly ValueRecord[]> {
    const rows = await this.#db.selectFrom(this.#of).selectAll().orderBy('name').execute();
    return rows.map((row) => this.#record(row));
  }

  /** A page of them by their names, behind a name. */
  async page(after: string | null, limit: number): Promise<readonly ValueRecord[]> {
    let query = this.#db.selectFrom(this.#of).selectAll().orderBy('name').limit(limit);
    if (after !== null) query = query.where('name', '>', after);
    return (await query.execute()).map((row) => this.#record(row));
  }

  /** Those of some names that there are. */
  async some(names: readonly string[]): Promise<readonly ValueRecord[]> {
    const found: ValueRecord[] = [];
    for (let at = 0; at < names.length; at += NAMES_MAX) {
      const part = names.slice(at, at + NAMES_MAX);
      const rows = await this.#db.selectFrom(this.#of).selectAll().where('name', 'in', part).execute();
      found.push(...rows.map((row) => this.#record(row)));
    }
    return found;
  }

  async one(name: string): Promise<ValueRecord | null> {
    return (await this.some([name]))[0] ?? null;
  }

  /** Makes one, or puts it in the place of the one with its name. */
  async save(record: ValueRecord): Promise<void> {
    await this.#write(saveScript(this.#db, record));
  }

  /** Whether there was none with its name, and it was made. */
  add(record: ValueRecord): Promise<boolean> {
    return this.#write(addScript(this.#db, record));
  }

  /** Stores the same value encrypted otherwise; `false` if it was changed since it was read. */
  reseal(before: ValueRecord, now: SealedValue): Promise<boolean> {
    return this.#write(resealScript(this.#db, before, now));
  }

  /** Whether there was one. */
  remove(name: string): Promise<boolean> {
    return this.#write(removeScript(this.#db, this.#of, name));
  }

  #record(row: Selectable<SealedTable>): ValueRecord {
    return {
      of: this.#of,
      name: row.name,
      kind: row.kind,
      keyId: row.key_id,
      sealed: row.sealed,
      revision: row.revision,
      changedAt: row.changed_at,
      changedBy: row.changed_by,
    };
  }
}

function rowOf({ kind, keyId, sealed, revision, changedAt, changedBy }: ValueRecord) {
  return { kind, key_id: keyId, sealed, revision, changed_at: changedAt, changed_by: changedBy };
}

function* saveScript(db: Kysely<Database>, record: ValueRecord): Script<void> {
  const row = rowOf(record);
  yield db
    .insertInto(record.of)
    .values({ name: record.name, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row));
}

function* addScript(db: Kysely<Database>, record: ValueRecord): Script<boolean> {
  const added = yield* rowsOf(
    db
      .insertInto(record.of)
      .values({ name: record.name, ...rowOf(record) })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .returning('name'),
  );
  return added.length > 0;
}

function* resealScript(db: Kysely<Database>, before: ValueRecord, now: SealedValue): Script<boolean> {
  const changed = yield* rowsOf(
    db
      .updateTable(before.of)
      .set({ key_id: now.keyId, sealed: now.sealed })
      .where('name', '=', before.name)
      .where('sealed', '=', before.sealed)
      .returning('name'),
  );
  return changed.length > 0;
}

function* removeScript(db: Kysely<Database>, of: ValueOf, name: string): Script<boolean> {
  const gone = yield* rowsOf(db.deleteFrom(of).where('name', '=', name).returning('name'));
  return gone.length > 0;
}
