import type { Project } from '../core/scheduler/project.ts';
import { valueOfAnswer } from './answer-error.ts';
import type { CommandContext } from './context.ts';
import { openSession } from './engine.ts';
import { userName } from './user-name.ts';

/**
 * Has new runs of a DAG use one of its versions, or with `null` the one that its file declares. `held`: also
 * when its file changes.
 */
export async function askRollback(
  { host }: CommandContext,
  project: Project,
  dagId: string,
  versionNo: number | null,
  held = false,
): Promise<void> {
  const session = await openSession(project, { warm: false });
  try {
    const by = userName(host.env);
    valueOfAnswer(await session.ask({ type: 'rollBackDag', dagId, versionNo, held, by }));
  } finally {
    await session.close();
  }
}
