import { didYouMean } from '../core/model/did-you-mean.ts';
import { AppError } from '../core/model/errors.ts';
import type { RunNo } from '../core/model/ids.ts';
import { type RetrySelection, selectForRetry } from '../core/planner/retry-selection.ts';
import { makeRunView, worldOf } from '../core/store/read-run-view.ts';
import type { InstanceView } from '../core/store/run-view.ts';
import type { Store } from '../core/store/store.ts';

/** What the flags of `orch retry` choose. */
export interface RetryChoice {
  readonly select: 'failed' | 'all' | 'tasks';
  readonly tasks: readonly string[];
  readonly upstream: boolean;
  readonly downstream: boolean;
}

/** The instances that a retry would run again, chosen by the planner's own rule; nothing is changed. */
export async function instancesToRetry(
  store: Store,
  runNo: RunNo,
  choice: RetryChoice,
): Promise<readonly InstanceView[]> {
  const stored = await store.loadRun(runNo);
  if (stored === null) return [];
  const view = makeRunView(stored, new Map(), new Map());
  const { select, upstream, downstream } = choice;
  const selection: RetrySelection =
    select === 'tasks'
      ? { select: 'nodes', nodes: nodesNamed(view.tasks, choice.tasks), upstream, downstream }
      : { select };
  const chosen = new Set(selectForRetry(worldOf(stored), selection));
  return view.tasks.filter(({ nodeNo }) => chosen.has(nodeNo));
}

function nodesNamed(tasks: readonly InstanceView[], names: readonly string[]): number[] {
  return names.flatMap((name) => {
    const found = tasks.filter((task) => task.name === name || task.taskId === name);
    if (found.length > 0) return found.map(({ nodeNo }) => nodeNo);
    const hint = didYouMean(
      name,
      tasks.map((task) => task.name),
    );
    throw new AppError('not_found', `The run has no task '${name}'${hint === undefined ? '' : `: ${hint}`}`);
  });
}
