import type { Graph, Scope } from '../graph/graph.ts';
import { S } from '../model/states.ts';
import type { Block } from './blocks.ts';
import { EMPTY, type RunWorld } from './run-world.ts';

/** The instances of another run that an instance looks at. */
export type PastInstances =
  /** The run has no such task. */
  | { readonly kind: 'absent' }
  /** It is outside the scope of the run. */
  | { readonly kind: 'not_selected' }
  /** None is there for this key. */
  | { readonly kind: 'no_key' }
  /** Its fan-out has no keys yet: what becomes of it shows at its gate. */
  | { readonly kind: 'closed'; readonly gate: number }
  /** The instances, and the block in which they lie. */
  | { readonly kind: 'found'; readonly nodes: readonly number[]; readonly block: Block };

const keyIndexes = new WeakMap<readonly Block[], Map<string, Block>>();

/**
 * The instance of a task in a run with the same keys; where the fan-outs around the task are not as many as
 * the keys, all its instances.
 */
export function pastInstances(run: RunWorld, path: string, keys: readonly string[]): PastInstances {
  const { graph } = run;
  const template = graph.nodeOfPath.get(path);
  if (template === undefined) return { kind: 'absent' };
  if (run.selected[template] !== 1) return { kind: 'not_selected' };
  const fanOuts = fanOutsAround(graph, graph.scopeOf[template] as number);
  if (fanOuts.length !== keys.length) {
    const nodes: number[] = [];
    run.eachConnected(run.root, template, (node) => nodes.push(node));
    return { kind: 'found', nodes, block: run.root };
  }
  let block = run.root;
  for (const [depth, fanOut] of fanOuts.entries()) {
    const inner = blockOfKey(run.blocksIn(block, fanOut), keys[depth] as string);
    if (inner === undefined) {
      const gate = run.nodeIn(block, graph.gateOf[fanOut] as number);
      return isOpen(run, gate) ? { kind: 'no_key' } : { kind: 'closed', gate };
    }
    block = inner;
  }
  if (!run.isSelected(template, block)) return { kind: 'not_selected' };
  return { kind: 'found', nodes: [run.nodeIn(block, template)], block };
}

/** Whether a gate has told its keys, if only that there are none. */
export function isOpen(run: RunWorld, gate: number): boolean {
  return run.state[gate] === S.success || ((run.flags[gate] as number) & EMPTY) !== 0;
}

/** Outermost first. */
function fanOutsAround(graph: Graph, scope: number): number[] {
  const found: number[] = [];
  for (let at = graph.scopes[scope] as Scope; at.fanOut >= 0; at = graph.scopes[at.parent] as Scope)
    found.unshift(at.fanOut);
  return found;
}

function blockOfKey(blocks: readonly Block[], key: string): Block | undefined {
  let index = keyIndexes.get(blocks);
  if (!index) {
    index = new Map(blocks.map((block) => [block.keys.at(-1) as string, block]));
    keyIndexes.set(blocks, index);
  }
  return index.get(key);
}
