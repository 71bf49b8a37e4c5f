import type { Answer } from '../model/action.ts';
import type { DagEntry } from './agenda.ts';
import { onDagSeen } from './open-slots.ts';
import type { Turn } from './turn.ts';

/** New runs of a DAG have another version: the store says so already, and a scheduler hears of it here. */
export interface RollBackRequest {
  readonly kind: 'rollBackDag';
  /** The DAG with the version that its new runs have. */
  readonly dag: DagEntry;
  /** Its schedule is not that of the version before. */
  readonly isRescheduled: boolean;
  /** They have the version that its file declares again. */
  readonly isOver: boolean;
  /** They have it also when the file changes. */
  readonly held: boolean;
  readonly by: string;
}

/** Makes the runs of a DAG with another version from now on; runs that there are keep theirs. */
export function rollBackDag(turn: Turn, { dag, isRescheduled, isOver, held, by }: RollBackRequest): Answer {
  const { dagId, versionNo } = dag;
  const { present } = turn.world.agenda?.dags.get(dagId)?.state ?? dag.state;
  // One that no file declares makes no runs; when it is back it is seen anyway.
  if (present) onDagSeen(turn, dag, isRescheduled);
  const facts = { dag: dagId, version: versionNo, by };
  if (isOver) turn.note(null, null, 'rollback_over', facts);
  else turn.note(null, null, 'rolled_back', { ...facts, held });
  return { ok: true, value: { dagId, version: versionNo, isRolledBack: !isOver } };
}
