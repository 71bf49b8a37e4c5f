import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pLimit from 'p-limit';
import { CONFIG_FILE } from '../config/load-config.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../model/clock.ts';
import type { Diagnostic } from '../model/errors.ts';
import type { ParsedFile } from '../parsing/parsed-file.ts';
import { ProjectWatch } from '../parsing/project-watch.ts';
import { idsOfSeveral, withUniqueDags } from '../parsing/unique-dags.ts';
import type { Lease } from '../store/store.ts';
import type { DagIndex, IndexedFile } from './dag-index.ts';
import type { DagLibrary } from './dag-library.ts';
import { declaredIn } from './declared.ts';
import { asError } from './quarantine.ts';
import { ToldDags, type ToldDagsOptions } from './told-dags.ts';

export interface DagSyncOptions extends ToldDagsOptions {
  readonly projectDir: string;
  readonly lease: Lease;
  readonly library: DagLibrary;
  readonly index: DagIndex;
  readonly clock: Clock;
  readonly log: Logger;
  /** The config file has changed. */
  readonly onConfig: () => void;
  /** All files were looked at, and everything that has changed was told. */
  readonly onLooked: () => void;
}

/** Files that are looked at before others get their turn: some milliseconds. */
const LOOKED_AT_ONCE = 500;

/** After so long a look that failed is made again: nothing else may ever call for it. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Keeps the agenda of a leader equal to the DAG files: looks at all of them once, then at what changes. A
 * file that cannot be loaded costs nothing but itself: its DAGs go on as they were last declared.
 */
export class DagSync {
  readonly #options: DagSyncOptions;
  readonly #told: ToldDags;
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
    this.#told = new ToldDags(options);
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
    this.#told.forget();
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
    const { declared, mistakes } = declaredIn(await this.#unique(files));
    const pinned = new Set((await store.pins()).map(({ dagId }) => dagId));
    await this.#told.tell(declared, {
      parse: async (file) => parsed.get(file) ?? (await this.#parse(file, parsed)).parsed,
      isBroken: (file) => mistakes.has(file),
      pinned,
      holds,
      onChanged: () => {
        this.#lookAgain = true;
      },
      isNews: this.#hasLooked,
    });
    if (holds()) await this.#noteMistakes(mistakes);
  }

  /** Each DAG in one file: what several declare stays with the file that the store knows to declare it. */
  async #unique(files: readonly IndexedFile[]): Promise<readonly IndexedFile[]> {
    const ids = idsOfSeveral(files);
    if (ids.size === 0) return files;
    const owners = new Map<string, string>();
    for (const id of ids) {
      const record = await this.#options.store.dag(id);
      if (record !== null) owners.set(id, record.file);
    }
    return withUniqueDags(files, owners);
  }

  /** What every file declares. Those that are not as the index knows them are parsed. */
  async #readFiles(parsed: Map<string, ParsedFile>): Promise<readonly IndexedFile[]> {
    const { library, index } = this.#options;
    const look = index.look();
    const found = new Map<string, IndexedFile | null>();
    for (const file of library.files()) {
      found.set(file, look.facts(file));
      if (found.size % LOOKED_AT_ONCE === 0) await nextTurn();
    }
    const limit = pLimit(availableParallelism());
    const read = async (file: string): Promise<IndexedFile> => {
      if (this.#ended.signal.aborted) return { file, dags: [], diagnostics: [] };
      return (await this.#parse(file, parsed)).indexed;
    };
    return Promise.all([...found].map(([file, facts]) => facts ?? limit(() => read(file))));
  }

  /** What a file gives now, with its graphs, and as it is indexed from now on. */
  async #parse(
    file: string,
    into: Map<string, ParsedFile>,
  ): Promise<{ readonly parsed: ParsedFile; readonly indexed: IndexedFile }> {
    const { library, index } = this.#options;
    const { signal } = this.#ended;
    const parsed = await library.parse(file, signal);
    into.set(file, parsed);
    const indexed = signal.aborted ? { file, dags: [], diagnostics: [] } : index.note(parsed);
    return { parsed, indexed };
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
