import type { Action } from '../../../core/model/action.ts';
import { badJournal } from '../../checkers/journal-walk.ts';
import type { SimHistory, Violation } from '../history.ts';

/** Codes with which a finished instance may leave its state. */
const REOPENS = ['retried', 'marked', 'removed_key', 'key_back', 'list_again'];
const FINISHED = ['success', 'failed', 'skipped', 'upstream_failed', 'cancelled', 'removed'];
const RUN_FINISHED = ['success', 'failed', 'cancelled'];

/** S5 legal transitions, S6 no lost update, S8 no write of a leader that was replaced, S24 integrity. */
export function checkJournal(history: SimHistory): Violation[] {
  const { runs, journal, written, problems } = history;
  const found: Violation[] = problems.map((text) => ({ invariant: 'S24', text }));
  for (const { run, journal: lines, instances } of runs) {
    const tasks = instances.map(({ nodeNo, state, tryNo }) => ({
      nodeNo,
      name: `${run.runNo}.${nodeNo}`,
      state,
      attempts: tryNo,
    }));
    const walked = { runId: run.uid, state: run.state, tasks, journal: lines };
    for (const text of badJournal(walked, true))
      found.push({ invariant: 'S5', text: `run ${run.runNo}: ${text}` });
    for (const { seq, from, to, nodeNo, because } of lines) {
      const isLeft = from !== to && (nodeNo === null ? RUN_FINISHED : FINISHED).includes(from);
      if (isLeft && !REOPENS.includes(because.code))
        found.push({
          invariant: 'S5',
          text: `run ${run.runNo}, line ${seq}: leaves ${from} by ${because.code}`,
        });
    }
  }
  let last = 0;
  for (const { seq } of journal) {
    if (seq <= last) found.push({ invariant: 'S6', text: `line ${seq} comes after ${last}` });
    last = seq;
  }
  let before = { tick: 0, epoch: 0 };
  let changes = 0;
  for (const { tick, epoch, leads, actions } of written) {
    if (epoch !== leads)
      found.push({ invariant: 'S8', text: `tick ${tick} of epoch ${epoch} was written while ${leads} led` });
    if (tick <= before.tick) found.push({ invariant: 'S6', text: `tick ${tick} comes after ${before.tick}` });
    before = { tick, epoch };
    for (const { type } of actions) changes += type === 'instance' || type === 'run.change' ? 1 : 0;
  }
  const lines = journal.filter(
    ({ runNo, from, because, nodeNo }) =>
      runNo !== null && from !== 'none' && (nodeNo === null || because.code !== 'late_outcome'),
  );
  if (changes > 0 && lines.length === 0) found.push({ invariant: 'S6', text: 'the journal has no lines' });
  return found;
}

/** How long after a leader began to die another one may still see what held a moment ago. */
const LAG_MS = 25_000;

/** Whether any of these runs and DAGs was written after one instant and before another. */
function isWritten(
  { written }: Pick<SimHistory, 'written'>,
  { runs, dags }: { readonly runs: readonly number[]; readonly dags: readonly string[] },
  after: number,
  before: number,
): boolean {
  const isOfThem = (action: Action): boolean =>
    action.type === 'dag.change'
      ? dags.includes(action.dagId)
      : 'runNo' in action && runs.includes(action.runNo as number);
  return written.some(({ atMono, actions }) => atMono > after && atMono < before && actions.some(isOfThem));
}

/**
 * S6: what a leader remembers is what the store has, but for faults and slots that are taken. What was read
 * too early is found out with the first write of it, which may be long after: a run may wait for its past,
 * and a DAG for somebody who leads.
 */
export function checkMemory(history: SimHistory): Violation[] {
  const { stale, struck, written } = history;
  const madeAtMono = new Map<number, number>();
  for (const { actions, atMono } of written)
    for (const action of actions) if (action.type === 'run.create') madeAtMono.set(action.run.runNo, atMono);
  return stale.flatMap(({ atMono, runs, dags }) => {
    const known = runs.filter((runNo) => (madeAtMono.get(runNo) ?? atMono) < atMono);
    if (known.length === 0 && dags.length === 0) return [];
    const isMade = struck.some(
      ({ kind, atMono: at }) =>
        (kind === 'stale' && at === atMono) ||
        (kind === 'oldRead' &&
          at <= atMono &&
          (at > atMono - LAG_MS || !isWritten(history, { runs: known, dags }, at + LAG_MS, atMono))),
    );
    const text = `memory differed from the store: runs ${known.join()}, DAGs ${dags.join()}`;
    return isMade ? [] : [{ invariant: 'S6', text }];
  });
}
