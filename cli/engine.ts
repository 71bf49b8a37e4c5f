import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../core/config/config.ts';
import type { ParsedFile } from '../core/parsing/parsed-file.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { Session, SessionOptions } from '../core/scheduler/session.ts';
import type { CommandContext } from './context.ts';

/*
 * The engine behind the commands, loaded when a command needs it: reading a DAG loads no database, and asking
 * for help loads nothing of it.
 */

/** Opens the project in a folder with the flags of a command line. */
export async function openProject(dir: string, context: CommandContext): Promise<Project> {
  const engine = await import('../core/scheduler/project.ts');
  const { profile } = context.flags;
  return engine.openProject(dir, {
    env: context.host.env,
    clock: context.host.clock,
    ...(profile === undefined ? {} : { profile }),
  });
}

/** Loads what runs need, so that it is there when they begin. */
export function loadEngine(): void {
  // Whoever needs the modules imports them again and is told what is wrong with them.
  for (const loading of [
    import('../core/scheduler/project.ts'),
    import('../core/scheduler/session.ts'),
    import('../core/scheduler/start-leading.ts'),
    import('../core/scheduler/lead.ts'),
  ])
    loading.catch(() => undefined);
}

/** Joins a project: as its leader, or as a follower of the process that leads. */
export async function openSession(project: Project, options: SessionOptions = {}): Promise<Session> {
  const engine = await import('../core/scheduler/session.ts');
  return engine.openSession(project, options);
}

/**
 * Reads the DAG files of a project; files that did not change are not evaluated again. With `dagId` the files
 * of that name come first, then those that have declared it before, and the others are read only if none of
 * them declares the DAG. `meanwhile` is called while the first are read.
 */
export async function readKnownFiles(
  dir: string,
  context: CommandContext,
  dagId?: string,
  meanwhile?: (stateDir: string) => void,
): Promise<readonly ParsedFile[]> {
  const [{ default: pLimit }, { DagLibrary }, { loadLimits }, { configOf }] = await Promise.all([
    import('p-limit'),
    import('../core/scheduler/dag-library.ts'),
    import('../core/parsing/load-limits.ts'),
    import('./state-dir.ts'),
  ]);
  const config = configOf(dir, context);
  const library = new DagLibrary(dir, config.store.path, loadLimits(config));
  const limit = pLimit(availableParallelism());
  const read = (files: readonly string[]) =>
    Promise.all(files.map((file) => limit(() => library.parse(file))));
  const files = library.files();
  if (meanwhile !== undefined) setImmediate(meanwhile, config.store.path);
  if (dagId === undefined) return read(files);
  const named = files.filter((file) => fileStem(file) === dagId);
  const others = files.filter((file) => !named.includes(file));
  // A file that hangs when it is loaded must not hold up a DAG that is elsewhere.
  for (const likely of [() => named, () => others.filter((file) => library.hasDeclared(file, dagId))]) {
    const found = await read(likely());
    if (found.some(({ dags }) => dags.some(({ spec }) => spec.id === dagId))) return found;
  }
  return read(files);
}

/** The id that a DAG of a file usually has: the name of the file. */
export function fileStem(file: string): string {
  return file.replace(/^.*\//, '').replace(/\.[^.]+$/, '');
}

/**
 * Evaluates DAG files anew, all of them or those named; what is remembered of those that failed is forgotten.
 * Limits are the usual ones without a config.
 */
export async function readFilesAnew(
  dir: string,
  config: Config | null,
  files?: readonly string[],
): Promise<readonly ParsedFile[]> {
  const [{ parseProject }, { loadLimits }, { DagLibrary }] = await Promise.all([
    import('../core/parsing/parse-pool.ts'),
    import('../core/parsing/load-limits.ts'),
    import('../core/scheduler/dag-library.ts'),
  ]);
  if (config !== null) new DagLibrary(dir, config.store.path, loadLimits(config)).forgetFailures(files);
  const limits = config === null ? {} : loadLimits(config);
  return parseProject({ projectDir: dir, limits, ...(files === undefined ? {} : { files }) });
}

/** Where a project keeps its state unless its config says otherwise. */
export function usualStateDir(dir: string): string {
  return join(dir, '.orch');
}
