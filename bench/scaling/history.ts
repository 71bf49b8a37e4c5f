import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Action } from '../../core/model/action.ts';
import { becauseNumber } from '../../core/model/because.ts';
import { systemClock } from '../../core/model/clock.ts';
import type { NodeNo, RunNo, RunUid, TryNo, VersionNo } from '../../core/model/ids.ts';
import { S } from '../../core/model/states.ts';
import { openProject } from '../../core/scheduler/project.ts';
import { openSession } from '../../core/scheduler/session.ts';
import { openStore } from '../../core/store/open-store.ts';
import type { Lease, Store } from '../../core/store/store.ts';
import { monotonicMs } from '../body.ts';
import { runningRun } from '../running-run.ts';
import { median } from '../statistics.ts';
import { runOnce } from '../systems/orch.ts';
import { type BenchProject, workloadProject } from '../systems/orch-project.ts';
import { WORKLOADS, type WorkloadName } from '../workloads.ts';
import type { Reading } from './reading.ts';

/** Instances of each finished run. */
const TASKS = 1_000;
/** Instances in one transaction. */
const CHUNK = 500;
/** Many: one run takes so little time that any neighbour is seen in it. */
const ROUNDS = 21;
const DAY_MS = 86_400_000;
const CASES: readonly WorkloadName[] = ['W1', 'W2', 'W4'];

/** The same workloads beside an empty history and beside one with a million finished task instances. */
export async function history(quick: boolean): Promise<Reading[]> {
  const runs = quick ? 50 : 1_000;
  const fresh = workloadProject('normal');
  const old = workloadProject('normal');
  try {
    await fill(old, runs);
    const beside = [await ready(fresh), await ready(old)] as const;
    const readings: Reading[] = [];
    for (const name of CASES) {
      const times: [number[], number[]] = [[], []];
      for (let round = -2; round < ROUNDS; round++) {
        for (const at of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
          const startedAt = monotonicMs();
          await beside[at].run(name);
          if (round >= 0) times[at].push(monotonicMs() - startedAt);
        }
      }
      const [empty, full] = [median(times[0]), median(times[1])];
      readings.push({
        goal: '2',
        what: `${name} beside ${runs * TASKS} finished instances, to an empty database`,
        aim: '<= 1.05x',
        found: `${(full / empty).toFixed(2)}x (${full.toFixed(1)} to ${empty.toFixed(1)} ms)`,
        met: full / empty <= 1.05,
      });
    }
    for (const one of beside) await one.close();
    return readings;
  } finally {
    fresh.remove();
    old.remove();
  }
}

async function ready({ dir }: BenchProject) {
  const project = await openProject(dir);
  const session = await openSession(project);
  return {
    run: (name: WorkloadName) => runOnce(project, session, WORKLOADS[name], randomUUID()),
    close: async () => {
      await session.close();
      await project.close();
    },
  };
}

/** Writes finished runs of a DAG, as a leader would have. */
async function fill({ dir }: BenchProject, runs: number): Promise<void> {
  const path = join(dir, '.orch', 'orch.db');
  const store = await openStore({ kind: 'sqlite', path, durability: 'normal', clock: systemClock });
  await store.migrate();
  const lease = await store.tryLead();
  if (lease === null) throw new Error('somebody leads the fresh project');
  const file = 'dags/old.yaml';
  const spec = { v: 1 as const, id: 'old', tasks: [{ path: 't', action: { kind: 'pass' as const } }] };
  const at = systemClock.now() - DAY_MS;
  const version = { dagId: 'old', graphHash: 'g', codeHash: 'c', file, spec, createdAt: at };
  const versionNo = await store.saveVersion(lease, version);
  let no = (await store.counters()).tick;
  for (let run = 1; run <= runs; run++) {
    for (const actions of finishedRun(run as RunNo, versionNo, at))
      await write(store, lease, ++no, at, actions);
  }
  await lease.release();
  await store.close();
}

async function write(store: Store, lease: Lease, no: number, at: number, actions: Action[]): Promise<void> {
  const result = await store.commit(lease, { no, at, actions });
  if (!result.ok) throw new Error(`the history cannot be written: ${result.why}`);
}

function* finishedRun(runNo: RunNo, versionNo: VersionNo, at: number): Generator<Action[]> {
  const about = { runNo, uid: randomUUID() as RunUid, dagId: 'old', versionNo };
  yield [{ type: 'run.create', run: runningRun(about, at) }];
  for (let first = 1; first <= TASKS; first += CHUNK) {
    const nodes = Array.from({ length: CHUNK }, (_, offset) => first + offset);
    yield nodes.flatMap((node) => lifeOf(runNo, node as NodeNo, at));
  }
  const change = { type: 'run.change', runNo, from: 'running', to: 'success', facts: null } as const;
  yield [{ ...change, code: 'leaves_succeeded', endedAt: at + 2, counts: { success: TASKS } }];
}

function lifeOf(runNo: RunNo, nodeNo: NodeNo, at: number): Action[] {
  const common = {
    type: 'instance',
    runNo,
    nodeNo,
    tryNo: 1 as TryNo,
    tryBase: 0,
    lost: 0,
    reason: 0,
  } as const;
  const rest = { facts: null, queuedAt: at, dueAt: null, error: null } as const;
  const queued = { fresh: true, from: S.none, fromTry: 0, to: S.queued, because: becauseNumber('root') };
  const ended = {
    fresh: false,
    from: S.queued,
    fromTry: 1,
    to: S.success,
    because: becauseNumber('succeeded'),
  };
  const log = { segment: 1, offset: 10, length: 20 };
  return [
    { ...common, ...rest, ...queued, startedAt: null, endedAt: null, log: null },
    { ...common, ...rest, ...ended, startedAt: at + 1, endedAt: at + 2, log },
  ];
}
