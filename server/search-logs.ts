import type { LineFilter } from '../core/log/line-filter.ts';
import type { LogLine, LogStream } from '../core/log/log-line.ts';
import { attemptLines, batchFilter } from '../core/log/read-attempt-log.ts';
import { attemptId, type NodeNo, type RunNo, type TryNo } from '../core/model/ids.ts';
import type { RunRecord } from '../core/model/run.ts';
import { readFrames } from '../core/store/state-tables.ts';
import type { Services } from './services.ts';

/** A search that has found nothing for so long answers with where to go on. */
const SEARCH_MS = 2_000;
/** Runs and logs that are looked up at once. */
const RUNS_PAGE = 50;
const LOGS_PAGE = 500;

/** Where a search goes on: a byte in the log of an attempt of a run. */
export interface SearchPlace {
  readonly runNo: number;
  readonly nodeNo: number;
  readonly tryNo: number;
  readonly byte: number;
}

export interface LogSearch {
  /** Runs that are looked through; `null`: those of all DAGs. */
  readonly dagIds: readonly string[] | null;
  /** This run only. */
  readonly run: RunRecord | null;
  readonly streams?: readonly LogStream[];
  readonly matches?: LineFilter;
  /** Only lines written then or later. */
  readonly since: number | null;
  readonly limit: number;
}

/** A log of an attempt. */
export interface ListedLog {
  readonly run: RunRecord;
  readonly nodeNo: NodeNo;
  readonly tryNo: TryNo;
  /** What is known to be written; `null`: it is being written. */
  readonly bytes: number | null;
}

export interface FoundLog {
  readonly run: RunRecord;
  readonly nodeNo: NodeNo;
  readonly tryNo: TryNo;
  readonly line: LogLine;
}

/**
 * Looks through the logs of attempts, the newest run first, in a run by task instance. It ends with so many
 * lines, or when its time is over: then it says where to go on, having got on by one batch of lines at least.
 */
export async function searchLogs(
  services: Services,
  search: LogSearch,
  from: SearchPlace | null,
): Promise<{ readonly found: readonly FoundLog[]; readonly next: SearchPlace | null }> {
  const { clock, stateDir } = services;
  const endAt = clock.now() + SEARCH_MS;
  const found: FoundLog[] = [];
  const keep = batchFilter(search);
  let isFirst = true;
  for await (const { run, place, range } of logsOf(services, search, from)) {
    if (!isFirst && clock.now() >= endAt) return { found, next: place };
    isFirst = false;
    if (range === null) continue;
    const nodeNo = place.nodeNo as NodeNo;
    const tryNo = place.tryNo as TryNo;
    const source = { stateDir, runNo: run.runNo, attemptId: attemptId(run.runNo, nodeNo, tryNo), range };
    let { byte } = place;
    for await (const batch of attemptLines(source, byte)) {
      const kept = keep(batch);
      for (const [at, { line, nextByte }] of batch.entries()) {
        const isKept = kept[at] && (search.since === null || line.at >= search.since);
        if (isKept && found.length === search.limit) return { found, next: { ...place, byte } };
        byte = nextByte;
        if (isKept) found.push({ run, nodeNo, tryNo, line });
      }
      if (clock.now() >= endAt) return { found, next: { ...place, byte } };
    }
  }
  return { found, next: null };
}

/** The logs of attempts in the order of a search, so many of them. */
export async function listLogs(
  services: Services,
  search: LogSearch,
  from: SearchPlace | null,
): Promise<{ readonly found: readonly ListedLog[]; readonly next: SearchPlace | null }> {
  const { clock } = services;
  const endAt = clock.now() + SEARCH_MS;
  const found: ListedLog[] = [];
  let isFirst = true;
  for await (const { run, place, range } of logsOf(services, search, from)) {
    if (found.length === search.limit || (!isFirst && clock.now() >= endAt)) return { found, next: place };
    isFirst = false;
    const { nodeNo, tryNo } = place;
    if (range !== null)
      found.push({ run, nodeNo: nodeNo as NodeNo, tryNo: tryNo as TryNo, bytes: range.length });
  }
  return { found, next: null };
}

type Log = Awaited<ReturnType<Services['store']['overview']['logPlaces']>>[number];

/** The logs to look through; before those of each run a place without a log, where a search may stop. */
async function* logsOf(
  { store }: Services,
  search: LogSearch,
  from: SearchPlace | null,
): AsyncGenerator<{ run: RunRecord; place: SearchPlace; range: Log['range'] | null }> {
  for await (const run of runsOf(store, search, from)) {
    const isBegun = from?.runNo === run.runNo;
    let place: SearchPlace = isBegun ? from : { runNo: run.runNo, nodeNo: 0, tryNo: 0, byte: 0 };
    yield { run, place, range: null };
    for (;;) {
      const logs = await store.overview.logPlaces(run.runNo, place, LOGS_PAGE);
      for (const { nodeNo, tryNo, range } of logs) {
        const isSame = place.nodeNo === nodeNo && place.tryNo === tryNo;
        yield { run, place: { runNo: run.runNo, nodeNo, tryNo, byte: isSame ? place.byte : 0 }, range };
      }
      const last = logs.at(-1);
      if (last === undefined || logs.length < LOGS_PAGE) break;
      place = { runNo: run.runNo, nodeNo: last.nodeNo, tryNo: last.tryNo + 1, byte: 0 };
    }
  }
}

async function* runsOf(
  store: Services['store'],
  { dagIds, run, since }: LogSearch,
  from: SearchPlace | null,
): AsyncGenerator<RunRecord> {
  if (run !== null) return yield run;
  let before = from === null ? null : from.runNo + 1;
  for (;;) {
    const page = await store.runs({
      limit: RUNS_PAGE,
      ...(dagIds === null ? {} : { dagId: dagIds }),
      ...(before === null ? {} : { before: before as RunNo }),
    });
    for (const one of page) if (since === null || one.endedAt === null || one.endedAt >= since) yield one;
    const last = page.at(-1);
    if (last === undefined || page.length < RUNS_PAGE) return;
    before = last.runNo;
  }
}

/** The names of the task instances whose logs were found, by run and node. */
export async function namesOf(
  { store }: Services,
  found: readonly Pick<FoundLog, 'run' | 'nodeNo'>[],
): Promise<(one: Pick<FoundLog, 'run' | 'nodeNo'>) => string> {
  const runs = new Map(found.map(({ run }) => [run.runNo, run]));
  const frames = await readFrames(store, [...runs.values()]);
  return ({ run, nodeNo }) => frames.get(run.runNo)?.nameOf(nodeNo) ?? '';
}
