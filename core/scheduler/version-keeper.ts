import type { Clock } from '../model/clock.ts';
import { saveSnapshot } from '../parsing/code-snapshot.ts';
import type { ParsedDag } from '../parsing/parsed-file.ts';
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
  /** What was stored last of each DAG: nobody else writes versions while this lead lasts. */
  readonly #last = new Map<string, { readonly key: string; readonly version: Promise<VersionRecord> }>();

  constructor(options: VersionKeeperOptions) {
    this.#options = options;
  }

  /**
   * The version of a DAG that its file declares now; stored if it is new. Its code is kept before the version
   * is, so that no version is without code.
   */
  async current(dagId: string): Promise<VersionRecord> {
    const { file, dag } = await this.#options.library.load(dagId);
    return this.keep(file, dag);
  }

  /**
   * The version of a DAG as a file declares it; stored if it is new. `stored` is the newest that the store
   * had of it when this lead began or later: what is there is not written again.
   */
  async keep(file: string, dag: ParsedDag, stored: VersionRecord | null = null): Promise<VersionRecord> {
    const { clock, projectDir, stateDir } = this.#options;
    await saveSnapshot(stateDir, projectDir, dag.code);
    const dagId = dag.spec.id;
    const { graphHash } = dag;
    const codeHash = dag.code.digest;
    const key = keyOf({ file, graphHash, codeHash });
    const last = this.#last.get(dagId);
    if (last?.key === key) return last.version;
    if (last === undefined && stored !== null && key === keyOf(stored)) {
      this.#last.set(dagId, { key, version: Promise.resolve(stored) });
      return stored;
    }
    const version = this.#save(
      { dagId, graphHash, codeHash, file, spec: dag.spec, createdAt: clock.now() },
      last?.version,
    );
    this.#last.set(dagId, { key, version });
    return version.catch((error: unknown) => {
      if (this.#last.get(dagId)?.version === version) this.#last.delete(dagId);
      throw error;
    });
  }

  /** Stores a version after the one before it: the DAG ends up with the one that was asked for last. */
  async #save(
    version: Omit<VersionRecord, 'versionNo'>,
    before: Promise<VersionRecord> | undefined,
  ): Promise<VersionRecord> {
    const { store, lease } = this.#options;
    await before?.catch(() => undefined);
    return { ...version, versionNo: await store.saveVersion(lease, version) };
  }
}

function keyOf({
  file,
  graphHash,
  codeHash,
}: Pick<VersionRecord, 'file' | 'graphHash' | 'codeHash'>): string {
  return [file, graphHash, codeHash].join('\n');
}
