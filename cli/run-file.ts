import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { orchVersion } from '../core/config/installation.ts';
import type { LogLine } from '../core/log/log-line.ts';
import { attemptLines } from '../core/log/read-attempt-log.ts';
import { AppError } from '../core/model/errors.ts';
import { attemptId, type NodeNo, type RunNo, type TryNo } from '../core/model/ids.ts';
import type { AttemptRecord } from '../core/model/run.ts';
import type { Project } from '../core/scheduler/project.ts';
import { spilledText } from '../core/scheduler/spilled.ts';
import { readRunView } from '../core/store/read-run-view.ts';
import type { InstanceView, RunView } from '../core/store/run-view.ts';
import type { ArtifactRecord, JournalRecord, MetricRecord } from '../core/store/store.ts';

/** An attempt of a run file, with its log. */
export interface FiledAttempt extends Omit<AttemptRecord, 'log'> {
  readonly nodeNo: NodeNo;
  readonly lines: readonly LogLine[];
  /** Lines at the beginning of the log that were left out. */
  readonly leftOut: number;
}

/** Everything that is stored of one run, as one document: what `orch export` writes and `orch open` reads. */
export interface RunFile {
  readonly v: 1;
  readonly type: 'orch.run';
  /** The version of orch that wrote it. */
  readonly orch: string;
  readonly exportedAt: number;
  /** The graph is in `view.version.spec`, outputs are in `view.tasks`, those of any size as text. */
  readonly view: RunView;
  readonly attempts: readonly FiledAttempt[];
  readonly metrics: readonly MetricRecord[];
  /** What artifacts there are; their bytes stay where they are. */
  readonly artifacts: readonly ArtifactRecord[];
  readonly journal: readonly JournalRecord[];
}

/** Of a longer log the last lines are kept. */
const LINES_MAX = 10_000;
const JOURNAL_PAGE = 10_000;
/** A file that unpacks to more than this is no file of ours. */
const UNPACKED_BYTES_MAX = 2 ** 30;

/** Puts a run together with its logs and outputs; `null` if there is no such run. */
export async function collectRun({ store, stateDir, clock }: Project, runNo: RunNo): Promise<RunFile | null> {
  const found = await readRunView(store, runNo, { outputs: true });
  if (found === null) return null;
  const tasks = found.tasks.map((task): InstanceView => {
    const { output } = task;
    if (output === null || 'json' in output) return task;
    return { ...task, output: { json: spilledText(stateDir, output) } };
  });
  const attempts: FiledAttempt[] = [];
  for (const task of tasks) {
    const past = await store.attempts(runNo, task.nodeNo);
    const last = past.some(({ tryNo }) => tryNo === task.attempts) ? [] : [lastAttempt(task)];
    for (const attempt of [...past, ...last]) {
      if (attempt.tryNo === 0) continue;
      const { log, ...rest } = attempt;
      const id = attemptId(runNo, task.nodeNo, attempt.tryNo);
      const kept = log === null ? NO_LINES : await lastLines({ stateDir, runNo, attemptId: id, range: log });
      attempts.push({ nodeNo: task.nodeNo, ...rest, ...kept });
    }
  }
  const journal: JournalRecord[] = [];
  for (let page: readonly JournalRecord[] | null = null; page === null || page.length === JOURNAL_PAGE; ) {
    page = await store.journal({ runNo, afterSeq: journal.at(-1)?.seq ?? 0, limit: JOURNAL_PAGE });
    journal.push(...page);
  }
  return {
    v: 1,
    type: 'orch.run',
    orch: orchVersion(),
    exportedAt: clock.now(),
    view: { ...found, tasks },
    attempts,
    metrics: await store.metrics(runNo),
    artifacts: await store.artifacts(runNo),
    journal,
  };
}

const NO_LINES = { lines: [], leftOut: 0 } as const;

function lastAttempt(task: InstanceView): AttemptRecord {
  const { attempts, state, reason, startedAt, endedAt, error, log, because } = task;
  return { tryNo: attempts as TryNo, state, reason, startedAt, endedAt, error, log, because };
}

async function lastLines(
  source: Parameters<typeof attemptLines>[0],
): Promise<Pick<FiledAttempt, 'lines' | 'leftOut'>> {
  let lines: LogLine[] = [];
  let leftOut = 0;
  for await (const batch of attemptLines(source, 0)) {
    lines.push(...batch.map(({ line }) => line));
    if (lines.length < 2 * LINES_MAX) continue;
    leftOut += lines.length - LINES_MAX;
    lines = lines.slice(-LINES_MAX);
  }
  const more = Math.max(0, lines.length - LINES_MAX);
  return { lines: lines.slice(more), leftOut: leftOut + more };
}

/** The bytes of a run file: JSON, compressed by gzip. */
export function packRun(file: RunFile): Promise<Buffer> {
  return promisify(gzip)(JSON.stringify(file));
}

/**
 * Reads a run file.
 *
 * @throws AppError `not_found` if it is not there, `invalid` if it is none.
 */
export async function readRunFile(path: string): Promise<RunFile> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'it does not exist' : error.message;
    throw new AppError('not_found', `${path} cannot be read: ${why}`);
  });
  let found: Partial<Omit<RunFile, 'v'>> & { readonly v?: number };
  try {
    const text = await promisify(gunzip)(bytes, { maxOutputLength: UNPACKED_BYTES_MAX });
    found = JSON.parse(text.toString('utf8')) as typeof found;
  } catch {
    throw new AppError('invalid', `${path} is no file that orch export has written.`);
  }
  const lists = [found?.view?.tasks, found?.attempts, found?.metrics, found?.artifacts, found?.journal];
  if (found?.type !== 'orch.run' || !found.view?.run || !lists.every((list) => Array.isArray(list)))
    throw new AppError('invalid', `${path} is no file that orch export has written.`);
  if (found.v !== 1)
    throw new AppError('invalid', `${path} was written by orch ${found.orch}: open it with that version.`);
  return found as RunFile;
}
