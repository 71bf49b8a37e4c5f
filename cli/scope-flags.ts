import type { Command } from 'commander';
import type { Graph } from '../core/graph/graph.ts';
import { type ScopeProblem, scopeNames, selectScope } from '../core/graph/select.ts';
import { AppError } from '../core/model/errors.ts';
import { nearest } from '../core/model/nearest.ts';
import type { RunScope } from '../core/model/scope.ts';
import { collect } from './command.ts';

export interface ScopeOptions {
  readonly until?: readonly string[];
  readonly from?: readonly string[];
  readonly only?: readonly string[];
  readonly key?: readonly string[];
}

/** Adds the flags that choose a part of a DAG. */
export function defineScope(command: Command): void {
  command
    .optionsGroup('A part of the DAG')
    .option('--until <name>', 'this task, group or stage and all it needs; may be repeated', collect)
    .option('--from <name>', 'this task, group or stage and all that depends on it', collect)
    .option('--only <name>', 'this task, group or stage alone', collect)
    .option('--key <key>', 'only this key of fan-outs; may be repeated', collect)
    .optionsGroup('Options');
}

/** The scope of the flags, keys in order and each once, so that equal scopes have equal forms. */
export function scopeOf(options: ScopeOptions): RunScope {
  const list = (names: readonly string[] | undefined): readonly string[] | undefined =>
    names === undefined ? undefined : [...new Set(names)].sort();
  const until = list(options.until);
  const from = list(options.from);
  const only = list(options.only);
  const keys = list(options.key);
  return {
    ...(until === undefined ? {} : { until }),
    ...(from === undefined ? {} : { from }),
    ...(only === undefined ? {} : { only }),
    ...(keys === undefined ? {} : { keys }),
  };
}

/**
 * The selected template nodes of a scope. An unknown name is `not_found`; an ambiguous one, or a scope
 * that no task is in, is `usage`.
 */
export function selectedNodes(graph: Graph, scope: RunScope): Uint8Array {
  const selection = selectScope(graph, scope);
  if (selection.ok) {
    refuseEmpty(graph, scope, selection.selected);
    return selection.selected;
  }
  const problem = selection.problems[0] as ScopeProblem;
  if (problem.kind === 'ambiguous') {
    const candidates = problem.candidates.map((name) => `  ${name}`).join('\n');
    throw new AppError(
      'usage',
      `'${problem.name}' may mean several tasks of DAG ${graph.spec.id}; name one of them:\n${candidates}`,
    );
  }
  const names = scopeNames(graph);
  const similar = nearest(problem.name, [
    ...names,
    ...names.map((name) => name.slice(name.lastIndexOf('.') + 1)),
  ]);
  const advice = similar === null ? `See 'orch show ${graph.spec.id}'.` : `Did you mean '${similar}'?`;
  throw new AppError(
    'not_found',
    `DAG ${graph.spec.id} has no task, group or stage '${problem.name}'. ${advice}`,
  );
}

/** A run without tasks would be a success that did nothing of what was asked. */
function refuseEmpty(graph: Graph, { until, from, only }: RunScope, selected: Uint8Array): void {
  const fields = Object.entries({ until, from, only }).filter(([, names]) => names !== undefined);
  if (fields.length === 0 || graph.nodeOfTask.some((node) => selected[node] === 1)) return;
  const asked = fields.flatMap(([field, names]) => (names ?? []).map((name) => `--${field} ${name}`));
  throw new AppError(
    'usage',
    `No task of DAG ${graph.spec.id} is in ${asked.join(' ')}: different flags select what all of them do.`,
  );
}
