import type { RunRecord } from '../core/model/run.ts';
import { isRunFinished } from '../core/model/states.ts';
import type { Store } from '../core/store/store.ts';
import type { CommandContext } from './context.ts';
import { shortRunId } from './render/run-name.ts';
import { lookOf, toned } from './render/state-look.ts';
import { clockText, instantText, slotText, spanText } from './render/time-text.ts';

/** Runs that are looked at: a burst of more is told in part. */
const RUNS_MAX = 200;
/** Looks are at least this far apart. */
const LOOK_EVERY_MS = 100;

/**
 * Tells every run that begins or ends while this process leads, until it is closed. `isLeading` says `null`
 * until it is known: runs that were under way go on before that, and are told of then.
 */
export function tellRuns(
  context: CommandContext,
  store: Store,
  isLeading: () => boolean | null,
): { close(): Promise<void> } {
  const told = new Map<number, string>();
  let isFirst = true;
  let timer: NodeJS.Timeout | null = null;
  const look = async (): Promise<void> => {
    timer = null;
    const leads = isLeading();
    if (leads === null && !isFirst) return lookSoon();
    const runs = await store.runs({ limit: RUNS_MAX });
    for (const run of [...runs].reverse()) {
      const isNew = told.get(run.runNo) !== run.state;
      told.set(run.runNo, run.state);
      if (isNew && !isFirst && leads === true) tell(context, run);
    }
    isFirst = false;
    const oldest = runs.at(-1)?.runNo ?? 0;
    for (const runNo of told.keys()) if (runNo < oldest) told.delete(runNo);
  };
  // A look that fails is made up for by the next one.
  const lookSoon = (): void => {
    timer ??= setTimeout(() => void look().catch(() => undefined), LOOK_EVERY_MS);
  };
  const listening = store.listen({ asked: () => {}, freed: () => {}, written: lookSoon });
  lookSoon();
  return {
    close: async () => {
      if (timer) clearTimeout(timer);
      await listening.close();
    },
  };
}

function tell(context: CommandContext, run: RunRecord): void {
  const { uid, dagId, state, trigger, logicalAt, startedAt, endedAt } = run;
  const at = endedAt ?? startedAt ?? run.createdAt;
  if (context.flags.json) {
    const logicalDate = instantText(logicalAt);
    context.json(
      { v: 1, type: 'run.changed', runId: uid, dagId, state, trigger, logicalDate, at: instantText(at) },
      'event',
    );
    return;
  }
  const { word } = lookOf(state);
  const about = logicalAt === null ? '' : ` of ${slotText(logicalAt)}`;
  const took = isRunFinished(state) && startedAt !== null ? ` in ${spanText(at - startedAt)}` : '';
  const shown = toned(state, word.padEnd(5), context.style);
  context.print(`${context.style.dim(clockText(at))} ${shown} ${dagId} ${shortRunId(uid)}${about}${took}`);
}
