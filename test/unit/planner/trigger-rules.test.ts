import { describe, expect, test } from 'vitest';
import { TRIGGER_RULES, type TriggerRule } from '../../../core/model/dag.ts';
import { S, TASK_STATES, type TaskState } from '../../../core/model/states.ts';
import { evaluateRun, recountRun } from '../../../core/planner/lifecycle.ts';
import {
  teardownVerdict,
  type UpstreamCounts,
  type Verdict,
  verdictOf,
} from '../../../core/planner/trigger-rules.ts';
import { Turn } from '../../../core/planner/turn.ts';
import { airflowData } from './airflow-data.ts';
import { constantVerdict, FINAL, type Upstream } from './rule-reference.ts';
import { dagOf, Simulation, statesOf, task } from './simulation.ts';

function countsOf(upstream: readonly string[]): UpstreamCounts {
  const live = upstream.filter((state) => state !== 'removed');
  const many = (state: string): number => live.filter((one) => one === state).length;
  return {
    total: live.length,
    success: many('success'),
    skipped: many('skipped'),
    failed: many('failed'),
    upstreamFailed: many('upstream_failed'),
  };
}

/** Every multiset of upstream states of a size. */
function* multisets(size: number, from = 0): Generator<Upstream[]> {
  const states: readonly Upstream[] = ['open', ...FINAL];
  if (size === 0) return yield [];
  for (let at = from; at < states.length; at++) {
    for (const rest of multisets(size - 1, at)) yield [states[at] as Upstream, ...rest];
  }
}

describe('every rule is given as soon as, and only when, no open upstream can change it', () => {
  test.each(TRIGGER_RULES.map((rule) => [rule] as const))('%s', (rule) => {
    let rows = 0;
    for (let size = 0; size <= 5; size++) {
      for (const states of multisets(size)) {
        rows++;
        // Teardowns and all_done never need to know before everything is done: they wait.
        const early = rule === 'all_done' || rule === 'all_done_setup_success';
        const wanted = early && states.includes('open') ? 'wait' : constantVerdict(rule, states);
        expect([states, verdictOf(rule, countsOf(states))]).toEqual([states, wanted]);
      }
    }
    expect(rows).toBe(252);
  });
});

interface Row {
  readonly rule: TriggerRule;
  readonly upstream: readonly string[];
  readonly outcome: string;
  readonly is_teardown?: boolean;
  readonly indirect_setups?: readonly string[];
  readonly map_index?: number;
  readonly past_depends_met?: boolean;
  readonly note?: string;
}

/**
 * Rows in which orch differs, by the row of docs/airflow-differences.md that says why: rule, Airflow's
 * outcome, orch's, and how many rows.
 */
const REMOVED: readonly string[] = [
  'all_done_min_one_success: upstream_failed -> run x1',
  'all_failed: wait -> run x4',
  'all_skipped: wait -> run x3',
  'all_success: wait -> run x1',
  'none_failed: wait -> run x4',
  'none_failed_min_one_success: wait -> run x2',
  'none_failed_min_one_success: wait -> skipped x2',
  'one_done: skipped -> run x1',
  'one_failed: skipped -> run x1',
  'one_success: upstream_failed -> run x1',
  'one_success: upstream_failed -> skipped x2',
];
const ORDER: readonly string[] = ['all_success: skipped -> wait x2'];
const INDIRECT: readonly string[] = [
  'none,skipped: skipped -> wait x5',
  'none: skipped -> wait x2',
  'removed: wait -> run x8',
];
const MAPPED: readonly string[] = [
  'all_skipped of skipped,removed: wait -> run x3',
  'all_success of success,removed: removed -> run x1',
  'none_failed_min_one_success of skipped,removed: run -> skipped x3',
  'one_success of skipped,removed: upstream_failed -> skipped x3',
];

function tally(differences: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const one of differences) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].map(([what, many]) => `${what} x${many}`).sort();
}

const truth = airflowData<{ cases: Row[] }>('trigger_rules_truth_table');
const special = airflowData<{ cases: Row[] }>('trigger_rules_special');
const fromTests = airflowData<{ cases: FromTest[] }>('trigger_rules_from_tests');

// The tables of Airflow's behaviour lie beside the project, not in it.
describe.skipIf(!truth)('truth table of Airflow', () => {
  test('every row that differs is a listed one', () => {
    const removed: string[] = [];
    const order: string[] = [];
    for (const { rule, upstream, outcome } of truth?.cases ?? []) {
      const verdict = verdictOf(rule, countsOf(upstream));
      if (verdict === outcome) continue;
      (upstream.includes('removed') ? removed : order).push(`${rule}: ${outcome} -> ${verdict}`);
    }
    expect(truth?.cases).toHaveLength(546);
    expect(tally(removed)).toEqual(REMOVED);
    expect(tally(order)).toEqual(ORDER);
  });
});

interface FromTest {
  readonly id: string;
  readonly rule: TriggerRule;
  readonly upstream_total: number;
  readonly upstream_setups: number;
  readonly counts: { readonly [name: string]: number };
  readonly map_index: number;
  readonly flag_upstream_failed: boolean;
  readonly past_depends_met: boolean | null;
  readonly expected: { readonly outcome: string };
  readonly counts_are_physical: boolean;
}

/** Rows of Airflow's own tests that do not apply, with the reason. */
function notOurs(row: FromTest): string | null {
  if (row.past_depends_met === false) return 'wait_for_past_depends_before_skipping is not part of a DAG';
  if (!row.flag_upstream_failed) return 'evaluates without setting states, which orch never does';
  if (row.expected.outcome === 'removed')
    return 'a fan-out that is retried keeps its keys, so nothing is removed';
  return null;
}

// The tables of Airflow's behaviour lie beside the project, not in it.
describe.skipIf(!fromTests)('rows of Airflow’s own tests', () => {
  const rows = (fromTests?.cases ?? []).filter((row) => row.counts_are_physical);

  test('how many apply', () => {
    const reasons = rows.map(notOurs).filter((reason) => reason !== null);
    expect([rows.length, tally(reasons)]).toEqual([
      32,
      [
        'a fan-out that is retried keeps its keys, so nothing is removed x2',
        'evaluates without setting states, which orch never does x3',
        'wait_for_past_depends_before_skipping is not part of a DAG x1',
      ],
    ]);
  });

  test.each(rows.filter((row) => notOurs(row) === null).map((row) => [row.id, row] as const))(
    '%s',
    (_, row) => {
      const { success = 0, skipped = 0, failed = 0, upstream_failed = 0, removed = 0 } = row.counts;
      const counts = {
        total: row.upstream_total - removed,
        success,
        skipped,
        failed,
        upstreamFailed: upstream_failed,
      };
      const setups = {
        total: row.upstream_setups,
        success: row.counts['success_setup'] ?? 0,
        skipped: row.counts['skipped_setup'] ?? 0,
      };
      const isTeardown = row.rule === 'all_done_setup_success';
      expect(isTeardown ? teardownVerdict(counts, setups) : verdictOf(row.rule, counts)).toBe(
        row.expected.outcome,
      );
    },
  );
});

/** What an instance becomes when its upstreams are put into these states by hand. */
function verdictIn(row: Row): Verdict {
  const clean = (state: string): string => state.replace('(setup)', '');
  const direct = row.upstream.map((state, index) => ({
    id: `u${index}`,
    state: clean(state),
    isSetup: state !== clean(state),
  }));
  const indirect = (row.indirect_setups ?? []).map((state, index) => ({ id: `i${index}`, state }));
  const between = indirect.map(({ id }) => task(`b${id}`, { after: [id] }));
  const sources = [...direct, ...indirect].map(({ id }) => task(id));
  const after = [...direct.map(({ id }) => id), ...between.map(({ path }) => path)];
  const setups = direct.filter(({ isSetup }) => isSetup).map(({ id }) => id);
  const teardown = row.is_teardown ? { teardown: true as const, setups } : {};
  const cleaning = indirect.map(({ id }) => task(`t${id}`, { teardown: true, setups: [id], after: ['x'] }));
  const spec = dagOf([
    ...sources,
    ...between,
    task('x', { after, triggerRule: row.rule, ...teardown }),
    ...cleaning,
  ]);
  const sim = new Simulation({}, false);
  sim.behaviour = () => 'hang';
  const run = sim.trigger(spec);
  sim.turn();
  const put = (id: string, state: TaskState): void => {
    run.state[run.graph.nodeOfPath.get(id) as number] = TASK_STATES.indexOf(state);
  };
  for (const { id, state } of [...direct, ...indirect]) put(id, state as TaskState);
  for (const { path } of between) put(path, 'removed');
  const node = run.graph.nodeOfPath.get('x') as number;
  run.state[node] = S.none;
  recountRun(run);
  evaluateRun(new Turn(sim.world, { at: 0, mono: 0 }), run);
  const state = statesOf(run)['x'];
  return state === 'scheduled' ? 'run' : state === 'none' ? 'wait' : (state as Verdict);
}

// The tables of Airflow's behaviour lie beside the project, not in it.
describe.skipIf(!special)('teardowns, indirect setups and mapped instances of Airflow', () => {
  const cases = special?.cases ?? [];

  test('teardowns', () => {
    const rows = cases.filter((row) => row.is_teardown);
    expect(rows).toHaveLength(68);
    for (const row of rows) expect([row, verdictIn(row)]).toEqual([row, row.outcome]);
  });

  test('indirect setups', () => {
    const rows = cases.filter((row) => row.indirect_setups);
    const differences = rows
      .map((row) => ({ row, verdict: verdictIn(row) }))
      .filter(({ row, verdict }) => verdict !== row.outcome)
      .map(({ row, verdict }) => `${row.indirect_setups}: ${row.outcome} -> ${verdict}`);
    expect(rows).toHaveLength(85);
    expect(tally(differences)).toEqual(INDIRECT);
  });

  test('mapped instances whose upstream lost instances', () => {
    const rows = cases.filter((row) => row.map_index !== undefined);
    const differences = rows
      .map((row) => ({ row, verdict: verdictIn(row) }))
      .filter(({ row, verdict }) => verdict !== row.outcome)
      .map(
        ({ row, verdict }) => `${row.rule} of ${[...new Set(row.upstream)]}: ${row.outcome} -> ${verdict}`,
      );
    expect(rows).toHaveLength(97);
    expect(tally(differences)).toEqual(MAPPED);
  });

  test('waiting for the past before skipping is not part of a DAG: the rule alone decides', () => {
    const rows = cases.filter((row) => row.past_depends_met !== undefined);
    const differences = rows.filter((row) => row.past_depends_met && verdictIn(row) !== row.outcome);
    expect([rows.length, differences]).toEqual([28, []]);
  });
});
