import { lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { projectPath } from './project-path.ts';

/** What DAGs are made of, relative to the project. */
const WATCHED = ['dags', 'operators', 'airflow.yaml'];
const HIDDEN = /(^|\/)(node_modules|\.[^/]*)(\/|$)/;
/** Saving a file is often several changes; they are told together once nothing more comes. */
const QUIET_MS = 50;

/** Tells when the files change that DAGs are made of. A change that comes before `ready` may be missed. */
export class ProjectWatch {
  /** Resolves also when it is closed before. */
  readonly ready: Promise<void>;
  readonly #watcher: FSWatcher;
  readonly #changed = new Set<string>();
  readonly #isReady = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | null = null;

  /**
   * `onChange` gets the paths that changed, relative to the project; `onError` what keeps changes from being
   * noticed, such as a limit of the system on watched files.
   */
  constructor(
    projectDir: string,
    onChange: (paths: ReadonlySet<string>) => void,
    onError: (error: Error) => void,
  ) {
    this.#watcher = watch(
      WATCHED.map((name) => join(projectDir, name)),
      {
        ignoreInitial: true,
        ignored: (path, stats) => {
          const within = projectPath(projectDir, path) ?? '';
          return HIDDEN.test(within) || (stats?.isFile() !== true && leadsAstray(projectDir, path, within));
        },
      },
    );
    this.ready = this.#isReady.promise;
    this.#watcher.once('ready', this.#isReady.resolve);
    this.#watcher.on('all', (_event, path) => {
      this.#changed.add(projectPath(projectDir, path) ?? path);
      if (this.#timer) clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        const paths = new Set(this.#changed);
        this.#changed.clear();
        onChange(paths);
      }, QUIET_MS);
    });
    this.#watcher.on('error', (error) => onError(error instanceof Error ? error : new Error(String(error))));
  }

  async close(): Promise<void> {
    this.#isReady.resolve();
    if (this.#timer) clearTimeout(this.#timer);
    await this.#watcher.close();
  }
}

/**
 * Whether a path is a link to a folder that no code is loaded from, because it is outside of the project, or
 * to one that the path itself lies in. `dags` and `operators` may be links to anywhere.
 */
function leadsAstray(projectDir: string, path: string, within: string): boolean {
  if (!within.includes('/')) return false;
  try {
    if (!lstatSync(path).isSymbolicLink() || !statSync(path).isDirectory()) return false;
    const real = realpathSync(path);
    if (projectPath(realpathSync(projectDir), real) === null) return true;
    for (let around = dirname(path); projectPath(projectDir, around) !== null; around = dirname(around))
      if (realpathSync(around) === real) return true;
    return false;
  } catch {
    // What is gone, or leads nowhere, has nothing to be watched.
    return false;
  }
}
