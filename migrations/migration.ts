import type { Kysely } from 'kysely';

/** The databases of one schema. */
export type DialectName = 'sqlite' | 'postgres';

/** One step of the schema. Frozen once released: a change of the schema is a new migration. */
export interface Migration {
  /** 1, 2, 3... without gaps; the newest one is the schema number of the code. */
  readonly number: number;
  readonly name: string;
  /** Runs inside a transaction: all of it or nothing stays. */
  up(db: Kysely<unknown>, dialect: DialectName): Promise<void>;
}
