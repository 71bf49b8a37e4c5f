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

  /** The version of a DAG as a file declares it; stored if it is new. */
  async keep(file: string, dag: ParsedDag): Promise<VersionRecord> {
    const { store, lease, clock, projectDir, stateDir } = this.#options;
    await saveSnapshot(stateDir, projectDir, dag.code);
    const version = {
      dagId: dag.spec.id,
      graphHash: dag.graphHash,
      codeHash: dag.code.digest,
      file,
      spec: dag.spec,
      createdAt: clock.now(),
    };
    return { ...version, versionNo: await store.saveVersion(lease, version) };
  }
}
