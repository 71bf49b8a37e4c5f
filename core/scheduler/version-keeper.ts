import { existsSync } from 'node:fs';
import type { Clock } from '../model/clock.ts';
import { AppError } from '../model/errors.ts';
import type { VersionNo } from '../model/ids.ts';
import { saveSnapshot, snapshotDir } from '../parsing/code-snapshot.ts';
import type { ParsedDag } from '../parsing/parsed-file.ts';
import type { PinPlan } from '../store/pins.ts';
import type { Lease, Store, VersionRecord } from '../store/store.ts';
import type { NewVersion, SavedVersion } from '../store/versions.ts';
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
  /** See {@link takeSaved}. */
  #saved = new Set<string>();

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
    return (await this.keepAll([{ file, dag, stored }]))[0] as VersionRecord;
  }

  /** The same for different DAGs: those that are new are stored in one transaction. */
  async keepAll(all: readonly DeclaredVersion[]): Promise<readonly VersionRecord[]> {
    const { projectDir, stateDir } = this.#options;
    const pins = this.#pins;
    const codes = new Map(all.map(({ dag: { code } }) => [code.digest, code]));
    for (const code of codes.values()) await saveSnapshot(stateDir, projectDir, code);
    const unsaved = all.filter((one) => !this.#isKnown(one, pins));
    if (unsaved.length > 0) this.#save(unsaved);
    return Promise.all(all.map(({ dag }) => this.#last.get(dag.spec.id)?.version as VersionRecord));
  }

  /** Whether a version is stored, or about to be, as the last one of its DAG. */
  #isKnown({ file, dag, stored }: DeclaredVersion, pins: number): boolean {
    const declared = declaredOf(file, dag);
    const last = this.#last.get(dag.spec.id);
    if (last !== undefined) return isDeclaredAs(last.declared, declared);
    if (stored === null || !isDeclaredAs(stored, declared) || pins !== this.#pins) return false;
    this.know(stored);
    return true;
  }

  /** The DAGs of which versions were stored since this was last asked. */
  takeSaved(): Set<string> {
    const saved = this.#saved;
    this.#saved = new Set();
    return saved;
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

  /** Stores versions, each after the one before it: a DAG ends up with the one that was asked for last. */
  #save(all: readonly DeclaredVersion[]): void {
    const createdAt = this.#options.clock.now();
    const versions = all.map(({ file, dag }) => {
      return { dagId: dag.spec.id, ...declaredOf(file, dag), spec: dag.spec, createdAt };
    });
    const before = versions.map(({ dagId }) => this.#last.get(dagId)?.version);
    const saved = this.#saveAfter(before, versions);
    for (const [at, { dagId, file, graphHash, codeHash }] of versions.entries()) {
      const version = saved.then((records) => records[at] as VersionRecord);
      const last = { declared: { file, graphHash, codeHash }, version };
      this.#last.set(dagId, last);
      version.catch(() => {
        if (this.#last.get(dagId) === last) this.#last.delete(dagId);
      });
    }
  }

  async #saveAfter(
    before: readonly (LastVersion['version'] | undefined)[],
    versions: readonly NewVersion[],
  ): Promise<readonly VersionRecord[]> {
    const { store, lease } = this.#options;
    await Promise.allSettled(before);
    const saved = await store.saveVersions(lease, versions);
    for (const { dagId } of versions) this.#saved.add(dagId);
    const pinned = saved.filter(({ versionNo, inForceNo }) => versionNo !== inForceNo);
    const inForce = await store.versions(pinned.map(({ inForceNo }) => inForceNo));
    return versions.map((version, at) => {
      const { versionNo, inForceNo } = saved[at] as SavedVersion;
      return inForce.get(inForceNo) ?? { ...version, versionNo };
    });
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

/** A version as a file declares it, and the one in force of its DAG as far as it is known. */
export interface DeclaredVersion {
  readonly file: string;
  readonly dag: ParsedDag;
  readonly stored: VersionRecord | null;
}

type Declared = Hashes & Pick<VersionRecord, 'file'>;

/** A version as its file declares it, and how it is or will be stored. */
interface LastVersion {
  readonly declared: Declared;
  readonly version: VersionRecord | Promise<VersionRecord>;
}

function declaredOf(file: string, { graphHash, code }: ParsedDag): Declared {
  return { file, graphHash, codeHash: code.digest };
}

function isDeclaredAs(one: Declared, other: Declared): boolean {
  return one.file === other.file && isSame(one, other);
}
