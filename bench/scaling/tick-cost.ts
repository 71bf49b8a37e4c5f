import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileGraph } from '../../core/graph/graph.ts';
import { systemClock } from '../../core/model/clock.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import { ENGINE_DEFAULTS } from '../../core/model/defaults.ts';
import type { RunNo, VersionNo } from '../../core/model/ids.ts';
import { Agenda } from '../../core/planner/agenda.ts';
import { type PlannerEvent, plan } from '../../core/planner/plan.ts';
import { World } from '../../core/planner/world.ts';
import { openStore } from '../../core/store/open-store.ts';
import type { Lease, Store } from '../../core/store/store.ts';
import { timetableOf } from '../../core/timetables/timetable-of.ts';
import { monotonicMs } from '../body.ts';
import { median } from '../statistics.ts';
import { type Reading, us } from './reading.ts';

const SIZES = [100, 10_000, 100_000] as const;
const DUE = 10;
const ROUNDS = 9;
const HOUR_MS = 3_600_000;
const T0 = Date.UTC(2026, 0, 1);

/** What one turn of the planner costs, by the number of DAGs: nothing due, then ten of them. */
export async function tickCost(quick: boolean): Promise<Reading[]> {
  const readings: Reading[] = [];
  const idle: number[] = [];
  for (const count of SIZES) {
    const { world } = await worldOf(count);
    const turns = quick ? 1_000 : 10_000;
    const times = Array.from({ length: ROUNDS }, () => {
      const before = process.cpuUsage();
      for (let turn = 0; turn < turns; turn++) plan(world, [], { at: T0 + turn, mono: turn });
      const { user, system } = process.cpuUsage(before);
      return (user + system) / turns;
    });
    idle.push(median(times));
    const cost = median(times);
    readings.push(row(`a turn with nothing due, ${count} DAGs`, '<= 25 us CPU', us(cost), cost <= 25));
  }
  const growth = (idle.at(-1) as number) / (idle[0] as number);
  readings.push(row('the same, 100,000 DAGs to 100', '<= 1.2x', `${growth.toFixed(2)}x`, growth <= 1.2));
  return [...readings, ...(await dueAmongMany()), cronNext()];
}

/**
 * Ten of a hundred thousand DAGs are due at each turn: their slots decided and runs planned, then stored. The
 * goal has 100 us for finding and claiming them and 10 us for each step of a cron expression.
 */
async function dueAmongMany(): Promise<Reading[]> {
  const folder = mkdtempSync(join(tmpdir(), 'orch-bench-'));
  const path = join(folder, 'orch.db');
  const store = await openStore({ kind: 'sqlite', path, durability: 'normal', clock: systemClock });
  const { world, lease } = await worldOf(SIZES[2], { store, due: DUE });
  const planned: number[] = [];
  const stored: number[] = [];
  let no = (await store.counters()).tick;
  for (let round = 1; round <= 300; round++) {
    const at = T0 + round * HOUR_MS;
    const startedAt = monotonicMs();
    const { actions } = plan(world, [], { at, mono: round });
    planned.push((monotonicMs() - startedAt) * 1000);
    const result = await store.commit(lease as Lease, { no: ++no, at, actions });
    stored.push((monotonicMs() - startedAt) * 1000);
    if (!result.ok || actions.filter(({ type }) => type === 'run.create').length !== DUE)
      throw new Error('the ten that were due have no run');
    for (const run of [...world.runs.values()]) world.drop(run);
    world.left.clear();
  }
  await store.close();
  rmSync(folder, { recursive: true });
  const [plans, both] = [median(planned.slice(50)), median(stored.slice(50))];
  const what = `${DUE} due among 100,000 DAGs`;
  return [
    row(`${what}: slots decided, runs and first tasks planned`, '<= 200 us', us(plans), plans <= 200),
    row(`${what}: the same and stored (SQLite)`, '', us(both), null),
  ];
}

function cronNext(): Reading {
  const timetable = timetableOf(specOf('cron', '7 6 * * MON-FRI', 'America/New_York'));
  if (timetable === null) throw new Error('a cron expression gives no timetable');
  const count = 100_000;
  let at = T0;
  const startedAt = monotonicMs();
  for (let step = 0; step < count; step++) at = timetable.next(at)?.at ?? T0;
  const cost = ((monotonicMs() - startedAt) * 1000) / count;
  return row('the next slot of a cron expression in a zone', '<= 10 us', us(cost), cost <= 10);
}

/** A world with so many DAGs on its agenda, the first `due` of them every hour, the others on 1 February. */
async function worldOf(
  count: number,
  options: { store?: Store; due?: number } = {},
): Promise<{ world: World; lease: Lease | null }> {
  const { store, due = 0 } = options;
  const limits = { globalSlots: 8, pools: {}, defaults: ENGINE_DEFAULTS };
  const world = new World(limits);
  let last = 0;
  world.agenda = new Agenda(() => ++last as RunNo);
  await store?.migrate();
  const lease = (await store?.tryLead()) ?? null;
  const events: PlannerEvent[] = [];
  for (let no = 0; no < count; no++) {
    const dagId = `d${no}`;
    const spec = specOf(dagId, no < due ? '0 * * * *' : '0 0 1 2 *');
    let versionNo = 1 as VersionNo;
    if (store && lease && no < due) versionNo = await store.saveVersion(lease, versionOf(spec));
    const state = { paused: false, present: true, sinceAt: null, cursorAt: null };
    const dag = { dagId, versionNo, spec, graph: compileGraph(spec), params: {}, state, failures: 0 };
    events.push({ type: 'dag.seen', dag, isRescheduled: false });
  }
  const { actions } = plan(world, events, { at: T0, mono: 0 });
  if (store && lease) {
    const known = actions.filter((action) => action.type === 'dag.change' && isDue(action.dagId, due));
    await store.commit(lease, { no: (await store.counters()).tick + 1, at: T0, actions: known });
  }
  return { world, lease };
}

function isDue(dagId: string, due: number): boolean {
  return Number(dagId.slice(1)) < due;
}

function specOf(id: string, cron: string, timezone = 'UTC'): DagSpec {
  return {
    v: 1,
    id,
    timezone,
    schedule: [{ kind: 'cron', cron }],
    tasks: [{ path: 't', action: { kind: 'pass' } }],
  } as DagSpec;
}

function versionOf(spec: DagSpec) {
  const file = `dags/${spec.id}.yaml`;
  return { dagId: spec.id, graphHash: 'g', codeHash: 'c', file, spec, createdAt: T0 };
}

function row(what: string, aim: string, found: string, met: boolean | null): Reading {
  return { goal: '1', what, aim, found, met };
}
