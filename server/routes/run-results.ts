import { type Static, Type } from 'typebox';
import { AppError } from '../../core/model/errors.ts';
import { keyText } from '../../core/model/ids.ts';
import type { RunRecord } from '../../core/model/run.ts';
import type { RunWorld } from '../../core/planner/run-world.ts';
import { artifactFile, outputFile } from '../../core/scheduler/paths.ts';
import { whyRun } from '../../core/scheduler/why.ts';
import type { ResultPlace } from '../../core/store/overview.ts';
import { readFrames } from '../../core/store/state-tables.ts';
import type { JournalRecord, Store } from '../../core/store/store.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { API, type Route, route } from '../route.ts';
import { Artifact, JournalLine, Metric } from '../schemas/run-results.ts';
import { Because, exact, limitOf, PAGING, pageOf, RunId } from '../schemas/words.ts';
import { sendFile } from '../send-file.ts';
import { instant } from '../views.ts';

const runId = { runId: RunId };

async function frameOf(store: Store, run: RunRecord): Promise<RunWorld> {
  return (await readFrames(store, [run])).get(run.runNo) as RunWorld;
}

/** Which instance something that an attempt has left is of. */
function instanceOf(frame: RunWorld, { nodeNo, tryNo }: Pick<ResultPlace, 'nodeNo' | 'tryNo'>) {
  const path = frame.graph.spec.tasks[frame.graph.source[frame.templateOf(nodeNo)] as number]?.path;
  const key = keyText(frame.blockOf(nodeNo).keys);
  return { taskInstanceId: `${frame.record.runNo}.${nodeNo}`, taskId: path as string, key, tryNo };
}

function placeOf(cursor: string | undefined): ResultPlace | null {
  const place = readCursor(cursor, ['no', 'no', 'string']);
  return place && { nodeNo: place[0], tryNo: place[1], name: place[2] };
}

const metrics = route('get', `${API}/runs/{runId}/metrics`, {
  id: 'listMetrics',
  tag: 'runs',
  summary: 'What the tasks of a run have measured, in the order of its task instances',
  role: 'viewer',
  params: runId,
  query: PAGING,
  answer: pageOf('MetricPage', Metric),
  handle: async ({ store }, { params, query, access }) => {
    const run = await access.run(params.runId);
    const limit = limitOf(query);
    const found = await store.overview.metrics(run.runNo, placeOf(query.cursor), limit + 1);
    const frame = await frameOf(store, run);
    const items = found.slice(0, limit).map(({ nodeNo, tryNo, name, value, at }) => ({
      ...instanceOf(frame, { nodeNo, tryNo }),
      name,
      value,
      at: instant(at),
    }));
    const last = found[limit - 1];
    const isMore = found.length > limit && last !== undefined;
    return { items, nextCursor: isMore ? writeCursor([last.nodeNo, last.tryNo, last.name]) : null };
  },
});

const artifacts = route('get', `${API}/runs/{runId}/artifacts`, {
  id: 'listArtifacts',
  tag: 'runs',
  summary: 'The files that the tasks of a run have kept, in the order of its task instances',
  role: 'viewer',
  params: runId,
  query: PAGING,
  answer: pageOf('ArtifactPage', Artifact),
  handle: async ({ store }, { params, query, access }) => {
    const run = await access.run(params.runId);
    const limit = limitOf(query);
    const found = await store.overview.artifacts(run.runNo, placeOf(query.cursor), limit + 1);
    const frame = await frameOf(store, run);
    const items = found.slice(0, limit).map((one) => ({ ...instanceOf(frame, one), ...one.artifact }));
    const last = found[limit - 1];
    const isMore = found.length > limit && last !== undefined;
    return { items, nextCursor: isMore ? writeCursor([last.nodeNo, last.tryNo, last.artifact.name]) : null };
  },
});

const download = route('get', `${API}/runs/{runId}/artifacts/{sha256}`, {
  id: 'readArtifact',
  tag: 'runs',
  summary: 'The bytes of an artifact of a run, or of an output that is kept in a file',
  role: 'viewer',
  params: { ...runId, sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'of its content' }) },
  status: 200,
  handle: async ({ store, stateDir }, { params: { runId, sha256 }, access }) => {
    const run = await access.run(runId);
    const kept = await store.overview.keptFile(run.runNo, sha256);
    if (kept === undefined) throw new AppError('not_found', `run ${run.uid} has no file ${sha256}`);
    const file =
      kept === null
        ? { path: outputFile(stateDir, sha256), name: `${sha256}.json`, mediaType: 'application/json' }
        : { path: artifactFile(stateDir, sha256), name: kept.name, mediaType: kept.mediaType };
    const sent = await sendFile(file);
    if (sent === null) throw new AppError('not_found', `the file ${sha256} of run ${run.uid} is gone`);
    return sent;
  },
});

function lineView(frame: RunWorld, line: JournalRecord): Static<typeof JournalLine> {
  const { nodeNo } = line;
  const isKnown = nodeNo !== null && nodeNo < frame.size;
  const isTask = isKnown && frame.isTask(frame.templateOf(nodeNo));
  return {
    seq: line.seq,
    at: instant(line.at),
    about: isKnown ? frame.nameOf(nodeNo) : null,
    taskInstanceId: isTask ? `${frame.record.runNo}.${nodeNo}` : null,
    tryNo: line.tryNo,
    from: line.from,
    to: line.to,
    because: line.because,
  };
}

const journal = route('get', `${API}/runs/{runId}/journal`, {
  id: 'listJournal',
  tag: 'runs',
  summary: 'What happened in a run and why, oldest first',
  role: 'viewer',
  params: runId,
  query: {
    ...PAGING,
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'only lines with a greater `seq`; a cursor wins',
      }),
    ),
  },
  answer: pageOf('JournalPage', JournalLine),
  handle: async ({ store }, { params, query, access }) => {
    const run = await access.run(params.runId);
    const afterSeq = readCursor(query.cursor, ['number'])?.[0] ?? query.after ?? 0;
    const limit = limitOf(query);
    const found = await store.journal({ runNo: run.runNo, afterSeq, limit: limit + 1 });
    const frame = await frameOf(store, run);
    const items = found.slice(0, limit).map((line) => lineView(frame, line));
    const last = items.at(-1);
    return { items, nextCursor: found.length > limit && last ? writeCursor([last.seq]) : null };
  },
});

const why = route('get', `${API}/runs/{runId}/why`, {
  id: 'whyRun',
  tag: 'runs',
  summary: 'Why a run is where it is: what holds all of it up, if anything does',
  role: 'viewer',
  params: runId,
  answer: exact({ because: Because }),
  handle: async (services, { params, access }) => ({
    because: await whyRun(services, await access.run(params.runId)),
  }),
});

/** What runs have left, and how they came to be where they are. */
export const runResultRoutes: readonly Route[] = [metrics, artifacts, download, journal, why];
