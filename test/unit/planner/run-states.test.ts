import { describe, expect, test } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import type { TaskSpec, TriggerRule } from '../../../core/model/dag.ts';
import { isFinished, TASK_STATES, type TaskState } from '../../../core/model/states.ts';
import { leavesOf, runOutcome } from '../../../core/planner/run-outcome.ts';
import { IGNORABLE, templatesOf } from '../../../core/planner/templates.ts';
import { airflowData } from './airflow-data.ts';
import { dagOf, FAILURE, Simulation, SUCCESS, task } from './simulation.ts';

interface AirflowTask {
  readonly id: string;
  readonly upstream: readonly string[];
  readonly trigger_rule?: string;
  readonly setup?: boolean;
  readonly teardown?: boolean;
  readonly on_failure_fail_dagrun?: boolean;
}
interface Case {
  readonly source: string;
  readonly tasks: readonly AirflowTask[];
  readonly states: { readonly [task: string]: TaskState | null };
  readonly expected_run_state: string;
}
interface Leaves {
  readonly dag: string;
  readonly expected: readonly string[];
}

const data = airflowData<{ cases: Case[]; tasks_that_decide_the_run_state: Leaves[] }>('dagrun_states');

function taskOf(one: AirflowTask): TaskSpec {
  const rule = one.trigger_rule === undefined ? {} : { triggerRule: one.trigger_rule as TriggerRule };
  const fails = one.on_failure_fail_dagrun ? { failRun: true as const } : {};
  return task(one.id, {
    after: one.upstream,
    ...rule,
    ...(one.teardown ? { teardown: true, ...fails } : {}),
  });
}

/** Rows that cannot come up, with the reason. */
function notOurs(row: Case): string | null {
  if (row.tasks.some((one) => one.trigger_rule === 'invalid'))
    return 'an unknown rule is refused when the file is read';
  return null;
}

// The tables of Airflow's behaviour lie beside the project, not in it.
describe.skipIf(!data)('run states of Airflow', () => {
  const cases = data?.cases ?? [];

  test('how many apply', () => {
    expect([cases.length, cases.filter((row) => notOurs(row) === null).length]).toEqual([20, 19]);
  });

  test.each(cases.filter((row) => notOurs(row) === null).map((row) => [row.source, row] as const))(
    '%s',
    (_, row) => {
      const sim = new Simulation({}, false);
      sim.behaviour = () => 'hang';
      const run = sim.trigger(dagOf(row.tasks.map(taskOf)));
      sim.turn();
      let open = 0;
      for (const [id, state] of Object.entries(row.states)) {
        const code = TASK_STATES.indexOf((state ?? 'none') as TaskState);
        run.state[run.graph.nodeOfPath.get(id) as number] = Math.max(0, code);
        if (!isFinished(code)) open++;
      }
      expect(open > 0 ? 'running' : runOutcome(run).state).toBe(row.expected_run_state);
    },
  );

  test.each((data?.tasks_that_decide_the_run_state ?? []).map((row) => [row.dag, row] as const))(
    'leaves of %s',
    (_, row) => {
      const names = new Set<string>();
      const after = new Map<string, string[]>();
      for (const part of row.dag.split('; ')) {
        const chain = part.split('>>');
        for (const [index, name] of chain.entries()) {
          names.add(name);
          if (index > 0) after.set(name, [...(after.get(name) ?? []), chain[index - 1] as string]);
        }
      }
      const specs = [...names].map((name) => {
        const teardown = name.startsWith('t')
          ? { teardown: true as const, ...(name.endsWith('_') ? { failRun: true as const } : {}) }
          : {};
        return task(name, { after: after.get(name) ?? [], ...teardown });
      });
      const graph = compileGraph(dagOf(specs));
      const { traits, rule } = templatesOf(graph);
      const leaf = leavesOf(
        graph,
        new Uint8Array(graph.size).fill(1),
        (node) => ((traits[node] as number) & IGNORABLE) !== 0,
        rule,
      );
      const found = specs.filter((_one, index) => leaf[index] === 1).map((one) => one.path);
      expect(found).toEqual(row.expected);
    },
  );
});

describe('outcome of a run', () => {
  test('a critical failure decides, whatever the leaves say', () => {
    const sim = new Simulation();
    sim.behaviour = (name) =>
      name === 'a' ? { kind: 'failed', error: { name: 'E', message: 'no' } } : { kind: 'success' };
    const run = sim.trigger(
      dagOf([task('a', { critical: true }), task('b', { after: ['a'], triggerRule: 'all_done' })]),
    );
    sim.run();
    expect(run.record.state).toBe('failed');
  });

  test('a scope has its own leaves', () => {
    const sim = new Simulation();
    sim.behaviour = (name) =>
      name === 'b' ? { kind: 'failed', error: { name: 'E', message: 'no' } } : { kind: 'success' };
    const spec = dagOf([
      task('a'),
      task('b', { after: ['a'] }),
      task('c', { after: ['b'], triggerRule: 'all_done' }),
    ]);
    const states = [{ until: ['a'] }, { until: ['b'] }, {}].map((scope) => {
      const run = sim.trigger(spec, { scope });
      sim.run();
      return run.record.state;
    });
    expect(states).toEqual(['success', 'failed', 'success']);
  });

  test.each([
    ['a leaf outside the scope would have failed', {}, {}, 'failed'],
    ['what is outside would have taken it', { triggerRule: 'all_done' }, {}, 'success'],
    ['a leaf behind others outside would have failed', {}, { triggerRule: 'all_success' }, 'failed'],
    ['a later task outside would have taken it', {}, { triggerRule: 'one_failed' }, 'success'],
    ['only a teardown outside would have failed', { teardown: true }, {}, 'success'],
  ] as const)('a failure that the scope takes: %s', (_, between, last, state) => {
    const sim = new Simulation();
    sim.behaviour = (name) => (name === 'work' ? FAILURE : SUCCESS);
    const spec = dagOf([
      task('work'),
      task('summary', { after: ['work'], triggerRule: 'all_done' }),
      task('between', { after: ['work'], ...between }),
      ...(Object.keys(last).length > 0 ? [task('last', { after: ['between'], ...last })] : []),
    ]);
    const run = sim.trigger(spec, { scope: { until: ['summary'] } });
    sim.run();
    expect(run.record.state).toBe(state);
  });

  test('a failure whose whole fan-out outside the scope would have failed', () => {
    const sim = new Simulation();
    sim.behaviour = (name) => (name === 'work' ? FAILURE : SUCCESS);
    const spec = dagOf(
      [
        task('work'),
        task('summary', { after: ['work'], triggerRule: 'all_done' }),
        task('f.x', { fanOut: 0 }),
      ],
      { fanOuts: [{ path: 'f', over: 'params.keys', after: ['work'] }] },
    );
    const run = sim.trigger(spec, { scope: { until: ['summary'] }, params: { keys: ['k'] } });
    sim.run();
    expect(run.record.state).toBe('failed');
  });

  test('an empty run is a success', () => {
    const sim = new Simulation();
    const run = sim.trigger(dagOf([]));
    sim.run();
    expect([run.record.state, run.record.startedAt]).toEqual(['success', sim.now]);
  });
});
