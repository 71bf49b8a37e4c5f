import { isRunFinished } from '../../../core/model/states.ts';
import type { SimHistory, Violation } from '../history.ts';
import { Replay } from './replay.ts';
import { oracleSlots } from './slot-oracle.ts';

/** A slot may wait this long for its disposition when nothing is in its way. */
const DISPOSED_WITHIN_MS = 30_000;

/** L1 and L11 every slot that is due has its disposition, L3 every run ends, once the faults have stopped. */
export function checkLiveness(history: SimHistory): Violation[] {
  const { runs, givenUp, calm } = history;
  const found: Violation[] = [];
  if (givenUp !== null) found.push({ invariant: 'L6', text: givenUp });
  for (const text of history.defects) found.push({ invariant: 'L8', text: `an error inside: ${text}` });
  for (const text of calm.faults) found.push({ invariant: 'L1', text });
  for (const { run, journal } of runs) {
    if (isRunFinished(run.state)) continue;
    const isSetAside = journal.some(({ because }) => because.code === 'quarantined');
    found.push({
      invariant: 'L3',
      text: `run ${run.runNo} is ${run.state}${isSetAside ? ', set aside' : ''}`,
    });
  }
  const replay = new Replay(history);
  for (const written of history.written.slice(0, calm.ticks)) replay.apply(written);
  for (const { dagId, cursorAt, present, paused } of calm.dags) {
    if (present !== calm.declared.includes(dagId))
      found.push({
        invariant: 'L1',
        text: `${dagId} is ${present ? 'gone' : 'there'}, and nobody has noticed`,
      });
    const told = history.seen.filter((one) => one.dagId === dagId).at(-1);
    const spec = told === undefined ? undefined : history.versions.get(told.versionNo)?.spec;
    if (spec === undefined || !present || paused) continue;
    const busy = [...replay.runs.values()].filter(
      (run) =>
        run.record.dagId === dagId && run.backfillNo === null && !run.abort && !isRunFinished(run.state),
    );
    if (busy.length >= (spec.maxActiveRuns ?? 16) && spec.overlap === undefined) continue;
    if (cursorAt === null) {
      found.push({ invariant: 'L1', text: `${dagId} was never made active` });
      continue;
    }
    const dueAt = calm.at - (spec.jitterMs ?? 0) - DISPOSED_WITHIN_MS;
    const [late] = oracleSlots(spec, cursorAt, dueAt);
    if (late !== undefined)
      found.push({ invariant: 'L1', text: `${dagId}: slot ${new Date(late).toISOString()} is not decided` });
  }
  return found;
}
