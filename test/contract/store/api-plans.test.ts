import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { afterEach, expect, test, vi } from 'vitest';
import { Bell } from '../../../core/scheduler/bell.ts';
import { openProject } from '../../../core/scheduler/project.ts';
import type { Store } from '../../../core/store/store.ts';
import { createApp } from '../../../server/app.ts';
import { ROUTES } from '../../../server/routes/all.ts';
import { makeServices } from '../../../server/services.ts';
import { GROWING, scansOf } from '../../scheduler/scans.ts';
import { databases } from './databases.ts';
import { create, Leader, queued, runNo, succeeded, T0, uidOf, versionOf } from './fixture.ts';

const IDS: Readonly<Record<string, string>> = {
  ...{ dagId: 'prices', runId: uidOf(1), taskId: uidOf(1), taskInstanceId: '1.0', attemptId: '1.0.1' },
  ...{ version: '1', from: '1', to: '1' },
};
/** More ways in which runs are listed. */
const QUERIES: Readonly<Record<string, readonly string[]>> = {
  listRuns: [
    '?state=failed',
    '?state=running&state=failed',
    '?dagId=prices',
    '?dagId=prices&dagId=other&state=success',
    '?since=2026-01-01T00:00:00Z',
    '?dagId=prices&state=failed&since=2026-01-01T00:00:00Z',
  ],
  listTaskInstances: ['?state=success', '?state=none'],
  listTasks: [
    '?type=prices',
    '?state=failed',
    '?state=running',
    '?type=prices&state=success&since=2026-01-01T00:00:00Z',
    '?type=prices&type=other&createdBy=ann',
    '?since=2026-01-01T00:00:00Z',
    ...['createdAt', '-priority', 'type', 'name', '-startedAt', 'finishedAt'].map(
      (sort) => `?priority=high&sort=${sort}${pageAfter(sort)}`,
    ),
    '?type=prices&sort=createdAt',
  ],
  listBackfills: ['?dagId=prices'],
  listAudit: ['?actor=ann', '?action=createRun', '?actor=ann&action=createRun'],
  listAlerts: [
    '?rule=broken',
    '?dagId=prices',
    '?dagId=prices&dagId=other&state=resolved',
    '?rule=broken&dagId=prices&dagId=other&level=error',
    '?level=error&level=critical',
    '?state=open&state=acknowledged&rule=broken',
  ],
  searchTasks: ['?q=a', '?q=a&state=queued'],
  getTaskStatistics: ['?type=prices&since=2026-01-01T00:00:00Z'],
};
/** They have no end. */
const STREAMS = new Set(['getEvents', 'getFigureStream', 'getFigureSocket']);
/** The cursor of a list that is sorted so. */
function pageAfter(sort: string): string {
  const value = /type|name/.test(sort) ? 'a' : 1;
  return `&cursor=${Buffer.from(JSON.stringify([sort, value, 1])).toString('base64url')}`;
}

const QUESTION = /^\s*(select|with)\b/i;

afterEach(() => vi.restoreAllMocks());

/** Asks for every list and detail that the API has. */
async function askForAll(store: Store): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'orch-plans-'));
  const project = await openProject(dir, { env: {} });
  const noLeader = () => Promise.reject(new Error('nothing is asked'));
  const app = createApp(makeServices({ ...project, store }, new Bell(), noLeader));
  for (const { method, path, id } of ROUTES) {
    if (method !== 'get' || STREAMS.has(id)) continue;
    const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => IDS[name] ?? name);
    for (const query of ['', ...(QUERIES[id] ?? [])]) {
      const { status } = await app.request(`http://localhost${url}${query}`);
      expect.soft(status, `${url}${query}`).not.toBe(500);
    }
  }
  const keys = { runNo: runNo(1), from: 2, to: 6, first: 2, size: 2, isWanted: true };
  await store.overview.stateCounts([keys]);
  // Of somebody who may see some DAGs alone.
  const grants = [
    { dags: 'prices', role: 'viewer' },
    { dags: 'o*', role: 'viewer' },
  ] as const;
  expect(await store.overview.dagIds(grants)).toEqual(['other', 'prices']);
  await store.overview.waitingForAnswer({ grants, after: { runNo: 1, node: 0 }, limit: 10 });
  await store.backfills({ dagIds: ['other', 'prices'], limit: 9 });
  await store.alerts.deliveries('ops', 9);
  await store.alerts.undelivered('ops');
  // What a task instance waits for.
  await store.overview.activeRuns();
  await store.overview.runsOf([runNo(1), runNo(2)]);
  await project.close();
  rmSync(dir, { recursive: true });
}

/**
 * Lists that are put together of a few short ones, the newest tasks of the queue by their start, logs of one
 * run, versions of one DAG, and within each run what waits for an answer are sorted.
 */
const SORTED = new RegExp(
  [
    /\) as part\b|from dag_run as r join|value from \(select [^()]* limit \S+\) as r\b/,
    /^\s*select node_no, try_no, |version_no \+ 0/,
  ]
    .map(({ source }) => source)
    .join('|'),
);
/** Indexes of what is open alone, and of the queue, which lists go through in their order to a limit. */
const SMALL = /^(dag_run_(unfinished|open|backfill_open|task\w*)|inbox_pending)$/;

/** Indexes that have what is listed in the order of lists: by another one a list would go through others. */
const LISTED = 'audit_entry_act\\w+|alert_(dag|rule|live|level|delivery_ch)\\w*|backfill_dag|journal_run';
const OF_RUNS = 'dag|ended|ended_dag|created|open|backfill_open|task\\w*';
const IN_ORDER = new RegExp(`\\b(dag_run_(${OF_RUNS})|${LISTED})\\b`, 'g');

/** The steps in which SQLite carries out a statement. */
function planOf(database: DatabaseSync, text: string): string[] {
  const steps = database.prepare(`explain query plan ${text}`).all();
  return steps.map(({ detail }) => String(detail));
}

/** Steps that SQLite would take without an index, or to sort more than a list has. */
function stepsOf(database: DatabaseSync, text: string): string[] {
  const details = planOf(database, text);
  const isOfGrowing = details.some((one) => GROWING.test(one.replace('SEARCH', 'SCAN')));
  const sorts = details.filter(
    (one) => /^USE TEMP B-TREE FOR .*ORDER BY/.test(one) && isOfGrowing && !SORTED.test(text),
  );
  const scans = scansOf(database, text).filter(
    (one) =>
      !/^SCAN (\w+ USING (COVERING )?INDEX dag_run_task\w*:.* limit |r: .* limit \S+\) as r\b)/s.test(one),
  );
  return [...scans, ...sorts.map((one) => `${one}: ${text}`)];
}

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Node[];
}

/** The same for a plan of PostgreSQL. */
function nodesOf(text: string, node: Node): string[] {
  const { 'Node Type': type, 'Relation Name': relation, 'Index Name': index = '', Plans = [] } = node;
  const isScan = isGrowing(node) && node['Index Cond'] === undefined && !SMALL.test(index);
  const isSort = /Sort/.test(type) && hasGrowing(node) && !SORTED.test(text);
  const own = isScan || isSort ? [`${type} ${relation ?? ''} ${index}: ${text}`] : [];
  return [...own, ...Plans.flatMap((inner) => nodesOf(text, inner))];
}

function isGrowing({ 'Relation Name': relation }: Node): boolean {
  return relation !== undefined && GROWING.test(`SCAN ${relation}`);
}

function hasGrowing(node: Node): boolean {
  return isGrowing(node) || (node.Plans ?? []).some(hasGrowing);
}

const seek = 'no list or detail of the API looks through a table that grows, or sorts it, on $name';

test.each(databases)(seek, async ({ name, newPlace }) => {
  const place = await newPlace();
  const store = await place.open();
  const leader = await Leader.of(store);
  for (const id of ['other', 'past']) await store.saveVersion(leader.lease, versionOf(id));
  await leader.tick(create(1, { state: 'running', startedAt: T0 }), queued(1, 0));
  await leader.tick(succeeded(1, 0));
  await leader.tick(create(2, { dagId: 'other', taskName: 'a task', priority: 'high' }));
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
  const query = vi.spyOn(pg.Client.prototype, 'query');
  await askForAll(store);
  const prepared = prepare.mock.calls.map(([text], at) => [text, prepare.mock.contexts[at]] as const);
  const asked = query.mock.calls.map(([text], at) => [text, query.mock.contexts[at]] as const);
  vi.restoreAllMocks();
  const found = new Map<string, readonly string[]>();
  const plans: string[] = [];
  for (const [text, database] of prepared)
    if (name === 'SQLite' && QUESTION.test(text) && (database as DatabaseSync).isOpen) {
      found.set(text, stepsOf(database as DatabaseSync, text));
      plans.push(...planOf(database as DatabaseSync, text));
    }
  for (const [one, client] of asked as unknown as readonly [string | pg.QueryConfig, pg.Client][]) {
    const text = typeof one === 'string' ? one : one.text;
    if (!QUESTION.test(text) || found.has(text)) continue;
    // The plan for any values, with the settings of the connection that asked.
    const { rows } = await client.query(`explain (generic_plan, format json) ${text}`);
    found.set(text, nodesOf(text, rows[0]['QUERY PLAN'][0].Plan));
    plans.push(JSON.stringify(rows[0]));
  }
  await place.close();
  expect(found.size).toBeGreaterThan(50);
  expect([...found.keys()].filter((text) => /\bspan\b/.test(text))).toHaveLength(2);
  expect([...found.values()].flat()).toEqual([]);
  const used = plans.flatMap((plan) => plan.match(IN_ORDER) ?? []);
  expect([...new Set(used)].toSorted()).toEqual([
    'alert_dag',
    'alert_dag_rule',
    'alert_delivery_channel',
    'alert_level',
    'alert_live',
    'alert_rule',
    'audit_entry_action',
    'audit_entry_actor',
    'audit_entry_actor_action',
    'backfill_dag',
    'dag_run_backfill_open',
    'dag_run_created',
    'dag_run_dag',
    'dag_run_ended',
    'dag_run_ended_dag',
    'dag_run_open',
    'dag_run_task',
    'dag_run_task_ended',
    'dag_run_task_name',
    'dag_run_task_priority',
    'dag_run_task_state',
    'dag_run_task_type',
    'journal_run',
  ]);
});
