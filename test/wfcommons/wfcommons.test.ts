import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileGraph, type Graph } from '../../core/graph/graph.ts';
import { dagOf, Simulation, task } from '../unit/planner/simulation.ts';

interface Facts {
  readonly tasks: number;
  readonly edges: number;
  readonly depth_levels: number;
  readonly critical_path_s: number;
  readonly total_work_s: number;
}

interface Workflow {
  readonly facts: Facts;
  readonly tasks: readonly {
    readonly id: string;
    readonly parents: readonly string[];
    readonly runtime_s: number;
  }[];
}

const FOLDER = new URL('../../../shared/data/wfcommons/', import.meta.url);
const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((file) => file.endsWith('.json')) : [];

function read(file: string): {
  workflow: Workflow;
  graph: Graph;
  idOf: Map<string, string>;
  durations: Map<string, number>;
} {
  const workflow = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Workflow;
  const names = new Map(workflow.tasks.map(({ id }, index) => [id, `t${index}`]));
  const named = (id: string): string => names.get(id) as string;
  const tasks = workflow.tasks.map(({ id, parents }) => task(named(id), { after: parents.map(named) }));
  return {
    workflow,
    graph: compileGraph(dagOf(tasks)),
    idOf: new Map([...names].map(([id, name]) => [name, id])),
    durations: new Map(workflow.tasks.map(({ id, runtime_s }) => [named(id), runtime_s * 1_000])),
  };
}

/** Every task ends after all its parents. */
function isLinearExtension(ends: readonly string[], { workflow, idOf }: ReturnType<typeof read>): boolean {
  const at = new Map(ends.map((name, index) => [idOf.get(name) as string, index]));
  return workflow.tasks.every(({ id, parents }) =>
    parents.every((parent) => (at.get(parent) as number) < (at.get(id) as number)),
  );
}

/** Runs a workflow on the virtual clock and tells how long it took. */
function makespan(
  read_: ReturnType<typeof read>,
  slots: number,
): { seconds: number; ends: readonly string[]; state: string } {
  const sim = new Simulation({ globalSlots: slots }, false);
  sim.durationMs = (name) => read_.durations.get(name) as number;
  const run = sim.trigger(read_.graph);
  const startedAt = sim.now;
  sim.run();
  return { seconds: (sim.now - startedAt) / 1_000, ends: sim.ends, state: run.record.state };
}

// The recorded workflows lie beside the project, not in it.
describe.skipIf(files.length === 0)('recorded scientific workflows', () => {
  test('there are ten', () => {
    expect(files).toHaveLength(10);
  });

  test.each(files.map((file) => [file] as const))('%s', (file) => {
    const it = read(file);
    const { tasks, edges, depth_levels, critical_path_s, total_work_s } = it.workflow.facts;
    expect([it.graph.size, it.graph.down.to.length, Math.max(...it.graph.level) + 1]).toEqual([
      tasks,
      edges,
      depth_levels,
    ]);
    const wide = makespan(it, 1_000_000);
    const narrow = makespan(it, 1);
    for (const played of [wide, narrow, makespan(it, 4)]) {
      expect([played.state, played.ends.length]).toEqual(['success', tasks]);
      expect(isLinearExtension(played.ends, it)).toBe(true);
    }
    expect(wide.seconds).toBeCloseTo(critical_path_s, 2);
    expect(narrow.seconds).toBeCloseTo(total_work_s, 2);
  });
});
