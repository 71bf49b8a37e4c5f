import type { FSWatcher } from 'chokidar';
import type { Logger } from '../log/logger.ts';
import type { FileArrival } from '../model/asset.ts';
import type { Clock } from '../model/clock.ts';
import { FILE_DEFAULTS } from '../model/dag.ts';
import { filePattern } from '../model/file-pattern.ts';
import { absolutePath } from '../parsing/project-path.ts';
import type { Agenda, ScheduledDag } from '../planner/agenda.ts';
import type { Store } from '../store/store.ts';
import { filesIn } from './files-in.ts';
import type { Leader } from './leader.ts';
import { asError } from './quarantine.ts';
import { type Still, StillFiles } from './still-files.ts';

/** What no notice of change has come for is found after this time. */
const LOOK_EVERY_MS = 30_000;
/** A store that does not answer is asked again after this time. */
const READ_AGAIN_MS = 1_000;

export interface FileFeedOptions {
  readonly projectDir: string;
  readonly store: Store;
  readonly leader: Leader;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Files that one schedule of a DAG waits for. */
interface Wanted {
  readonly dagId: string;
  readonly folder: string;
  readonly matches: (name: string) => boolean;
  readonly fits: (path: string) => boolean;
  readonly settleMs: number;
  readonly still: StillFiles;
}

/**
 * Tells the planner of files that have arrived: looks once, which finds what came while nobody looked, and
 * then by notice of change. A file counts once it stands still.
 */
export class FileFeed {
  readonly #options: FileFeedOptions;
  /** What is known of the files of a DAG, as long as it is on the agenda as it is now. */
  readonly #known = new WeakMap<ScheduledDag, StillFiles>();
  #agenda: Agenda | null = null;
  #changes = -1;
  #wanted: readonly Wanted[] = [];
  #watcher: FSWatcher | null = null;
  #timer: NodeJS.Timeout | null = null;
  #work: Promise<void> = Promise.resolve();
  #isQueued = false;
  #closed = false;

  constructor(options: FileFeedOptions) {
    this.#options = options;
  }

  /** Looks whether DAGs wait for other files than before; cheap where none does. */
  look(): void {
    const { agenda } = this.#options.leader.world;
    if (agenda === null || this.#closed) return;
    if (agenda === this.#agenda && agenda.fileChanges === this.#changes) return;
    if (agenda.fileChanges === 0 && this.#wanted.length === 0) return;
    this.#agenda = agenda;
    this.#changes = agenda.fileChanges;
    this.#enqueue(() => this.#watchFor(agenda));
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#work;
    await this.#watcher?.close();
  }

  #enqueue(act: () => Promise<void>): void {
    this.#work = this.#work.then(act).catch((error: unknown) => {
      this.#options.log.warn({ err: asError(error) }, 'files that DAGs wait for cannot be looked at now');
      this.#changes = -1;
      this.#lookIn(READ_AGAIN_MS);
    });
  }

  async #watchFor(agenda: Agenda): Promise<void> {
    const { projectDir, store } = this.#options;
    const wanted: Wanted[] = [];
    for (const dag of agenda.dags.values()) {
      if (!dag.awaitsFiles || !dag.state.present) continue;
      const { dagId } = dag.entry;
      const still = this.#known.get(dag) ?? new StillFiles(await store.decidedFiles(dagId));
      this.#known.set(dag, still);
      for (const one of dag.spec.schedule ?? []) {
        if (one.kind !== 'file') continue;
        const settleMs = one.settleMs ?? FILE_DEFAULTS.settleMs;
        wanted.push({ dagId, ...filePattern(one.file), settleMs, still });
      }
    }
    this.#wanted = wanted;
    await this.#watcher?.close();
    this.#watcher = null;
    if (wanted.length === 0) return;
    // Loaded for who needs it: a scheduler that starts has runs to go on with first.
    const { watch } = await import('chokidar');
    if (this.#closed) return;
    const folders = new Set(wanted.map(({ folder }) => absolutePath(projectDir, folder)));
    this.#watcher = watch([...folders], { ignoreInitial: true, depth: 0 });
    this.#watcher.on('all', () => this.#lookSoon());
    // A folder that cannot be watched is looked at now and then.
    this.#watcher.on('error', () => undefined);
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    this.#watcher.once('ready', resolve);
    await ready;
    await this.#lookAtFiles();
  }

  #lookSoon(): void {
    if (this.#isQueued || this.#closed) return;
    this.#isQueued = true;
    this.#enqueue(() => this.#lookAtFiles());
  }

  async #lookAtFiles(): Promise<void> {
    this.#isQueued = false;
    const { clock, leader, projectDir } = this.#options;
    let waitMs = LOOK_EVERY_MS;
    for (const { dagId, folder, matches, fits, settleMs, still } of this.#wanted) {
      const found = await filesIn(projectDir, folder, matches);
      if (this.#closed || leader.world.agenda !== this.#agenda) return;
      const look: Still = still.look(found, fits, settleMs, clock.mono());
      for (const file of look.arrived) leader.tell({ type: 'file.arrived', file: arrival(dagId, file) });
      waitMs = Math.min(waitMs, look.waitMs);
    }
    this.#lookIn(waitMs);
  }

  #lookIn(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.look();
      this.#lookSoon();
    }, ms);
    this.#timer.unref();
  }
}

function arrival(dagId: string, file: Omit<FileArrival, 'dagId'>): FileArrival {
  return { dagId, ...file };
}
