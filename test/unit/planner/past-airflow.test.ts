import { describe, expect, test } from 'vitest';
import { S, type TaskState } from '../../../core/model/states.ts';
import { airflowData } from './airflow-data.ts';
import { dagOf, task } from './simulation.ts';
import { SlotRuns } from './slot-runs.ts';

interface Row {
  readonly source: string;
  readonly depends_on_past?: boolean;
  readonly wait_for_downstream?: boolean;
  readonly previous_run_same_task: TaskState | null;
  readonly previous_run_downstream_of_it?: TaskState | null;
  readonly may_run: boolean;
}

interface DepRow {
  readonly source: string;
  readonly depends_on_past: boolean;
  readonly wait_for_downstream?: boolean;
  readonly wait_for_past_depends_before_skipping?: boolean;
  readonly run_started_with_ignore_depends_on_past?: boolean;
  readonly previous: string | null;
  readonly dependency_met: boolean;
}

interface Tables {
  readonly depends_on_past: readonly Row[];
  readonly prev_dagrun_dep: readonly DepRow[];
}

const data = airflowData<Tables>('dependencies');

/** Whether a task may run whose past has these states; without a past it is the first run. */
function mayRun(
  rules: { readonly dependsOnPast: boolean; readonly waitForDownstream: boolean },
  past: { readonly own: TaskState | null | 'absent'; readonly downstream?: TaskState | null } | null,
): boolean {
  // As the compiler has it: the one includes the other.
  const own = {
    ...(rules.dependsOnPast || rules.waitForDownstream ? { dependsOnPast: true as const } : {}),
    ...(rules.waitForDownstream ? { waitForDownstream: true as const } : {}),
  };
  const dag = dagOf([task('root'), task('a', { ...own, after: ['root'] }), task('b', { after: ['a'] })]);
  const runs = new SlotRuns();
  if (past !== null) {
    const first = runs.start(past.own === 'absent' ? dagOf([task('root')]) : dag, 1);
    runs.feed();
    if (past.own !== 'absent') {
      first.state[runs.nodeOf(first, 'a')] = S[past.own ?? 'none'];
      first.state[runs.nodeOf(first, 'b')] = S[past.downstream ?? 'none'];
    }
  }
  const second = runs.start(dag, 2);
  runs.feed();
  runs.end(second, 'root');
  return runs.state(second, 'a') === 'queued';
}

// The tables lie beside the project; a clone of the project alone has none.
describe.skipIf(data === null)('as Airflow decides', () => {
  test.each(data?.depends_on_past ?? [])('$source: $previous_run_same_task', (row) => {
    const rules = {
      dependsOnPast: row.depends_on_past === true,
      waitForDownstream: row.wait_for_downstream === true,
    };
    const downstream = row.previous_run_downstream_of_it;
    const past = { own: row.previous_run_same_task, ...(downstream === undefined ? {} : { downstream }) };
    expect(mayRun(rules, past)).toBe(row.may_run);
  });

  /** What orch has no word for: docs/airflow-differences.md names both. */
  const comparable = (row: DepRow): boolean =>
    !row.wait_for_past_depends_before_skipping && !row.run_started_with_ignore_depends_on_past;

  test('so many rows are compared', () => {
    expect(data?.prev_dagrun_dep.filter(comparable)).toHaveLength(6);
  });

  test.each((data?.prev_dagrun_dep ?? []).filter(comparable))('$source', (row) => {
    const past = {
      '(no previous run)': null,
      'success, its downstream not done': { own: 'success', downstream: 'none' },
      'success, its downstream done': { own: 'success', downstream: 'success' },
      'an older run exists, but this task was added later (never ran)': { own: 'absent' },
      null: { own: null },
    } as const;
    const found = past[String(row.previous) as keyof typeof past];
    expect(found).toBeDefined();
    const rules = {
      dependsOnPast: row.depends_on_past,
      waitForDownstream: row.wait_for_downstream === true,
    };
    expect(mayRun(rules, found)).toBe(row.dependency_met);
  });
});
