import { type Static, Type } from 'typebox';
import { offsetText } from '../../core/cron/offset-text.ts';
import { targets } from '../../core/graph/csr.ts';
import { compileGraph, TASK, taskAt } from '../../core/graph/graph.ts';
import { taskDifference } from '../../core/graph/task-difference.ts';
import { versionChange } from '../../core/graph/version-change.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import { AppError } from '../../core/model/errors.ts';
import type { RunNo, VersionNo } from '../../core/model/ids.ts';
import type { RunRecord } from '../../core/model/run.ts';
import { upcomingRuns } from '../../core/planner/upcoming.ts';
import { whyDag } from '../../core/scheduler/why-dag.ts';
import type { PinRecord } from '../../core/store/pins.ts';
import type { DagRecord, Store, VersionRecord } from '../../core/store/store.ts';
import { previewOf } from '../../core/timetables/preview.ts';
import { askLeader } from '../ask-leader.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { readInstant } from '../instants.ts';
import { API, type Route, route } from '../route.ts';
import {
  Dag,
  DagDetail,
  SchedulePreview,
  Slot,
  Version,
  VersionDetail,
  VersionDiff,
} from '../schemas/dag.ts';
import {
  Because,
  DagId,
  exact,
  Instant,
  limitOf,
  named,
  orNull,
  PAGING,
  pageOf,
  storeNo,
} from '../schemas/words.ts';
import type { Services } from '../services.ts';
import { instant } from '../views.ts';

const tag = 'dags';
const dagId = { dagId: DagId };
const versionNo = storeNo('of the list of versions');
/** So many DAGs are read at once, and looked at for a page, of those that somebody looks for. */
const LOOKED = { atOnce: 200, most: 2_000 } as const;
const PREVIEW = { default: 10, most: 1_000 } as const;

interface DagView {
  readonly view: Dag;
  readonly spec: DagSpec;
}

type Reading = Pick<Services, 'store' | 'clock'>;

async function dagView(services: Reading, dag: DagRecord): Promise<DagView> {
  return (await dagViews(services, [dag]))[0] as DagView;
}

/** Some DAGs with their last runs, however many in the same few queries. */
async function dagViews({ store, clock }: Reading, dags: readonly DagRecord[]): Promise<DagView[]> {
  const [versions, lastRuns, pins] = await Promise.all([
    store.versions(dags.map(({ versionNo }) => versionNo)),
    store.overview.lastRuns(dags.map(({ dagId }) => dagId)),
    store.pins(dags.map(({ dagId }) => dagId)),
  ]);
  const now = clock.now();
  return dags.map((dag) => {
    const { dagId } = dag;
    const spec = versions.get(dag.versionNo)?.spec;
    if (spec === undefined) throw new Error(`version ${dag.versionNo} of DAG ${dagId} is not stored`);
    const pin = pins.find((one) => one.dagId === dagId);
    return { view: viewOf(dag, spec, lastRuns.get(dagId), pin, now), spec };
  });
}

function viewOf(
  dag: DagRecord,
  spec: DagSpec,
  last: RunRecord | undefined,
  pin: PinRecord | undefined,
  now: number,
): Dag {
  const next = dag.present ? upcomingRuns(spec, dag, false, now, 1) : null;
  return {
    dagId: dag.dagId,
    file: dag.file,
    title: spec.title ?? null,
    description: spec.description ?? null,
    owner: spec.owner ?? null,
    tags: [...(spec.tags ?? [])],
    version: dag.versionNo,
    versionAt: instant(dag.versionAt),
    present: dag.present,
    paused: dag.paused,
    schedule: (spec.schedule ?? []).map((one) => ({ ...one })),
    nextSlotAt: instant(next?.slots[0] ?? null),
    lastRun: last ? { runId: last.uid, state: last.state, createdAt: instant(last.createdAt) } : null,
    rolledBack: pin === undefined ? null : pinView(pin),
  };
}

function pinView({ versionNo, declaredNo, held, at, by }: PinRecord): NonNullable<Dag['rolledBack']> {
  return { version: versionNo, declared: declaredNo, held, since: instant(at), by };
}

function detailOf({ view, spec }: { view: Dag; spec: DagSpec }): Static<typeof DagDetail> {
  const graph = compileGraph(spec);
  const tasks = [...graph.order].flatMap((node) => {
    if (graph.kind[node] !== TASK) return [];
    const { path, stage } = taskAt(graph, node);
    const after = [...targets(graph.up, node)].filter((one) => graph.kind[one] === TASK);
    return [{ taskId: path, stage: stage ?? null, after: after.map((one) => taskAt(graph, one).path) }];
  });
  return { ...view, params: { ...spec.params }, tasks };
}

const list = route('get', `${API}/dags`, {
  id: 'listDags',
  tag,
  summary: 'DAGs by their ids',
  description: 'A page of a filter may have fewer DAGs than asked for, or none, while there is a nextCursor.',
  role: 'viewer',
  query: {
    ...PAGING,
    tag: Type.Optional(Type.String({ description: 'only those with this tag' })),
    paused: Type.Optional(Type.Boolean()),
    q: Type.Optional(Type.String({ maxLength: 128, description: 'only ids that contain this' })),
  },
  answer: pageOf('DagPage', Dag),
  handle: async (services, { query, access }) => {
    const limit = limitOf(query);
    const isWanted = ({ dagId, paused }: DagRecord) =>
      dagId.includes(query.q ?? '') && (query.paused ?? paused) === paused;
    const isAll = access.seesAll && [query.q, query.paused, query.tag].every((one) => one === undefined);
    // One more than a page, which tells whether there is a next one.
    const size = isAll ? limit + 1 : Math.max(limit + 1, LOOKED.atOnce);
    const items: Dag[] = [];
    let after: string | null = readCursor(query.cursor, ['string'])?.[0] ?? '';
    for (let looked = 0; looked < LOOKED.most && after !== null; looked += size) {
      const { dags, last } = await access.dagsAfter(after, size);
      const wanted = dags.filter(isWanted);
      for (let first = 0; first < wanted.length; first += limit + 1)
        for (const { view } of await dagViews(services, wanted.slice(first, first + limit + 1))) {
          if (query.tag !== undefined && !view.tags.includes(query.tag)) continue;
          if (items.length === limit) return { items, nextCursor: writeCursor([items.at(-1)?.dagId ?? '']) };
          items.push(view);
        }
      after = last;
    }
    return { items, nextCursor: after === null ? null : writeCursor([after]) };
  },
});

const get = route('get', `${API}/dags/{dagId}`, {
  id: 'getDag',
  tag,
  summary: 'A DAG with its params and tasks',
  role: 'viewer',
  params: dagId,
  answer: DagDetail,
  handle: async (services, { params, access }) =>
    detailOf(await dagView(services, await access.dag(params.dagId))),
});

const change = route('patch', `${API}/dags/{dagId}`, {
  id: 'changeDag',
  tag,
  summary: 'Pauses a DAG, or ends its pause',
  role: 'operator',
  params: dagId,
  body: exact({ paused: Type.Boolean() }),
  answer: DagDetail,
  handle: async (services, { params, body, access }) => {
    await access.dag(params.dagId);
    const { paused } = body;
    const by = access.principal.name;
    await askLeader(services, { type: 'pauseDag', dagId: params.dagId, paused, by });
    return detailOf(await dagView(services, await access.dag(params.dagId)));
  },
});

function versionHead(version: VersionRecord, dag: DagRecord) {
  return {
    version: version.versionNo,
    createdAt: instant(version.createdAt),
    file: version.file,
    graphHash: version.graphHash,
    codeHash: version.codeHash,
    inForce: version.versionNo === dag.versionNo,
  };
}

async function versionOf(store: Store, dag: DagRecord, no: number): Promise<VersionRecord> {
  const found = await store.version(no as VersionNo);
  if (found?.dagId !== dag.dagId) throw new AppError('not_found', `DAG ${dag.dagId} has no version ${no}`);
  return found;
}

const versions = route('get', `${API}/dags/{dagId}/versions`, {
  id: 'listVersions',
  tag,
  summary: 'The versions of a DAG, newest first, with what each changed',
  role: 'viewer',
  params: dagId,
  query: PAGING,
  answer: pageOf('VersionPage', Version),
  handle: async ({ store }, { params, query, access }) => {
    const dag = await access.dag(params.dagId);
    const limit = limitOf(query);
    const before = readCursor(query.cursor, ['no'])?.[0] as VersionNo | undefined;
    const found = await store.versionsOf(dag.dagId, limit + 1, before);
    const [pin] = await store.pins([dag.dagId]);
    const declaredNo = pin?.declaredNo ?? dag.versionNo;
    const items = found.slice(0, limit).map((version, at) => ({
      ...versionHead(version, dag),
      declared: version.versionNo === declaredNo,
      ...versionChange(version, found[at + 1]),
    }));
    const last = items.at(-1);
    return { items, nextCursor: found.length > limit && last ? writeCursor([last.version]) : null };
  },
});

const version = route('get', `${API}/dags/{dagId}/versions/{version}`, {
  id: 'getVersion',
  tag,
  summary: 'A version of a DAG, with its canonical graph',
  role: 'viewer',
  params: { ...dagId, version: versionNo },
  answer: VersionDetail,
  handle: async ({ store }, { params, access }) => {
    const dag = await access.dag(params.dagId);
    const found = await versionOf(store, dag, params.version);
    return { ...versionHead(found, dag), spec: { ...found.spec } };
  },
});

const diff = route('get', `${API}/dags/{dagId}/versions/{from}/diff/{to}`, {
  id: 'diffVersions',
  tag,
  summary: 'What changed from one version of a DAG to another',
  role: 'viewer',
  params: { ...dagId, from: versionNo, to: versionNo },
  answer: VersionDiff,
  handle: async ({ store }, { params, access }) => {
    const dag = await access.dag(params.dagId);
    const from = await versionOf(store, dag, params.from);
    const to = await versionOf(store, dag, params.to);
    const { added, removed, changed } = taskDifference(from.spec, to.spec);
    const tasks = { added: [...added], removed: [...removed], changed: [...changed] };
    return { from: params.from, to: params.to, ...tasks, codeChanged: from.codeHash !== to.codeHash };
  },
});

const rollBack = route('post', `${API}/dags/{dagId}/rollback`, {
  id: 'rollBackDag',
  tag,
  summary: 'Gives new runs a version that the DAG had; null: the one that its file declares',
  role: 'author',
  params: dagId,
  body: exact({
    version: Type.Union([versionNo, Type.Null()]),
    held: Type.Optional(Type.Boolean({ description: 'also when its file changes' })),
  }),
  answer: DagDetail,
  handle: async (services, { params, body, access }) => {
    const dag = await access.dag(params.dagId);
    if (body.version !== null) await versionOf(services.store, dag, body.version);
    await askLeader(services, {
      type: 'rollBackDag',
      dagId: dag.dagId,
      versionNo: body.version,
      ...(body.held === undefined ? {} : { held: body.held }),
      by: access.principal.name,
    });
    return detailOf(await dagView(services, await access.dag(dag.dagId)));
  },
});

const slots = route('get', `${API}/dags/{dagId}/slots`, {
  id: 'listSlots',
  tag: 'schedules',
  summary: 'What became of the slots of a DAG, newest first',
  role: 'viewer',
  params: dagId,
  query: PAGING,
  answer: pageOf('SlotPage', Slot),
  handle: async ({ store }, { params, query, access }) => {
    const dag = await access.dag(params.dagId);
    const before = readCursor(query.cursor, ['number']);
    const limit = limitOf(query);
    const found = await store.slots({
      dagId: dag.dagId,
      limit: limit + 1,
      ...(before === null ? {} : { before: before[0] }),
    });
    const spans = found.slice(0, limit);
    const runs = await store.live.runNames(spans.flatMap(({ runNo }) => (runNo === null ? [] : [runNo])));
    const items = spans.map(({ firstAt, lastAt, disposition, runNo, decidedAt, because }) => ({
      firstAt: instant(firstAt),
      lastAt: instant(lastAt),
      disposition,
      runId: runs.get(runNo as RunNo)?.uid ?? null,
      decidedAt: instant(decidedAt),
      because,
    }));
    const last = spans.at(-1);
    return { items, nextCursor: found.length > limit && last ? writeCursor([last.firstAt]) : null };
  },
});

const preview = route('get', `${API}/dags/{dagId}/schedule`, {
  id: 'previewSchedule',
  tag: 'schedules',
  summary: 'The next slots of a DAG by its declaration, and the clock changes that they meet',
  role: 'viewer',
  params: dagId,
  query: {
    from: Type.Optional(Type.String({ description: 'slots after this instant; absent: after now' })),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: PREVIEW.most, default: PREVIEW.default })),
  },
  answer: SchedulePreview,
  handle: async ({ store, clock }, { params, query, access }) => {
    const dag = await access.dag(params.dagId);
    const { spec } = await versionOf(store, dag, dag.versionNo);
    const afterAt = query.from === undefined ? clock.now() : readInstant('from', query.from);
    const found = previewOf(spec, afterAt, query.count ?? PREVIEW.default);
    return {
      slots: found.slots.map(({ at, logicalAt, intervalStartAt, intervalEndAt }) => ({
        dueAt: instant(at),
        logicalDate: instant(logicalAt),
        intervalStart: instant(intervalStartAt),
        intervalEnd: instant(intervalEndAt),
      })),
      clockChanges: found.changes.map(({ zone, at, before, after }) => ({
        zone,
        at: instant(at),
        from: offsetText(before),
        to: offsetText(after),
      })),
    };
  },
});

const why = route('get', `${API}/dags/{dagId}/why`, {
  id: 'whyDag',
  tag: 'schedules',
  summary: 'What the next run of a DAG waits for that nobody asks for, by the rules that decide about it',
  role: 'viewer',
  params: dagId,
  answer: named(
    'WhyDag',
    exact({
      because: Because,
      also: Type.Array(Because, { description: 'the same of its other schedules' }),
      nextAt: orNull(Instant),
    }),
  ),
  handle: async (services, { params, access }) => {
    const dag = await access.dag(params.dagId);
    const { spec } = await versionOf(services.store, dag, dag.versionNo);
    const { because, also, nextAt } = await whyDag(services, dag, spec);
    return { because, also: [...also], nextAt: instant(nextAt) };
  },
});

/** DAGs, their versions and when they are due. */
export const dagRoutes: readonly Route[] = [
  list,
  get,
  change,
  versions,
  version,
  diff,
  rollBack,
  slots,
  preview,
  why,
];
