import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pLimit from 'p-limit';
import { CONFIG_FILE } from '../config/load-config.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../model/clock.ts';
import type { DagSpec } from '../model/dag.ts';
import type { Diagnostic } from '../model/errors.ts';
import type { ScheduleState } from '../model/slot.ts';
import type { FileFacts, ParsedFile } from '../parsing/parsed-file.ts';
import { ProjectWatch } from '../parsing/project-watch.ts';
import { withUniqueDags } from '../parsing/unique-dags.ts';
import type { DagEntry } from '../planner/agenda.ts';
import type { DeclaredRecord } from '../store/dag-reads.ts';
import type { DagRecord, Lease, Store, VersionRecord } from '../store/store.ts';
import { entryOf, failuresOf } from './dag-entry.ts';
import type { DagIndex } from './dag-index.ts';
import type { DagLibrary } from './dag-library.ts';
import { type Declared, declaredIn, isDeclaredSo, isTold } from './declared.ts';
import { asError } from './quarantine.ts';
import { isScheduledAnew } from './rescheduled.ts';
import type { SchedulerTidings } from './tidings.ts';
import type { VersionKeeper } from './version-keeper.ts';

export interface DagSyncOptions {
  readonly projectDir: string;
  readonly store: Store;
  readonly lease: Lease;
  readonly library: DagLibrary;
  readonly index: DagIndex;
  readonly versions: VersionKeeper;
  readonly clock: Clock;
  readonly log: Logger;
  /** A DAG is declared, for the first time or in another way than before. */
  readonly onSeen: (dag: DagEntry, version: VersionRecord, isRescheduled: boolean) => void;
  /** What people should know of the files: of each once, of DAGs what has changed since the first look. */
  readonly onTidings: (tidings: SchedulerTidings) => void;
  /** No file declares a DAG any more; `state` is what the store has of it. */
  readonly onGone: (dagId: string, state: ScheduleState) => void;
  /** The config file has changed. */
  readonly onConfig: () => void;
  /** All files were looked at, and everything that has changed was told. */
  readonly onLooked: () => void;
}

/** DAGs that are told of before others get their turn: a thousand take some 50 ms to plan. */
const TOLD_AT_ONCE = 250;
/** Files that are looked at before others get their turn: some milliseconds. */
const LOOKED_AT_ONCE = 500;

/** After so long a look that failed is made again: nothing else may ever call for it. */
const LOOK_AGAIN_MS = 1_000;

/** What a look has found in the files and read of the store. */
interface ReadDags {
  /** Files whose graphs are at hand. */
  readonly parsed: Map<string, ParsedFile>;
  /** Digests of code that is kept. */
  readonly kept: Set<string>;
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
  /** What was told of each DAG; `null`: the version that it had, because its file is broken. */
  readonly #told = new Map<string, Declared | null>();
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
    this.#options.onTidings({ type: 'blind', error });
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
      if (!this.#hasLooked) this.#saveIndex();
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
    if (this.#hasLooked) this.#saveIndex();
  }

  /** Not after every look: it is written as a whole, and files that it does not know are read. */
  #saveIndex(): void {
    try {
      this.#options.index.save(this.#options.library.files());
    } catch (error) {
      this.#options.log.warn({ err: asError(error) }, 'what DAG files declare cannot be kept');
    }
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
    const { store } = this.#options;
    const parsed = new Map<string, ParsedFile>();
    const files = await this.#readFiles(parsed);
    if (this.#ended.signal.aborted) return;
    const holds = this.#reading();
    const { declared, mistakes } = declaredIn(withUniqueDags(files, await this.#ownersOf(files)));
    const pinned = new Set((await store.pins()).map(({ dagId }) => dagId));
    const undeclared = await this.#tellAll(declared, { parsed, kept: new Set(), pinned, holds });
    if (!holds()) return;
    for (const record of undeclared) await this.#tellUndeclared(record, mistakes.has(record.file));
    await this.#noteMistakes(mistakes);
  }

  /** Which files the store knows to declare what more than one file declares now. */
  async #ownersOf(files: readonly FileFacts[]): Promise<ReadonlyMap<string, string>> {
    const ids = new Set<string>();
    const owners = new Map<string, string>();
    for (const { dags } of files)
      for (const { spec } of dags) {
        const record = ids.has(spec.id) ? await this.#options.store.dag(spec.id) : null;
        if (record !== null) owners.set(spec.id, record.file);
        ids.add(spec.id);
      }
    return owners;
  }

  /** What every file declares. Those that are not as the index knows them are parsed. */
  async #readFiles(parsed: Map<string, ParsedFile>): Promise<readonly FileFacts[]> {
    const { library, index } = this.#options;
    const { signal } = this.#ended;
    const look = index.look();
    const found = new Map<string, FileFacts | null>();
    for (const file of library.files()) {
      found.set(file, look.facts(file));
      if (found.size % LOOKED_AT_ONCE === 0) await nextTurn();
    }
    const limit = pLimit(availableParallelism());
    const read = async (file: string): Promise<FileFacts> => {
      if (signal.aborted) return { file, dags: [], diagnostics: [] };
      const one = await library.parse(file, signal);
      if (!signal.aborted) index.note(one);
      parsed.set(file, one);
      return one;
    };
    return Promise.all([...found].map(([file, facts]) => facts ?? limit(() => read(file))));
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

  /**
   * Tells of every DAG that is declared otherwise than it was told of, as long as what was read holds. Gives
   * those that are stored and declared by no file.
   */
  async #tellAll(declared: readonly Declared[], read: ReadDags): Promise<readonly DagRecord[]> {
    const unstored = new Map(declared.map((one) => [one.dag.spec.id, one]));
    const undeclared: DagRecord[] = [];
    for await (const page of this.#storedDags()) {
      for (const record of page) {
        const one = unstored.get(record.dagId);
        unstored.delete(record.dagId);
        if (one === undefined) undeclared.push(record);
        else if (!isTold(this.#told.get(record.dagId), one)) await this.#tell(one, record, read);
        if (!read.holds()) return [];
      }
    }
    let count = 0;
    for (const one of unstored.values()) {
      await this.#tell(one, null, read);
      if (++count % TOLD_AT_ONCE === 0) await nextTurn();
      if (!read.holds()) return [];
    }
    return undeclared;
  }

  /** All DAGs of the store, some at a time: most of what is read of many is not needed for long. */
  async *#storedDags(): AsyncGenerator<readonly DeclaredRecord[]> {
    const { store } = this.#options;
    let page = await store.declaredDags('', TOLD_AT_ONCE);
    while (page.length > 0) {
      yield page;
      await nextTurn();
      page = await store.declaredDags(page.at(-1)?.dagId ?? '', TOLD_AT_ONCE);
    }
  }

  async #tell(declared: Declared, before: DeclaredRecord | null, read: ReadDags): Promise<void> {
    const { store, onSeen, onTidings } = this.#options;
    const { id } = declared.dag.spec;
    const same = before === null ? null : this.#asStored(before, declared, read);
    const version = same ?? (await this.#keep(declared, before, read));
    if (version === null) return;
    const record = same === null ? await store.dag(id) : before;
    if (record === null) return;
    const failures = await failuresOf(store, version, record);
    const isRescheduled = await isScheduledAnew(store, version, record);
    if (!read.holds()) return;
    this.#told.set(id, declared);
    onSeen(entryOf(version, record, failures), version, isRescheduled);
    const isNew = before === null || !before.present;
    if (this.#hasLooked && (isNew || version.versionNo !== before.versionNo))
      onTidings({
        type: 'dag',
        dagId: id,
        change: isNew ? 'new' : 'changed',
        version: version.versionNo,
      });
  }

  /** The version in force, if it is the one that is declared and its code is kept. */
  #asStored(
    before: DeclaredRecord,
    { file, dag }: Declared,
    { kept, pinned }: ReadDags,
  ): VersionRecord | null {
    const { versions } = this.#options;
    // One that is pinned is stored as declared: that may be what ends its pin.
    if (pinned.has(before.dagId) || !isDeclaredSo(before, file, dag)) return null;
    const { digest } = dag.code;
    if (!kept.has(digest) && !versions.hasCode(digest)) return null;
    kept.add(digest);
    const version = versionOf(before, { file, dag });
    versions.know(version);
    return version;
  }

  /** Stores what is declared; `null` if that has changed again. */
  async #keep(
    { file, dag }: Declared,
    before: DagRecord | null,
    { parsed, pinned, holds }: ReadDags,
  ): Promise<VersionRecord | null> {
    const { library, index, store, versions } = this.#options;
    const { id } = dag.spec;
    const one = parsed.get(file) ?? (await library.parse(file, this.#ended.signal));
    if (!holds()) return null;
    if (!parsed.has(file)) index.note(one);
    parsed.set(file, one);
    const full = one.dags.find(({ spec }) => spec.id === id);
    if (full?.graphHash !== dag.graphHash || full.code.digest !== dag.code.digest) {
      this.#lookAgain = true;
      return null;
    }
    const old = before === null ? null : await store.version(before.versionNo);
    return holds() ? versions.keep(file, full, pinned.has(id) ? null : old) : null;
  }

  /** A DAG whose file is broken goes on as it was; one that no file declares is gone. */
  async #tellUndeclared(record: DagRecord, isBroken: boolean): Promise<void> {
    const { store, onSeen, onGone, onTidings } = this.#options;
    const { dagId, versionNo } = record;
    if (!isBroken) {
      if (!this.#told.delete(dagId) && !record.present) return;
      onGone(dagId, record);
      return onTidings({ type: 'dag', dagId, change: 'gone', version: versionNo });
    }
    if (this.#told.has(dagId) || !record.present) return;
    const version = await store.version(record.versionNo);
    if (version === null || this.#ended.signal.aborted) return;
    const failures = await failuresOf(store, version, record);
    this.#told.set(dagId, null);
    onSeen(entryOf(version, record, failures), version, false);
  }

  async #noteMistakes(mistakes: ReadonlyMap<string, readonly Diagnostic[]>): Promise<void> {
    const { store, lease, clock, log, onTidings } = this.#options;
    for (const [file, diagnostics] of mistakes) {
      const text = JSON.stringify(diagnostics);
      if (this.#broken.get(file) === text) continue;
      await store.saveBrokenFile(lease, file, { at: clock.now(), diagnostics });
      this.#broken.set(file, text);
      log.warn({ file, mistakes: diagnostics.length }, 'a DAG file cannot be loaded');
      onTidings({ type: 'file', file, mistakes: diagnostics });
    }
    for (const file of this.#broken.keys()) {
      if (mistakes.has(file)) continue;
      await store.saveBrokenFile(lease, file, null);
      this.#broken.delete(file);
      onTidings({ type: 'file', file, mistakes: [] });
    }
  }
}

/** The version of a record that is declared so; of equal texts it holds those that stay in memory anyway. */
function versionOf(record: DeclaredRecord, { file, dag }: Declared): VersionRecord {
  const { versionNo, versionAt } = record;
  const spec = JSON.parse(record.spec) as DagSpec;
  const { graphHash, code } = dag;
  return {
    versionNo,
    dagId: dag.spec.id,
    graphHash,
    codeHash: code.digest,
    file,
    spec,
    createdAt: versionAt,
  };
}
