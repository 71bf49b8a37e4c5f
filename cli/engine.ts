import type { Config } from '../core/config/config.ts';
import type { Clock } from '../core/model/clock.ts';
import type { RunNo } from '../core/model/ids.ts';
import type { ParsedFile } from '../core/parsing/parsed-file.ts';
import type { Session } from '../core/scheduler/session.ts';
import type { RunView } from '../core/store/run-view.ts';
import type { Store } from '../core/store/store.ts';

export interface Project {
  readonly dir: string;
  readonly stateDir: string;
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  close(): Promise<void>;
}

/** Reads every DAG file of a project. */
export async function parseFiles(dir: string): Promise<readonly ParsedFile[]> {
  const path = '../core/parsing/parse-project.ts';
  return (await import(path)).parseProject(dir);
}

export async function openProject(dir: string): Promise<Project> {
  const path = '../core/scheduler/project.ts';
  return (await import(path)).openProject(dir);
}

export async function openSession(project: Project): Promise<Session> {
  const path = '../core/scheduler/project.ts';
  return (await import(path)).openSession(project);
}

export async function readRunView(store: Store, runNo: RunNo, options: { outputs?: boolean } = {}): Promise<RunView | null> {
  const path = '../core/store/run-view.ts';
  return (await import(path)).readRunView(store, runNo, options);
}
