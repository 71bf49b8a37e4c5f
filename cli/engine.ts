import { join } from 'node:path';
import type { ParsedFile } from '../core/parsing/parsed-file.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { Session } from '../core/scheduler/session.ts';
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

/** Joins a project: as its leader, or as a follower of the process that leads. */
export async function openSession(project: Project): Promise<Session> {
  const engine = await import('../core/scheduler/session.ts');
  return engine.openSession(project);
}

/** Reads every DAG file of a project; files that did not change are not evaluated again. */
export async function readKnownFiles(dir: string, context: CommandContext): Promise<readonly ParsedFile[]> {
  const [{ DagLibrary }, { stateDirOf }] = await Promise.all([
    import('../core/scheduler/dag-library.ts'),
    import('./state-dir.ts'),
  ]);
  const library = new DagLibrary(dir, stateDirOf(dir, context));
  return Promise.all(library.files().map((file) => library.parse(file)));
}

/** Evaluates DAG files anew, all of them or those named. */
export async function readFilesAnew(dir: string, files?: readonly string[]): Promise<readonly ParsedFile[]> {
  const { parseProject } = await import('../core/parsing/parse-pool.ts');
  return parseProject({ projectDir: dir, ...(files === undefined ? {} : { files }) });
}

/** Where a project keeps its state unless its config says otherwise. */
export function usualStateDir(dir: string): string {
  return join(dir, '.orch');
}
