import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pLimit from 'p-limit';
import { CONFIG_FILE } from '../config/load-config.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../model/clock.ts';
import type { Diagnostic } from '../model/errors.ts';
import type { ScheduleState } from '../model/slot.ts';
import type { ParsedDag, ParsedFile } from '../parsing/parsed-file.ts';
import { ProjectWatch } from '../parsing/project-watch.ts';
import { withUniqueDags } from '../parsing/unique-dags.ts';
import type { DagEntry } from '../planner/agenda.ts';
import type { DagRecord, Lease, Store, VersionRecord } from '../store/store.ts';
import { entryOf, failuresOf } from './dag-entry.ts';
import type { DagLibrary } from './dag-library.ts';
import { asError } from './quarantine.ts';
import { isScheduledAnew } from './rescheduled.ts';
import type { VersionKeeper } from './version-keeper.ts';

export interface DagSyncOptions {
  readonly projectDir: string;
  readonly store: Store;
  readonly lease: Lease;
  readonly library: DagLibrary;
  readonly versions: VersionKeeper;
  readonly clock: Clock;
  readonly log: Logger;
  /** A DAG is declared, for the first time or in another way than before. */
  readonly onSeen: (dag: DagEntry, version: VersionRecord, isRescheduled: boolean) => void;
  /** Changes of files may not be noticed, and why; told once for each reason. */
  readonly onBlind: (error: Error) => void;
  /** What is wrong with a file, when that has changed; nothing any more if the list is empty. */
  readonly onMistakes: (file: string, mistakes: readonly Diagnostic[]) => void;
  /** No file declares a DAG any more; `state` is what the store has of it. */
  readonly onGone: (dagId: string, state: ScheduleState) => void;
  /** The config file has changed. */
  readonly onConfig: () => void;
  /** All files were looked at, and everything that has changed was told. */
  readonly onLooked: () => void;
}

/** DAGs that are told of before others get their turn: a thousand take some 50 ms to plan. */
const TOLD_AT_ONCE = 250;

/** After so long a look that failed is made again: nothing else may ever call for it. */
const LOOK_AGAIN_MS = 1_000;

/** A DAG and the file that declares it. */
interface Declared {
  readonly file: string;
  readonly dag: ParsedDag;
}

/** What a look has read of the store. */
interface ReadDags {
  readonly stored: readonly DagRecord[];
  /** DAGs that have another version than the one that their file declares. */
  readonly pinned: ReadonlySet<string>;
  /** Whether that is still so. */
  readonly holds: () => boolean;
}

/**
 * Keeps the agenda of a leader equal to the DAG files: looks at all of them once, then at what changes. A
 * file that cannot be loaded costs nothing but itself: its DAGs go on as they were last declared.
 */
export class DagSync {
  readonly #options: DagSyncOptions;
  /** What was told of each DAG: its file and hashes. */
  readonly #told = new Map<string, string>();
  readonly #broken = new Map<string, string>();
  /** What kept changes from being noticed. */
  readonly #blind = new Set<string>();
  #watch: ProjectWatch | null = null;
  #looking: Promise<void> | null = null;
  #lookAgain = false;
  #againTimer: NodeJS.Timeout | undefined;
  /** How often everything that was told was forgotten. */
  #forgotten = 0;
  #hasLooked = false;
  readonly #ended = new AbortController();

  constructor(options: DagSyncOptions) {
    this.#options = options;
  }

  /** Looks at every file, and from then on at what changes. */
  async start(): Promise<void> {
    this.#watch = new ProjectWatch(
      this.#options.projectDir,
      (paths) => {
        if (paths.has(CONFIG_FILE)) this.#options.onConfig();
        void this.look();
      },
      (error) => this.#onBlind(error),
    );
    await this.#watch.ready;
    if (this.#ended.signal.aborted) return;
    for (const { file, diagnostics } of await this.#options.store.brokenFiles())
      this.#broken.set(file, JSON.stringify(diagnostics));
    await this.look();
  }

  #onBlind(error: Error): void {
    if (this.#blind.has(error.message)) return;
    this.#blind.add(error.message);
    this.#options.log.warn({ err: error }, 'changes of DAG files may not be noticed');
    this.#options.onBlind(error);
  }

  /** The leader has forgotten what it was told: everything is told again. */
  forget(): void {
    this.#told.clear();
    this.#forgotten++;
    void this.look();
  }

  /** Looks at the files now, or once more after the look that is under way. */
  look(): Promise<void> {
    if (this.#looking !== null) this.#lookAgain = true;
    this.#looking ??= this.#lookUntilDone().finally(() => {
      this.#looking = null;
      this.#hasLooked = true;
      this.#options.onLooked();
    });
    return this.#looking;
  }

  /** Whether something may have changed that was not told yet. */
  get isLooking(): boolean {
    return this.#looking !== null || !this.#hasLooked;
  }

  /** Ends the look that is under way, and the evaluation of files with it. */
  async close(): Promise<void> {
    this.#ended.abort();
    clearTimeout(this.#againTimer);
    await this.#watch?.close();
    await this.#looking;
  }

  async #lookUntilDone(): Promise<void> {
    do {
      this.#lookAgain = false;
      if (this.#ended.signal.aborted) return;
      await this.#lookOnce().catch((error: unknown) => {
        this.#options.log.error({ err: asError(error) }, 'the DAG files cannot be looked at now');
        clearTimeout(this.#againTimer);
        if (!this.#ended.signal.aborted) this.#againTimer = setTimeout(() => void this.look(), LOOK_AGAIN_MS);
      });
    } while (this.#lookAgain);
  }

  async #lookOnce(): Promise<void> {
    const { library, store } = this.#options;
    const limit = pLimit(availableParallelism());
    const { signal } = this.#ended;
    const parse = async (file: string): Promise<ParsedFile> =>
      signal.aborted ? { file, dags: [], diagnostics: [] } : library.parse(file, signal);
    const files = await Promise.all(library.files().map((file) => limit(() => parse(file))));
    if (signal.aborted) return;
    const holds = this.#reading();
    const stored = await store.dags();
    const owners = new Map(stored.map(({ dagId, file }) => [dagId, file]));
    const { declared, mistakes } = declaredIn(withUniqueDags(files, owners));
    const pinned = new Set((await store.pins()).map(({ dagId }) => dagId));
    await this.#tellAll(declared, { stored, pinned, holds });
    if (!holds()) return;
    const ids = new Set(declared.map(({ dag }) => dag.spec.id));
    for (const record of stored) {
      if (!ids.has(record.dagId)) await this.#tellUndeclared(record, mistakes.has(record.file));
    }
    await this.#noteMistakes(mistakes);
  }

  /** Whether what is read from now on still holds: nothing was forgotten, rolled back or ended since. */
  #reading(): () => boolean {
    const { versions } = this.#options;
    const [forgotten, pins] = [this.#forgotten, versions.pins];
    return () => {
      if (forgotten === this.#forgotten && pins === versions.pins) return !this.#ended.signal.aborted;
      this.#lookAgain = true;
      return false;
    };
  }

  /** Tells of every DAG that is declared otherwise than it was told of, as long as what was read holds. */
  async #tellAll(declared: readonly Declared[], read: ReadDags): Promise<void> {
    const known = new Map(read.stored.map((record) => [record.dagId, record]));
    const kept = new Set<string>();
    let count = 0;
    for (const one of declared) {
      const { spec, graphHash, code } = one.dag;
      const told = `${one.file} ${graphHash} ${code.digest}`;
      if (this.#told.get(spec.id) === told) continue;
      await this.#tell(one, known.get(spec.id), { told, kept, ...read });
      if (++count % TOLD_AT_ONCE === 0) await nextTurn();
      if (!read.holds()) return;
    }
  }

  async #tell(
    { file, dag }: Declared,
    before: DagRecord | undefined,
    { told, kept, pinned, holds }: ReadDags & { readonly told: string; readonly kept: Set<string> },
  ): Promise<void> {
    const { store, versions, onSeen } = this.#options;
    const { id } = dag.spec;
    // One that is pinned is stored as declared: that may be what ends its pin.
    const isSame = before !== undefined && !pinned.has(id) && isDeclaredSo(before, file, dag);
    const same = isSame ? versionOf(before, dag) : null;
    const old = same ?? (before === undefined ? null : await store.version(before.versionNo));
    if (!holds()) return;
    const isKept = same !== null && kept.has(dag.code.digest);
    if (isKept) versions.know(same);
    const version = isKept ? same : await versions.keep(file, dag, pinned.has(id) ? null : old);
    kept.add(dag.code.digest);
    const record = before && version === same ? before : await store.dag(id);
    if (record === null) return;
    const failures = await failuresOf(store, version, record);
    const isRescheduled = await isScheduledAnew(store, version, record);
    if (!holds()) return;
    this.#told.set(id, told);
    onSeen(entryOf(version, record, failures), version, isRescheduled);
  }

  /** A DAG whose file is broken goes on as it was; one that no file declares is gone. */
  async #tellUndeclared(record: DagRecord, isBroken: boolean): Promise<void> {
    const { store, onSeen, onGone } = this.#options;
    const { dagId } = record;
    if (!isBroken) {
      if (this.#told.delete(dagId) || record.present) onGone(dagId, record);
      return;
    }
    if (this.#told.has(dagId) || !record.present) return;
    const version = await store.version(record.versionNo);
    if (version === null || this.#ended.signal.aborted) return;
    const failures = await failuresOf(store, version, record);
    this.#told.set(dagId, '');
    onSeen(entryOf(version, record, failures), version, false);
  }

  async #noteMistakes(mistakes: ReadonlyMap<string, readonly Diagnostic[]>): Promise<void> {
    const { store, lease, clock, log, onMistakes } = this.#options;
    for (const [file, diagnostics] of mistakes) {
      const text = JSON.stringify(diagnostics);
      if (this.#broken.get(file) === text) continue;
      await store.saveBrokenFile(lease, file, { at: clock.now(), diagnostics });
      this.#broken.set(file, text);
      log.warn({ file, mistakes: diagnostics.length }, 'a DAG file cannot be loaded');
      onMistakes(file, diagnostics);
    }
    for (const file of this.#broken.keys()) {
      if (mistakes.has(file)) continue;
      await store.saveBrokenFile(lease, file, null);
      this.#broken.delete(file);
      onMistakes(file, []);
    }
  }
}

/** Whether the version in force is the one that a file declares now. */
function isDeclaredSo(record: DagRecord, file: string, { graphHash, code }: ParsedDag): boolean {
  return record.file === file && record.graphHash === graphHash && record.codeHash === code.digest;
}

function versionOf(record: DagRecord, { spec }: ParsedDag): VersionRecord {
  const { versionNo, dagId, graphHash, codeHash, file, versionAt } = record;
  return { versionNo, dagId, graphHash, codeHash, file, spec, createdAt: versionAt };
}

/** The DAGs of all files, and the mistakes in them. */
function declaredIn(files: readonly ParsedFile[]): {
  readonly declared: readonly Declared[];
  readonly mistakes: ReadonlyMap<string, readonly Diagnostic[]>;
} {
  const declared = files.flatMap(({ file, dags }) => dags.map((dag) => ({ file, dag })));
  const mistakes = new Map<string, readonly Diagnostic[]>();
  for (const { file, diagnostics } of files) {
    const found = diagnostics.filter(({ severity }) => severity === 'error');
    if (found.length > 0) mistakes.set(file, found);
  }
  return { declared, mistakes };
}
