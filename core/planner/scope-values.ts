import { evaluate } from '../expression/evaluate.ts';
import type { Expression, ExpressionScope } from '../expression/expression.ts';
import { fanOutAt, GATE, TASK, taskAt } from '../graph/graph.ts';
import { assetFacts } from '../model/asset.ts';
import { keyText } from '../model/ids.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { S } from '../model/states.ts';
import type { Block } from './blocks.ts';
import type { RunWorld } from './run-world.ts';

/** What an expression gave: a value, or a sentence on why there is none. */
export type Evaluated =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly error: string };

/** Evaluates an expression of a task or fan-out in a block, over the params, inputs and items it may read. */
export function evaluateIn(run: RunWorld, node: number, template: number, expression: Expression): Evaluated {
  const block = run.blockOf(node);
  const result = evaluate(expression, scopeOf(run, block, template, expression, node));
  return result.ok ? { ok: true, value: result.value } : { ok: false, error: result.error.message };
}

function scopeOf(
  run: RunWorld,
  block: Block,
  template: number,
  expression: Expression,
  node: number,
): ExpressionScope {
  const item = block.items.at(-1);
  const scope: { [name: string]: Json | undefined } = {
    params: run.record.params,
    key: keyText(block.keys),
    item,
    run: runScope(run),
    output: run.values.get(node),
    ...itemNames(run, block),
  };
  const roots = new Set(expression.reads.map((read) => read[0]));
  if (roots.has('needs')) scope['needs'] = needsOf(run, block, template);
  if (roots.has('tasks')) scope['tasks'] = tasksOf(run, block, expression);
  return scope;
}

/** The items of the fan-outs around a block under the names that their authors gave them. */
export function itemNames(run: RunWorld, block: Block): { [name: string]: Json } {
  const names: { [name: string]: Json } = Object.create(null);
  for (let at: Block | null = block; at?.parent; at = at.parent) {
    const index: number = run.graph.scopes[at.scope]?.fanOut ?? -1;
    const name: string | undefined = run.graph.spec.fanOuts?.[index]?.as;
    if (name !== undefined && !(name in names)) names[name] = at.items.at(-1) as Json;
  }
  return names;
}

function runScope(run: RunWorld): JsonObject {
  const { record } = run;
  const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
  const interval =
    record.intervalStartAt === null
      ? null
      : { start: iso(record.intervalStartAt), end: iso(record.intervalEndAt) };
  return {
    id: record.uid,
    dagId: record.dagId,
    logicalDate: iso(record.logicalAt),
    interval,
    trigger: record.trigger,
    assets: assetFacts(record.cause) as JsonObject,
    file: record.cause?.file?.path ?? null,
  };
}

function needsOf(run: RunWorld, block: Block, template: number): JsonObject {
  const values: { [input: string]: Json } = Object.create(null);
  for (const [input, path] of Object.entries(inputsOf(run, template)))
    values[input] = outputAt(run, block, path);
  return values;
}

function inputsOf({ graph }: RunWorld, template: number): { readonly [input: string]: string } {
  if (graph.kind[template] === GATE) return fanOutAt(graph, template).needs ?? {};
  return graph.kind[template] === TASK ? (taskAt(graph, template).needs ?? {}) : {};
}

/** The instance that an expression of a node reads and that succeeded without an output; `null` for none. */
export function silentSource(
  run: RunWorld,
  node: number,
  template: number,
  expression: Expression,
): string | null {
  const needs = inputsOf(run, template);
  for (const [root, name] of expression.reads) {
    const path = root === 'needs' ? needs[name ?? ''] : root === 'tasks' ? name : undefined;
    const source = path === undefined ? null : sourcesOf(run, run.blockOf(node), path).single;
    if (source !== null && run.state[source] === S.success && !run.values.has(source))
      return run.nameOf(source);
  }
  return null;
}

function tasksOf(run: RunWorld, block: Block, expression: Expression): JsonObject {
  const values: { [path: string]: Json } = Object.create(null);
  for (const [root, path] of expression.reads) {
    if (root === 'tasks' && path !== undefined) values[path] = outputAt(run, block, path);
  }
  return values;
}

/**
 * The output of a task as seen from a block: one value, or `{ key, value }` per key of a fan-out it is not
 * in.
 */
function outputAt(run: RunWorld, block: Block, path: string): Json {
  const { nodes, single } = sourcesOf(run, block, path);
  if (single !== null) return run.values.get(single) ?? null;
  if (nodes === null) return null;
  return nodes
    .filter((node) => run.state[node] === S.success)
    .map((node) => ({ key: keyText(run.blockOf(node).keys), value: run.values.get(node) ?? null }));
}

/** The instances that a path means in a block: one, or all of a fan-out that the block is not in. */
function sourcesOf(
  run: RunWorld,
  block: Block,
  path: string,
): { readonly nodes: readonly number[] | null; readonly single: number | null } {
  const fanOut = run.graph.fanOutOfPath.get(path);
  const target = fanOut === undefined ? path : run.graph.spec.fanOuts?.[fanOut]?.returns;
  const template = target === undefined ? undefined : run.graph.nodeOfPath.get(target);
  if (template === undefined) return { nodes: null, single: null };
  const nodes: number[] = [];
  run.eachConnected(block, template, (node) => nodes.push(node));
  const inside = run.encloses(run.graph.scopeOf[template] as number, block.scope);
  return { nodes, single: inside ? (nodes[0] ?? null) : null };
}
