import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TObject } from 'typebox';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newSecret, secretHash } from '../../core/accounts/secret-text.ts';
import type { LiveAlert } from '../../core/alerting/alert-world.ts';
import type { Action } from '../../core/model/action.ts';
import { because, becauseNumber } from '../../core/model/because.ts';
import type { VersionNo } from '../../core/model/ids.ts';
import { S } from '../../core/model/states.ts';
import { Bell } from '../../core/scheduler/bell.ts';
import { openProject, type Project } from '../../core/scheduler/project.ts';
import { createApp } from '../../server/app.ts';
import type { Route } from '../../server/route.ts';
import { ROUTES } from '../../server/routes/all.ts';
import { makeServices } from '../../server/services.ts';
import {
  create,
  dagChange,
  Leader,
  nodeNo,
  queued,
  runNo,
  T0,
  tryNo,
  uidOf,
  versionOf,
} from '../contract/store/fixture.ts';

type Page = { readonly items: readonly Record<string, unknown>[]; readonly nextCursor: string | null };

/** Three pages of two of each thing, and as many of another DAG between them. */
const COUNT = 6;
const URI = 's3://research/signals';
const HOUR = 3_600_000;
const IDS: Readonly<Record<string, string>> = {
  ...{ dagId: 'prices', runId: uidOf(1), taskId: uidOf(1), taskInstanceId: '1.0', attemptId: '1.0.1' },
};
const QUERIES: Readonly<Record<string, string>> = {
  listAssetEvents: `uri=${encodeURIComponent(URI)}&`,
  searchTasks: 'q=task&',
};
/** Lists whose items are in files, and are read by tests of their own. */
const IN_FILES = ['searchLogs'];
/** Pages without a cursor, and why: what is older than the newest lines is in the files of the log. */
const ONE_PAGE = ['readSystemLogs'];

/** Of who may see all DAGs, and of who may see one. */
const secrets: Readonly<Record<string, string>> = { '*': newSecret(), prices: newSecret() };

const queryOf = ({ query }: Route): Record<string, unknown> => (query as TObject).properties;
const lists = ROUTES.filter((route) => route.method === 'get' && 'cursor' in queryOf(route));

let project: Project;
let app: ReturnType<typeof createApp>;
const dir = mkdtempSync(join(tmpdir(), 'orch-lists-'));

/** What is listed of a run. */
function resultsOf(no: number): Action[] {
  const place = { runNo: runNo(no), nodeNo: nodeNo(0), tryNo: tryNo(1) };
  const file = { bytes: 1, mediaType: 'text/plain', sha256: '0'.repeat(64) };
  return Array.from({ length: COUNT }).flatMap((_, at): Action[] => [
    { type: 'metric', ...place, name: `m${at}`, value: at, at: T0 },
    { type: 'artifact', ...place, artifact: { name: `a${at}`, ...file } },
  ]);
}

/** An open run with its task instances, and one that is over. */
function runsOf(no: number, dagId: string): Action[] {
  const waits = JSON.stringify({ title: 'Publish?', options: ['publish', 'hold'] });
  const log = { segment: 1, offset: 10, length: 20 };
  const nodes = Array.from({ length: COUNT }, (_, node) => node);
  const versionNo = (dagId === 'prices' ? 2 : 3) as VersionNo;
  const run = { dagId, versionNo, scope: {}, startedAt: T0, taskName: `task ${no}` };
  return [
    create(no, { ...run, state: 'running', priority: 'normal', createdAt: T0 + no }),
    create(100 + no, {
      ...run,
      state: 'success',
      priority: 'low',
      createdAt: T0 + 100 + no,
      endedAt: T0 + 200,
    }),
    ...nodes.slice(0, 2).map((node) => queued(no, node, { log })),
    ...nodes.slice(2).map((node) =>
      queued(no, node, {
        ...{ to: S.waiting, because: becauseNumber('waits_answer'), facts: waits, queuedAt: null },
        ...{ startedAt: T0, dueAt: T0 + HOUR, log },
      }),
    ),
  ];
}

/** What is listed beside runs. */
function othersOf(no: number, dagId: string): Action[] {
  const at = T0 + no * HOUR;
  const slot = { dagId, firstAt: at, lastAt: at, runNo: null, decidedAt: T0, because: because('slots_none') };
  const event = (eventNo: number, uri: string): Action => {
    const reported = { by: 'ann', requestNo: eventNo };
    return { type: 'asset.event', event: { eventNo, uri, at: T0, producer: null, reported, extra: null } };
  };
  return [
    { type: 'slots', span: { ...slot, disposition: 'skipped' } } as Action,
    dagChange({ cursorAt: at }, { dagId, fromCursorAt: no > 2 ? at - 2 * HOUR : null }),
    event(no, URI),
    event(100 + no, `s3://a/${no}`),
    {
      type: 'backfill.create',
      backfill: {
        ...{ backfillNo: no, dagId, firstAt: T0, lastAt: T0, which: 'failed', reverse: false, scope: {} },
        ...{ params: {}, maxActiveRuns: 1, state: 'paused', cursorAt: null, slots: 1, decided: 0, spared: 0 },
        ...{ createdAt: T0, createdBy: 'ann', endedAt: null },
      },
    },
  ];
}

function alertOf(no: number): LiveAlert {
  return {
    ...{
      alertId: uidOf(no),
      rule: 'r',
      level: 'info',
      type: 'run_failure',
      fingerprint: String(no),
      group: '',
    },
    ...{ count: 1, title: 't', message: '', details: {}, told: 0, state: 'open', isClosing: false },
    ...{ firstSeenAt: 1, lastSeenAt: 1, resolvedAt: null, acknowledgedBy: null, acknowledgedAt: null },
    ...{ dagId: no % 2 === 1 ? 'prices' : 'other', taskId: null, runId: null },
  };
}

beforeAll(async () => {
  project = await openProject(dir, { env: {} });
  const { store } = project;
  const leader = await Leader.of(store);
  const tasks = Array.from({ length: COUNT }, (_, at) => ({
    path: `t${at}`,
    action: { kind: 'pass' as const },
  }));
  for (let graph = 1; graph <= COUNT; graph++)
    for (const id of ['prices', 'other', ...(graph === 1 ? ['p1', 'p2', 'p3', 'p4'] : [])]) {
      const spec = { v: 1 as const, id, schedule: [{ kind: 'every', everyMs: HOUR }], tasks };
      await store.saveVersion(leader.lease, { ...versionOf(id, `x${graph}`), spec: spec as never });
    }
  for (let no = 1; no <= 2 * COUNT; no++) {
    const dagId = no % 2 === 1 ? 'prices' : 'other';
    await leader.tick(...runsOf(no, dagId), ...othersOf(no, dagId), ...(no === 1 ? resultsOf(no) : []));
  }
  await store.alerts.record(leader.lease, {
    decision: {
      alerts: Array.from({ length: 2 * COUNT }, (_, at) => alertOf(at + 1)),
      groups: [],
      goneGroups: [],
    },
    ...{ deliveries: [], seq: 1, at: T0 },
  });
  for (let no = 0; no < COUNT; no++) {
    await store.audit.began({ at: T0, actor: 'ann', action: 'createRun', target: '', requestId: `r${no}` });
    const changed = { revision: String(no), changedAt: T0, changedBy: 'ann' };
    const value = { name: `n${no}`, keyId: 'k', sealed: 's', ...changed };
    await store.variables.save({ ...value, of: 'variable', kind: 'secret' });
    await store.connections.save({ ...value, of: 'connection', kind: 'http' });
  }
  const token = { createdAt: 1, createdBy: 'test', usedAt: null, expiresAt: null, revokedAt: null };
  for (const dags of Object.keys(secrets))
    await store.accounts.saveToken(
      { ...token, tokenId: dags, name: dags, grants: [{ dags, role: 'admin' }] },
      secretHash(secrets[dags] ?? ''),
    );
  const noLeader = () => Promise.reject(new Error('nothing is asked'));
  app = createApp(makeServices(project, new Bell(), noLeader), { isOpen: false, checkAnswers: true });
});
afterAll(async () => {
  await project.close();
  rmSync(dir, { recursive: true });
});

async function ask(route: Route, dags: string, query: string): Promise<Page | null> {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => IDS[name] ?? name);
  const url = `http://localhost${path}?${QUERIES[route.id] ?? ''}${query}`;
  const answer = await app.request(url, { headers: { authorization: `Bearer ${secrets[dags]}` } });
  if (answer.status === 403) return null;
  const body = (await answer.json()) as Page & { readonly runs?: Page['items'] };
  expect(answer.status, `${route.id}: ${JSON.stringify(body)}`).toBe(200);
  return { items: body.runs ?? body.items, nextCursor: body.nextCursor };
}

/** The name of the number of items of a page. */
const sizeOf = ({ id }: Route): string => (id === 'getGrid' ? 'runs' : 'limit');

/** All pages of a list, one after the other. */
async function walk(route: Route, dags: string, more = ''): Promise<readonly (readonly unknown[])[]> {
  const pages: (readonly unknown[])[] = [];
  for (let cursor: string | null = ''; cursor !== null && pages.length < 20 * COUNT; ) {
    const page = await ask(
      route,
      dags,
      `${more}${sizeOf(route)}=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    pages.push(page?.items ?? []);
    cursor = page?.nextCursor ?? null;
  }
  return pages;
}

test.each(lists.filter(({ id }) => !IN_FILES.includes(id)).map((route) => [route.id, route] as const))(
  '%s has the same in pages of two as in one, whoever asks',
  async (_, route) => {
    const all = await ask(route, '*', `${sizeOf(route)}=200`);
    expect(all?.nextCursor).toBeNull();
    expect(all?.items.length).toBeGreaterThanOrEqual(COUNT);
    const pages = await walk(route, '*');
    expect(pages.flat()).toEqual(all?.items);
    expect(pages.at(-1)).not.toEqual([]);
    const ours = all?.items.filter(({ dagId, type = 'prices' }) => (dagId ?? type) === 'prices');
    if ('dagId' in queryOf(route)) expect((await walk(route, '*', 'dagId=prices&')).flat()).toEqual(ours);
    if ((await ask(route, 'prices', '')) === null) return;
    expect((await walk(route, 'prices')).flat()).toEqual(ours);
  },
);

test('a list that has a limit has a cursor', () => {
  const limited = ROUTES.filter((route) => 'limit' in queryOf(route) && route.method === 'get');
  const without = limited.filter((route) => !('cursor' in queryOf(route)) && !('from' in queryOf(route)));
  expect(without.map(({ id }) => id)).toEqual(ONE_PAGE);
  expect(lists.length).toBeGreaterThan(18);
});
