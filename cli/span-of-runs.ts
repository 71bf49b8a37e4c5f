import { AppError } from '../core/model/errors.ts';
import type { RunRecord } from '../core/model/run.ts';
import { type RunSpan, runsOfSpan } from '../core/planner/run-span.ts';
import type { Store } from '../core/store/store.ts';
import { dateText, slotText } from './render/time-text.ts';

/** Runs that one command may take along: more are several commands. */
const RUNS_MAX = 1_000;
const PAGE = 500;

/** All runs of a DAG that a store has. */
export async function runsOfDag(store: Store, dagId: string): Promise<readonly RunRecord[]> {
  const all: RunRecord[] = [];
  for (let page: readonly RunRecord[] | null = null; page === null || page.length === PAGE; ) {
    const before = all.at(-1)?.runNo;
    page = await store.runs({
      dagId,
      limit: PAGE,
      ...(before === undefined ? {} : { before }),
    });
    all.push(...page);
  }
  return all;
}

/**
 * A run and those of its DAG before or after it, earliest first; `all` are those of the DAG.
 * @throws AppError `conflict` if these are too many for one command.
 */
export function spanOf(all: readonly RunRecord[], run: RunRecord, span: RunSpan): RunRecord[] {
  const runs = runsOfSpan(run, all, span);
  if (runs.length <= RUNS_MAX) return runs;
  throw new AppError(
    'conflict',
    `These are ${runs.length} runs; one command takes ${RUNS_MAX} at most. For a range: orch backfill create`,
  );
}

/** What a run is about, or when it was started by hand. */
export function aboutText({ logicalAt, createdAt }: RunRecord): string {
  return logicalAt === null ? `by hand ${dateText(createdAt)}` : slotText(logicalAt);
}
