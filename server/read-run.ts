import { AppError } from '../core/model/errors.ts';
import type { NodeNo } from '../core/model/ids.ts';
import type { RunRecord } from '../core/model/run.ts';
import { readRunView } from '../core/store/read-run-view.ts';
import type { InstanceView, RunView } from '../core/store/run-view.ts';
import type { Store } from '../core/store/store.ts';
import { runDetail } from './views.ts';

/** A run with its task instances. */
export async function readView(store: Store, run: RunRecord, outputs = false): Promise<RunView> {
  const view = await readRunView(store, run.runNo, { outputs });
  if (view === null) throw new AppError('not_found', `run ${run.uid} is gone`);
  return view;
}

/** A run and how far it is. */
export async function readDetail(store: Store, run: RunRecord) {
  return runDetail(await readView(store, run));
}

/** The instance of a run at a node. */
export function instanceAt(view: RunView, node: NodeNo): InstanceView {
  const found = view.tasks.find(({ nodeNo }) => nodeNo === node);
  if (found === undefined) throw new AppError('not_found', `run ${view.run.uid} has no such task instance`);
  return found;
}
