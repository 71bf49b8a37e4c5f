import { Type } from 'typebox';
import type { RunNo } from '../../core/model/ids.ts';
import type { RunRecord } from '../../core/model/run.ts';
import { type GridRow, readGrid } from '../../core/store/grid.ts';
import type { VersionRecord } from '../../core/store/store.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { API, type Route, route } from '../route.ts';
import { Grid } from '../schemas/grid.ts';
import { DagId, PAGING } from '../schemas/words.ts';
import { instant } from '../views.ts';

const RUNS = { default: 50, most: 200 } as const;

function column(run: RunRecord): Grid['runs'][number] {
  const { startedAt, endedAt } = run;
  return {
    runId: run.uid,
    version: run.versionNo,
    state: run.state,
    trigger: run.trigger,
    logicalDate: instant(run.logicalAt),
    createdAt: instant(run.createdAt),
    startedAt: instant(startedAt),
    endedAt: instant(endedAt),
    durationMs: startedAt === null || endedAt === null ? null : endedAt - startedAt,
  };
}

function row({ path, stage, isDeclared, isFannedOut, cells }: GridRow): Grid['tasks'][number] {
  return {
    taskId: path,
    stage,
    declared: isDeclared,
    states: cells.map((cell) => cell?.state ?? null),
    ...(isFannedOut ? { counts: cells.map((cell) => cell && { ...cell.counts }) } : {}),
  };
}

const grid = route('get', `${API}/dags/{dagId}/grid`, {
  id: 'getGrid',
  tag: 'dags',
  summary: 'The states of all tasks in the newest runs of a DAG',
  role: 'viewer',
  params: { dagId: DagId },
  query: {
    runs: Type.Optional(Type.Integer({ minimum: 1, maximum: RUNS.most, default: RUNS.default })),
    cursor: PAGING.cursor,
  },
  answer: Grid,
  handle: async ({ store }, { params, query, access }) => {
    const dag = await access.dag(params.dagId);
    const version = (await store.version(dag.versionNo)) as VersionRecord;
    const at = readCursor(query.cursor, ['no']);
    const limit = query.runs ?? RUNS.default;
    const found = await store.runs({
      dagId: dag.dagId,
      limit: limit + 1,
      ...(at === null ? {} : { before: at[0] as RunNo }),
    });
    const runs = found.slice(0, limit);
    const last = runs.at(-1);
    const rows = await readGrid(store, version.spec, runs);
    return {
      runs: runs.map(column),
      tasks: rows.map(row),
      nextCursor: found.length > limit && last !== undefined ? writeCursor([last.runNo]) : null,
    };
  },
});

/** The runs of a DAG side by side. */
export const gridRoutes: readonly Route[] = [grid];
