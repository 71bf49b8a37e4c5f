/**
 * How long the API takes to read a big store: `node bench/reads.bench.ts`. It fills an SQLite store with 500
 * finished runs of 200 tasks (100,000 instances) and one run with 10,000 keys, and prints the best and the
 * median of some answers, in milliseconds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Action, InstanceChange } from '../core/model/action.ts';
import { because, becauseNumber } from '../core/model/because.ts';
import type { DagSpec } from '../core/model/dag.ts';
import type { NodeNo, RunNo, RunUid, VersionNo } from '../core/model/ids.ts';
import type { RunRecord } from '../core/model/run.ts';
import { S } from '../core/model/states.ts';
import { Bell } from '../core/scheduler/bell.ts';
import { openProject } from '../core/scheduler/project.ts';
import type { Lease, Store } from '../core/store/store.ts';
import { createApp } from '../server/app.ts';
import { LiveFeed } from '../server/live/live-feed.ts';
import { JournalTotals } from '../server/metrics/journal-totals.ts';
import type { Services } from '../server/services.ts';

const RUNS = 500;
const TASKS = 200;
const KEYS = 10_000;
const AT = 1_763_000_000_000;
const SAMPLES = 15;

const wide: DagSpec = {
  v: 1,
  id: 'wide',
  tasks: Array.from({ length: TASKS }, (_, at) => ({ path: `task${at}`, action: { kind: 'pass' } })),
};
const fan: DagSpec = {
  v: 1,
  id: 'fan',
  tasks: [{ path: 'key.work', fanOut: 0, action: { kind: 'pass' } }],
  fanOuts: [{ path: 'key', over: 'params.keys' }],
};

function uidOf(no: number): string {
  return `01980000-0000-7000-8000-${no.toString(16).padStart(12, '0')}`;
}

function finished(no: number, dagId: string, versionNo: number, counts: Record<string, number>): Action[] {
  const run: RunRecord = {
    runNo: no as RunNo,
    uid: uidOf(no) as RunUid,
    dagId,
    versionNo: versionNo as VersionNo,
    state: 'running',
    trigger: 'manual',
    params: {},
    scope: {},
    maxParallel: null,
    inputsFrom: null,
    logicalAt: null,
    intervalStartAt: null,
    intervalEndAt: null,
    createdAt: AT,
    startedAt: AT,
    endedAt: null,
    because: because('started'),
  };
  const end: Action = {
    type: 'run.change',
    runNo: run.runNo,
    from: 'running',
    to: 'success',
    code: 'leaves_succeeded',
    facts: null,
    endedAt: AT + 9_000,
    counts,
  };
  return [{ type: 'run.create', run }, end];
}

function succeeded(run: number, node: number): InstanceChange {
  return {
    type: 'instance',
    runNo: run as RunNo,
    nodeNo: node as NodeNo,
    fresh: true,
    from: S.none,
    fromTry: 0,
    to: S.success,
    tryNo: 1,
    tryBase: 0,
    lost: 0,
    reason: 0,
    because: becauseNumber('succeeded'),
    facts: null,
    queuedAt: AT,
    startedAt: AT,
    endedAt: AT + 1_000,
    dueAt: null,
    error: null,
    log: { segment: 1, offset: node, length: 100 },
  };
}

async function fill(store: Store, lease: Lease): Promise<void> {
  let tick = (await store.counters()).tick;
  const commit = async (actions: readonly Action[]): Promise<void> => {
    const result = await store.commit(lease, { no: ++tick, at: AT + tick, actions });
    if (!result.ok) throw new Error(`the store was not filled: ${result.why}`);
  };
  const save = (spec: DagSpec) =>
    store.saveVersion(lease, {
      dagId: spec.id,
      graphHash: 'g',
      codeHash: 'c',
      file: `dags/${spec.id}.ts`,
      spec,
      createdAt: AT,
    });
  const wideNo = await save(wide);
  const fanNo = await save(fan);
  for (let run = 1; run <= RUNS; run++) {
    const instances = wide.tasks.map((_, node) => succeeded(run, node));
    const [create, end] = finished(run, 'wide', wideNo, { success: TASKS });
    await commit([create as Action, ...instances, end as Action]);
  }
  const keys = Array.from({ length: KEYS }, (_, at) => `key${at}`);
  const at = { runNo: (RUNS + 1) as RunNo, base: 2 as NodeNo, fanOut: 0, parentBase: 0 as NodeNo };
  const [create, end] = finished(RUNS + 1, 'fan', fanNo, { success: KEYS });
  const expand: Action = { type: 'expand', expansion: { ...at, keys, items: null, gone: [] }, keys: KEYS };
  await commit([
    create as Action,
    expand,
    ...keys.map((_, index) => succeeded(RUNS + 1, 2 + index)),
    end as Action,
  ]);
}

async function measure(ask: (path: string) => Promise<unknown>, path: string): Promise<void> {
  const took: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const begun = performance.now();
    await ask(path);
    took.push(performance.now() - begun);
  }
  took.sort((a, b) => a - b);
  const median = took[Math.floor(SAMPLES / 2)] as number;
  process.stdout.write(`${(took[0] as number).toFixed(1)} ${median.toFixed(1)} ${path}\n`);
}

const dir = mkdtempSync(join(tmpdir(), 'orch-reads-'));
const project = await openProject(dir, { env: {} });
try {
  const { store } = project;
  const lease = await store.tryLead();
  if (lease === null) throw new Error('somebody leads a new store');
  await fill(store, lease);
  const ask = () => Promise.reject(new Error('nothing is asked'));
  const bell = new Bell();
  const live = new LiveFeed({ store, bell, clock: project.clock });
  const totals = new JournalTotals(store);
  const app = createApp({ ...project, ask, bell, live, totals } satisfies Services);
  const get = async (path: string): Promise<void> => {
    const response = await app.request(`http://localhost${path}`);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${text}`);
  };
  const fanRun = `/api/v1/runs/${uidOf(RUNS + 1)}`;
  for (const path of [
    '/api/v1/dags/wide/grid',
    '/api/v1/dags/fan/grid',
    fanRun,
    `${fanRun}/task-instances`,
    `${fanRun}/task-instances?state=success`,
    `/api/v1/task-instances/${RUNS + 1}.5000`,
  ])
    await measure(get, path);
  await lease.release();
} finally {
  await project.close();
  rmSync(dir, { recursive: true });
}
