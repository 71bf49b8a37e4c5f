import { existsSync } from 'node:fs';
import type { Clock } from '../model/clock.ts';
import { AppError } from '../model/errors.ts';
import type { VersionNo } from '../model/ids.ts';
import { saveSnapshot, snapshotDir } from '../parsing/code-snapshot.ts';
import type { ParsedDag } from '../parsing/parsed-file.ts';
import type { PinPlan } from '../store/pins.ts';
import type { Lease, Store, VersionRecord } from '../store/store.ts';
import type { DagLibrary } from './dag-library.ts';

/** Where versions come from and go to. */
export interface VersionKeeperOptions {
  readonly store: Store;
  readonly lease: Lease;
  readonly library: DagLibrary;
  readonly clock: Clock;
  readonly projectDir: string;
  readonly stateDir: string;
}

/**
 * Stores what DAG files declare as versions: the graph in the store, its code content-addressed beside it.
 */
export class VersionKeeper {
  readonly #options: VersionKeeperOptions;
  #pins = 0;
  /** What was stored last of each DAG: nobody else writes versions while this lead lasts. */
  readonly #last = new Map<string, LastVersion>();

  constructor(options: VersionKeeperOptions) {
    this.#options = options;
  }

  /**
   * The version of new runs of a DAG: the one that its file declares now, stored if it is new, or the one
   * that it is rolled back to as long as that file does not change. Its code is kept before the version
   * is, so that no version is without code.
   */
  async current(dagId: string): Promise<VersionRecord> {
    const known = await this.#options.store.dag(dagId);
    const { file, dag } = await this.#options.library.load(dagId, known?.file);
    return this.keep(file, dag);
  }

  /**
   * The version of new runs of a DAG that a file declares so; stored if it is new. `stored` is the one in
   * force that the store had when this lead began or later: what is there is not written again.
   */
  async keep(file: string, dag: ParsedDag, stored: VersionRecord | null = null): Promise<VersionRecord> {
    const { clock, projectDir, stateDir } = this.#options;
    const pins = this.#pins;
    await saveSnapshot(stateDir, projectDir, dag.code);
    const dagId = dag.spec.id;
    const { graphHash } = dag;
    const codeHash = dag.code.digest;
    const declared = { file, graphHash, codeHash };
    const last = this.#last.get(dagId);
    if (last !== undefined && isDeclaredAs(last.declared, declared)) return last.version;
    const isStored = stored !== null && isDeclaredAs(stored, declared);
    if (last === undefined && isStored && pins === this.#pins) {
      this.know(stored);
      return stored;
    }
    const version = this.#save(
      { dagId, graphHash, codeHash, file, spec: dag.spec, createdAt: clock.now() },
      last?.version,
    );
    this.#last.set(dagId, { declared, version });
    return version.catch((error: unknown) => {
      if (this.#last.get(dagId)?.version === version) this.#last.delete(dagId);
      throw error;
    });
  }

  /** Changes with every pin: what was read of versions before may not hold any more. */
  get pins(): number {
    return this.#pins;
  }

  /** The store has this version in force, and its code is kept: it is not written again. */
  know(stored: VersionRecord): void {
    if (this.#last.has(stored.dagId)) return;
    this.#last.set(stored.dagId, { declared: stored, version: stored });
  }

  /** Whether the code of a digest is kept. */
  hasCode(digest: string): boolean {
    return existsSync(snapshotDir(this.#options.stateDir, digest));
  }

  /** Stores a version after the one before it: the DAG ends up with the one that was asked for last. */
  async #save(
    version: Omit<VersionRecord, 'versionNo'>,
    before: LastVersion['version'] | undefined,
  ): Promise<VersionRecord> {
    const { store, lease } = this.#options;
    await Promise.resolve(before).catch(() => undefined);
    const versionNo = await store.saveVersion(lease, version);
    const inForce = await store.version(versionNo);
    const isPinned = inForce !== null && !isSame(inForce, version);
    return isPinned ? inForce : { ...version, versionNo };
  }

  /**
   * A version that a DAG had.
   * @throws AppError `not_found` if there is no such version; `conflict` if its code is not kept any more.
   */
  async kept(dagId: string, versionNo: VersionNo): Promise<VersionRecord> {
    const version = await this.#options.store.version(versionNo);
    if (version?.dagId !== dagId)
      throw new AppError('not_found', `DAG ${dagId} has no version ${versionNo}: orch rollback ${dagId}`);
    if (!this.hasCode(version.codeHash))
      throw new AppError('conflict', `the code of version ${versionNo} of DAG ${dagId} is not kept here`);
    return version;
  }

  /**
   * Has new runs of a DAG use one of its versions, or with `null` the one that its file declares. Gives the
   * version that they have from now on.
   * @throws AppError as {@link kept} does.
   */
  async pin(plan: Omit<PinPlan, 'at'>): Promise<VersionRecord> {
    const { store, lease, clock } = this.#options;
    const { dagId, versionNo } = plan;
    if (versionNo !== null) await this.kept(dagId, versionNo);
    await Promise.resolve(this.#last.get(dagId)?.version).catch(() => undefined);
    this.#pins++;
    const inForce = await store.pinVersion(lease, { ...plan, at: clock.now() });
    this.#pins++;
    this.#last.delete(dagId);
    const version = await store.version(inForce);
    if (version === null) throw new AppError('internal', `version ${inForce} is gone`);
    return version;
  }
}

type Hashes = Pick<VersionRecord, 'graphHash' | 'codeHash'>;

function isSame(one: Hashes, other: Hashes): boolean {
  return one.graphHash === other.graphHash && one.codeHash === other.codeHash;
}

type Declared = Hashes & Pick<VersionRecord, 'file'>;

/** A version as its file declares it, and how it is or will be stored. */
interface LastVersion {
  readonly declared: Declared;
  readonly version: VersionRecord | Promise<VersionRecord>;
}

function isDeclaredAs(one: Declared, other: Declared): boolean {
  return one.file === other.file && isSame(one, other);
}
