import type { Project } from '../core/scheduler/project.ts';
import type { CommandContext } from './context.ts';
import { openProject } from './engine.ts';
import { projectDir } from './project-dir.ts';

/** Opens the project that the command line names for as long as the work takes. */
export async function withProject<T>(
  context: CommandContext,
  work: (project: Project) => Promise<T>,
): Promise<T> {
  const project = await openProject(projectDir(context), context);
  try {
    return await work(project);
  } finally {
    await project.close();
  }
}
