import { Type } from 'typebox';
import { collectDagStats } from '../../core/store/dag-stats.ts';
import { readFrames } from '../../core/store/state-tables.ts';
import { collectTaskStats } from '../../core/store/task-stats.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { readInstant } from '../instants.ts';
import { API, type Route, route } from '../route.ts';
import { Approval, BrokenFile, DagStats } from '../schemas/operations.ts';
import { DagId, limitOf, PAGING, pageOf } from '../schemas/words.ts';
import { instant } from '../views.ts';

/** Older runs than so many are left out, and of tasks those of so many finished ones are counted. */
const STATS = { runs: 5_000, taskRuns: 50 } as const;

const stats = route('get', `${API}/dags/{dagId}/stats`, {
  id: 'getDagStats',
  tag: 'dags',
  summary: 'How the newest runs of a DAG went, and its tasks',
  description:
    `Of ${STATS.runs} runs at most; of tasks in the newest ${STATS.taskRuns} that are over, or fewer if ` +
    'those have many task instances: `taskRuns`.',
  role: 'viewer',
  params: { dagId: DagId },
  query: {
    since: Type.Optional(Type.String({ format: 'date-time', description: 'runs made then or later' })),
  },
  answer: DagStats,
  handle: async ({ store }, { params, query, access }) => {
    const { dagId } = await access.dag(params.dagId);
    const since = query.since === undefined ? null : readInstant('since', query.since);
    const [[found], { runs: taskRuns, tasks }] = await Promise.all([
      collectDagStats(store, dagId, since, STATS.runs),
      collectTaskStats(store, dagId, since, STATS.taskRuns),
    ]);
    const figures = found ?? { runs: 0, success: 0, failed: 0, cancelled: 0 };
    return {
      dagId,
      since: instant(since),
      runs: figures.runs,
      success: figures.success,
      failed: figures.failed,
      cancelled: figures.cancelled,
      successRate: found?.successRate ?? null,
      durationMs: found?.durationMs ?? null,
      queueMs: found?.queueMs ?? null,
      lastAt: instant(found?.lastAt ?? null),
      taskRuns,
      tasks: [...tasks],
    };
  },
});

const approvals = route('get', `${API}/approvals`, {
  id: 'listApprovals',
  tag: 'approvals',
  summary: 'Task instances that wait for an answer, those of the oldest run first',
  role: 'viewer',
  query: PAGING,
  answer: pageOf('ApprovalPage', Approval),
  handle: async ({ store }, { query, access }) => {
    const [runNo, node] = readCursor(query.cursor, ['no', 'no']) ?? [0, 0];
    const limit = limitOf(query);
    const { grants } = access.principal;
    const found = await store.overview.waitingForAnswer({ grants, after: { runNo, node }, limit: limit + 1 });
    const page = found.slice(0, limit);
    const runs = new Map(page.map(({ run }) => [run.runNo, run]));
    const frames = await readFrames(store, [...runs.values()]);
    const items = page.map(({ run, instance: { nodeNo, because, startedAt, dueAt } }) => ({
      taskInstanceId: `${run.runNo}.${nodeNo}`,
      runId: run.uid,
      dagId: run.dagId,
      name: frames.get(run.runNo)?.nameOf(nodeNo) ?? '',
      title: String(because?.['title']),
      options: [...((because?.['options'] ?? []) as readonly string[])],
      since: instant(startedAt),
      until: instant(dueAt),
    }));
    const last = page.at(-1)?.instance;
    const isMore = found.length > limit && last !== undefined;
    return { items, nextCursor: isMore ? writeCursor([last.runNo, last.nodeNo]) : null };
  },
});

const broken = route('get', `${API}/broken-files`, {
  id: 'listBrokenFiles',
  tag: 'dags',
  summary: 'DAG files that could not be loaded when a scheduler looked last, and why',
  role: 'viewer',
  answer: pageOf('BrokenFilePage', BrokenFile),
  handle: async ({ store }, { access }) => {
    access.requireGlobal();
    const items = (await store.brokenFiles()).map(({ file, at, diagnostics }) => ({
      file,
      at: instant(at),
      diagnostics: diagnostics.map((one) => ({ ...one })),
    }));
    return { items, nextCursor: null };
  },
});

/** What operators look at: how DAGs do, what waits, what is broken. */
export const operationRoutes: readonly Route[] = [stats, approvals, broken];
