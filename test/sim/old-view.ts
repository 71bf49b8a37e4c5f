import { S, TASK_STATES } from '../../core/model/states.ts';
import type { DagRecord, InboxRecord, RunSnapshot } from '../../core/store/store.ts';
import type { Asked, Written } from './history.ts';

type Pending = Pick<Asked, 'inboxId' | 'request' | 'at'>;

/**
 * What a store shows that lags behind: what held before the last change of each thing. Whoever decides by
 * that must be refused.
 */
export class OldView {
  readonly #cursors = new Map<string, number>();
  readonly #instances = new Map<
    number,
    { readonly nodeNo: number; readonly from: number; readonly tryNo: number }
  >();
  #answered: Pending | null = null;

  constructor(written: readonly Written[], asked: readonly Pending[]) {
    for (const { actions } of written) {
      for (const action of actions) {
        if (action.type === 'dag.change') {
          const { dagId, fromCursorAt, state } = action;
          if (fromCursorAt !== null && fromCursorAt !== state.cursorAt)
            this.#cursors.set(dagId, fromCursorAt);
        } else if (action.type === 'answer')
          this.#answered = asked.find(({ inboxId }) => inboxId === action.inboxId) ?? null;
        else if (action.type === 'instance') {
          const { runNo, nodeNo, from, to, fromTry, tryNo } = action;
          const ended = (from === S.queued || from === S.running) && to !== S.running && fromTry === tryNo;
          if (ended) this.#instances.set(runNo, { nodeNo, from, tryNo });
          else if (this.#instances.get(runNo)?.nodeNo === nodeNo) this.#instances.delete(runNo);
        }
      }
    }
  }

  /** The result of a read as the store shows it. */
  shown(name: string, read: unknown): unknown {
    if (read === null) return read;
    if (name === 'dag') return this.#dag(read as DagRecord);
    if (name === 'dags') return (read as readonly DagRecord[]).map((dag) => this.#dag(dag));
    if (name === 'loadRun') return this.#run(read as RunSnapshot);
    return this.#pending(read as readonly InboxRecord[]);
  }

  #dag(dag: DagRecord): DagRecord {
    const cursorAt = this.#cursors.get(dag.dagId);
    return cursorAt === undefined ? dag : { ...dag, cursorAt };
  }

  #run(run: RunSnapshot): RunSnapshot {
    const old = this.#instances.get(run.run.runNo);
    if (old === undefined) return run;
    const { nodeNo, from, tryNo } = old;
    const instances = run.instances.map((one) =>
      one.nodeNo === nodeNo && one.tryNo === tryNo
        ? { ...one, state: TASK_STATES[from] as typeof one.state, endedAt: null }
        : one,
    );
    return { ...run, instances };
  }

  #pending(pending: readonly InboxRecord[]): readonly InboxRecord[] {
    const answered = this.#answered;
    if (answered === null) return pending;
    const { inboxId, request, at } = answered;
    return [{ inboxId, request, createdAt: at }, ...pending];
  }
}
