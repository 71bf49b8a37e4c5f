import type { Kysely, Selectable } from 'kysely';
import { type AccountRecord, type Grant, ROLES, type Role, type TokenRecord } from '../model/account.ts';
import type { AccountTable, ApiTokenTable } from './account-tables.ts';
import { rowsOf, type Script } from './script.ts';
import { readText } from './stored-text.ts';
import type { Database } from './tables.ts';

/** Runs a script in one writing transaction. */
export type WriteScript = <T>(script: Script<T>) => Promise<T>;

/** Everybody who may use the API, at one moment. */
export interface Everybody {
  readonly accounts: readonly AccountRecord[];
  readonly tokens: readonly TokenRecord[];
}

/** An account before and after a change; `null`: there is none. */
export interface ChangedAccount<After extends AccountRecord | null> {
  readonly before: AccountRecord | null;
  readonly account: After;
}

/** How a provider of logins tells somebody from everybody else. */
export interface OutsideIdentity {
  readonly issuer: string;
  readonly subject: string;
}

/** Who may use the API: accounts of people, tokens of programs, and who is logged in. */
export class Accounts {
  readonly #db: Kysely<Database>;
  readonly #write: WriteScript;
  readonly #writeAlone: WriteScript;

  /** `writeAlone`: nobody else writes an account between the begin of the script and its end. */
  constructor(db: Kysely<Database>, write: WriteScript, writeAlone: WriteScript) {
    this.#db = db;
    this.#write = write;
    this.#writeAlone = writeAlone;
  }

  /** All accounts, by their names. */
  async accounts(): Promise<readonly AccountRecord[]> {
    return (await accountsQuery(this.#db).execute()).map(toAccount);
  }

  async account(name: string): Promise<AccountRecord | null> {
    const row = await this.#db.selectFrom('account').selectAll().where('name', '=', name).executeTakeFirst();
    return row === undefined ? null : toAccount(row);
  }

  /**
   * Makes an account, changes it or, with `null`, ends it, as `decide` says by everybody at that moment: it
   * may refuse by an error. One that is disabled or has another password is logged out.
   */
  changeAccount<After extends AccountRecord | null>(
    name: string,
    decide: (everybody: Everybody) => After,
  ): Promise<ChangedAccount<After>> {
    return this.#writeAlone(changeAccountScript(this.#db, name, decide));
  }

  /** All tokens, newest first, also those that are over. */
  async tokens(): Promise<readonly TokenRecord[]> {
    return (await tokensQuery(this.#db).execute()).map(toToken);
  }

  async token(tokenId: string): Promise<TokenRecord | null> {
    const found = this.#db.selectFrom('api_token').selectAll().where('token_id', '=', tokenId);
    const row = await found.executeTakeFirst();
    return row === undefined ? null : toToken(row);
  }

  async tokenByHash(hash: string): Promise<TokenRecord | null> {
    const row = await this.#db
      .selectFrom('api_token')
      .selectAll()
      .where('hash', '=', hash)
      .executeTakeFirst();
    return row === undefined ? null : toToken(row);
  }

  /** Keeps a token by its hash. */
  async saveToken(token: TokenRecord, hash: string): Promise<void> {
    await this.#write(saveTokenScript(this.#db, token, hash));
  }

  /** Ends a token from an instant on; whether there was one that was not over. */
  revokeToken(tokenId: string, at: number): Promise<boolean> {
    return this.#write(revokeTokenScript(this.#db, tokenId, at));
  }

  /** Notes that a token was used. */
  async tokenUsed(tokenId: string, at: number): Promise<void> {
    await this.#write(tokenUsedScript(this.#db, tokenId, at));
  }

  /** The account that is logged in by a cookie with this hash; `null` if none is at this instant. */
  async loggedIn(hash: string, at: number): Promise<AccountRecord | null> {
    const row = await this.#db
      .selectFrom('login')
      .select('account')
      .where('hash', '=', hash)
      .where('expires_at', '>', at)
      .executeTakeFirst();
    const account = row === undefined ? null : await this.account(row.account);
    return account?.disabled === false ? account : null;
  }

  /**
   * Logs an account in that was found to be right; `false` if it is disabled, gone, or has another password
   * by now. Logins of anybody that are over are forgotten.
   */
  logIn(account: AccountRecord, hash: string, at: number, expiresAt: number): Promise<boolean> {
    return this.#writeAlone(logInScript(this.#db, { account, hash, at, expiresAt }));
  }

  /** The account of somebody whom a provider of logins knows; `null` if there is none. */
  async outsideAccount({ issuer, subject }: OutsideIdentity): Promise<AccountRecord | null> {
    const row = await this.#db
      .selectFrom('outside_identity')
      .select('account')
      .where('issuer', '=', issuer)
      .where('subject', '=', subject)
      .executeTakeFirst();
    return row === undefined ? null : this.account(row.account);
  }

  /** Makes an account for somebody whom a provider knows; `false` if that name, or one for them, is there. */
  addOutsideAccount(account: AccountRecord, identity: OutsideIdentity): Promise<boolean> {
    return this.#write(addOutsideAccountScript(this.#db, account, identity));
  }

  /** Gives an account that is not disabled other rights, and ends its logins if it has none left. */
  async setGrants(name: string, grants: readonly Grant[]): Promise<void> {
    await this.#write(setGrantsScript(this.#db, name, grants));
  }

  /** Ends a login. */
  async logOut(hash: string): Promise<void> {
    await this.#write(logOutScript(this.#db, hash));
  }
}

function accountsQuery(db: Kysely<Database>) {
  return db.selectFrom('account').selectAll().orderBy('name');
}

function tokensQuery(db: Kysely<Database>) {
  return db.selectFrom('api_token').selectAll().orderBy('created_at', 'desc').orderBy('token_id');
}

function toAccount(row: Selectable<AccountTable>): AccountRecord {
  return {
    name: row.name,
    passwordHash: row.password_hash,
    grants: toGrants(row.grants),
    disabled: row.disabled === 1,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}

function toToken(row: Selectable<ApiTokenTable>): TokenRecord {
  return {
    tokenId: row.token_id,
    name: row.name,
    grants: toGrants(row.grants),
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
    revokedAt: row.revoked_at,
  };
}

/** Rights that cannot be read are none, and keep nobody from reading those of others. */
function toGrants(text: string): readonly Grant[] {
  return readText<readonly unknown[]>('api_token.grants', text).filter(isGrant);
}

function isGrant(value: unknown): value is Grant {
  const { dags, role } = (value ?? {}) as { readonly dags?: unknown; readonly role?: unknown };
  return typeof dags === 'string' && ROLES.includes(role as Role);
}

function* changeAccountScript<After extends AccountRecord | null>(
  db: Kysely<Database>,
  name: string,
  decide: (everybody: Everybody) => After,
): Script<ChangedAccount<After>> {
  const accounts = (yield* rowsOf(accountsQuery(db))).map(toAccount);
  const tokens = (yield* rowsOf(tokensQuery(db))).map(toToken);
  const before = accounts.find((one) => one.name === name) ?? null;
  const account = decide({ accounts, tokens });
  if (account === null || account.disabled || before?.passwordHash !== account.passwordHash)
    yield db.deleteFrom('login').where('account', '=', name);
  if (account === null) {
    yield db.deleteFrom('outside_identity').where('account', '=', name);
    yield db.deleteFrom('account').where('name', '=', name);
    return { before, account };
  }
  const { passwordHash, grants, disabled, createdAt, createdBy } = account;
  const changing = {
    password_hash: passwordHash,
    grants: JSON.stringify(grants),
    disabled: disabled ? 1 : 0,
  };
  yield db
    .insertInto('account')
    .values({ name, ...changing, created_at: createdAt, created_by: createdBy })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(changing));
  return { before, account };
}

function* addOutsideAccountScript(
  db: Kysely<Database>,
  account: AccountRecord,
  { issuer, subject }: OutsideIdentity,
): Script<boolean> {
  const { name, grants, createdAt, createdBy } = account;
  const row = { name, password_hash: null, grants: JSON.stringify(grants), disabled: 0 };
  const known = yield* rowsOf(
    db
      .selectFrom('outside_identity')
      .select('account')
      .where('issuer', '=', issuer)
      .where('subject', '=', subject),
  );
  if (known.length > 0) return false;
  const made = yield* rowsOf(
    db
      .insertInto('account')
      .values({ ...row, created_at: createdAt, created_by: createdBy })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .returning('name'),
  );
  if (made.length === 0) return false;
  yield db.insertInto('outside_identity').values({ issuer, subject, account: name });
  return true;
}

function* setGrantsScript(db: Kysely<Database>, name: string, grants: readonly Grant[]): Script<void> {
  yield db
    .updateTable('account')
    .set({ grants: JSON.stringify(grants) })
    .where('name', '=', name)
    .where('disabled', '=', 0);
  if (grants.length === 0) yield db.deleteFrom('login').where('account', '=', name);
}

function* saveTokenScript(db: Kysely<Database>, token: TokenRecord, hash: string): Script<void> {
  yield db.insertInto('api_token').values({
    token_id: token.tokenId,
    hash,
    name: token.name,
    grants: JSON.stringify(token.grants),
    created_at: token.createdAt,
    created_by: token.createdBy,
    expires_at: token.expiresAt,
    used_at: token.usedAt,
    revoked_at: token.revokedAt,
  });
}

function* revokeTokenScript(db: Kysely<Database>, tokenId: string, at: number): Script<boolean> {
  const ended = yield* rowsOf(
    db
      .updateTable('api_token')
      .set({ revoked_at: at })
      .where('token_id', '=', tokenId)
      .where('revoked_at', 'is', null)
      .returning('token_id'),
  );
  return ended.length > 0;
}

function* tokenUsedScript(db: Kysely<Database>, tokenId: string, at: number): Script<void> {
  yield db.updateTable('api_token').set({ used_at: at }).where('token_id', '=', tokenId);
}

function* logInScript(
  db: Kysely<Database>,
  login: { account: AccountRecord; hash: string; at: number; expiresAt: number },
): Script<boolean> {
  const { account, hash, at, expiresAt } = login;
  const { name, passwordHash } = account;
  const [now] = yield* rowsOf(accountsQuery(db).where('name', '=', name));
  if (now?.disabled !== 0 || now.password_hash !== passwordHash) return false;
  yield db.deleteFrom('login').where('expires_at', '<=', at);
  yield db.insertInto('login').values({ hash, account: name, created_at: at, expires_at: expiresAt });
  return true;
}

function* logOutScript(db: Kysely<Database>, hash: string): Script<void> {
  yield db.deleteFrom('login').where('hash', '=', hash);
}
