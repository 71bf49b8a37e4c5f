import { AppError } from '../model/errors.ts';
import { nearest } from '../model/nearest.ts';
import type { RunScope } from '../model/scope.ts';
import type { Graph } from './graph.ts';
import { type ScopeProblem, scopeNames, selectScope } from './select.ts';

/**
 * The template nodes of a scope that something is to run in.
 * @throws AppError `not_found` for an unknown name; `usage` for an ambiguous one, or if no task is selected:
 * a run without tasks would be a success that did nothing of what was asked.
 */
export function requiredSelection(graph: Graph, scope: RunScope): Uint8Array {
  const selection = selectScope(graph, scope);
  if (!selection.ok) throw scopeError(graph, selection.problems);
  refuseEmpty(graph, scope, selection.selected);
  return selection.selected;
}

/** What is wrong with the first name of a scope that cannot be used. */
export function scopeError(graph: Graph, [problem]: readonly ScopeProblem[]): AppError {
  const { name, kind, candidates } = problem as ScopeProblem;
  const { id } = graph.spec;
  if (kind === 'ambiguous') {
    const list = candidates.map((candidate) => `  ${candidate}`).join('\n');
    return new AppError('usage', `'${name}' may mean several tasks of DAG ${id}; name one of them:\n${list}`);
  }
  const names = scopeNames(graph);
  const similar = nearest(name, [...names, ...names.map((path) => path.slice(path.lastIndexOf('.') + 1))]);
  const advice = similar === null ? `See 'orch show ${id}'.` : `Did you mean '${similar}'?`;
  return new AppError('not_found', `DAG ${id} has no task, group or stage '${name}'. ${advice}`);
}

function refuseEmpty(graph: Graph, { until, from, only, keys }: RunScope, selected: Uint8Array): void {
  if (keys?.length === 0)
    throw new AppError('usage', 'No key is named: a scope has one key at least, or no keys.');
  if (graph.nodeOfTask.some((node) => selected[node] === 1)) return;
  const fields = Object.entries({ until, from, only }).filter(([, names]) => names !== undefined);
  const asked = fields.flatMap(([field, names = []]) =>
    names.length === 0 ? [`--${field} without a name`] : names.map((name) => `--${field} ${name}`),
  );
  throw new AppError(
    'usage',
    `No task of DAG ${graph.spec.id} is in ${asked.join(' ')}: different flags select what all of them do.`,
  );
}
