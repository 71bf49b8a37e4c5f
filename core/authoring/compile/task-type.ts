import type { AuthorDag } from '../author-form.ts';
import type { Problems } from './problems.ts';
import type { Tree } from './tree.ts';

/** The runs of a task type are tasks of the queue: one piece of work each, made when somebody asks for it. */
export function checkTaskType(dag: AuthorDag, { entries }: Tree, problems: Problems): void {
  if (!dag.taskType) return;
  if (dag.schedule !== undefined) {
    const message = 'a task type has no schedule: its runs are asked for';
    const hint = "leave 'schedule' out, or 'taskType'";
    problems.error('task-type', message, ['schedule'], { at: 'key', hint });
  }
  const [only, other] = entries;
  if (other !== undefined || only?.kind !== 'task') {
    const message = 'a task type has exactly one task, which stands directly under its tasks';
    return problems.error('task-type', message, ['tasks'], { at: 'key', hint: "leave 'taskType' out" });
  }
  const { uses, run } = only.author;
  if (uses !== undefined || run !== undefined) return;
  const message = `task '${only.id}' of a task type runs something: it has 'uses' or 'run'`;
  problems.error('task-type', message, ['tasks', only.id]);
}
