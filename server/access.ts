import { includesRole, isAbout, type Role } from '../core/model/account.ts';
import { AppError } from '../core/model/errors.ts';
import type { RunRecord } from '../core/model/run.ts';
import type { DagRecord, Store } from '../core/store/store.ts';
import type { FirstLook } from './first-look.ts';
import type { Principal } from './principal.ts';
import type { Services } from './services.ts';

/** An id of a run as `GET /runs` gives it; the beginning of one is for people. */
const RUN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The one way of a request to what belongs to a DAG: it gives nothing that the asker may not use. What the
 * asker may not even see is answered like what is not there.
 */
export class Access {
  readonly principal: Principal;
  readonly #store: Store;
  readonly #firstLook: FirstLook | null;
  readonly #role: Role;

  /** `role`: what the request needs. */
  constructor({ store, firstLook }: Pick<Services, 'store' | 'firstLook'>, principal: Principal, role: Role) {
    this.#store = store;
    this.#firstLook = firstLook;
    this.principal = principal;
    this.#role = role;
  }

  /** Whether the asker has a role for a DAG, or with `null` for what belongs to none. */
  has(role: Role, dagId: string | null): boolean {
    return this.principal.grants.some((grant) => isAbout(grant, dagId) && includesRole(grant.role, role));
  }

  /** Whether the asker may see all DAGs. */
  get seesAll(): boolean {
    return this.has('viewer', null);
  }

  /** @throws AppError `forbidden` unless the asker has the role for what belongs to no DAG. */
  requireGlobal(): void {
    if (!this.has(this.#role, null))
      throw new AppError('forbidden', `this needs the role ${this.#role} for all DAGs`);
  }

  /** @throws AppError `forbidden` unless the asker has the role for some DAG: each is looked at by itself. */
  requireAnywhere(): void {
    if (!this.principal.grants.some(({ role }) => includesRole(role, this.#role)))
      throw new AppError('forbidden', `this needs the role ${this.#role}`);
  }

  /** @throws AppError `not_found`, `forbidden` */
  requireDag(dagId: string): void {
    if (!this.has('viewer', dagId)) throw noDag(dagId);
    if (!this.has(this.#role, dagId))
      throw new AppError('forbidden', `this needs the role ${this.#role} for DAG ${dagId}`);
  }

  /** A DAG that the store knows, or comes to know by a first look at the files. */
  async dag(dagId: string): Promise<DagRecord> {
    this.requireDag(dagId);
    const isLooking = this.#firstLook?.isOver === false;
    let dag = await this.#store.dag(dagId);
    if (dag === null && isLooking) {
      await this.#firstLook?.passed();
      dag = await this.#store.dag(dagId);
    }
    if (dag === null) throw noDag(dagId);
    return dag;
  }

  /** The ids of DAGs to look at, of those that somebody asked for: as far as the asker may see them. */
  async dagIds(asked?: readonly string[]): Promise<readonly string[] | null> {
    if (asked !== undefined) return asked.filter((dagId) => this.has('viewer', dagId));
    return this.seesAll ? null : this.#store.overview.dagIds(this.principal.grants);
  }

  /** Of the next DAGs by id those that the asker may see; `last`: where more may follow. */
  async dagsAfter(
    afterId: string,
    limit: number,
  ): Promise<{ dags: readonly DagRecord[]; last: string | null }> {
    const found = await this.#store.dags(afterId, limit);
    const dags = found.filter(({ dagId }) => this.has('viewer', dagId));
    return { dags, last: found.length < limit ? null : (found.at(-1)?.dagId ?? null) };
  }

  /** A run of a DAG that the asker may use. */
  async run(runId: string): Promise<RunRecord> {
    const run = RUN_ID.test(runId) ? (await this.#store.runsByUid(runId))[0] : undefined;
    if (run === undefined || !this.has('viewer', run.dagId))
      throw new AppError('not_found', `there is no run ${runId}`);
    this.requireDag(run.dagId);
    return run;
  }
}

function noDag(dagId: string): AppError {
  return new AppError('not_found', `there is no DAG ${dagId}`);
}
