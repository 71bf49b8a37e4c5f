import type { NodeNo } from '../model/ids.ts';
import type { RunWorld } from './run-world.ts';

/**
 * The nodes of a run in one of these states, in order: those of a few states are found much faster so than
 * among all that exist. Placeholders that are replaced are among them, in the state that they had last.
 */
export function nodesInState(run: RunWorld, isOne: (state: number) => boolean): NodeNo[] {
  const nodes: NodeNo[] = [];
  for (let node = 0; node < run.size; node++)
    if (isOne(run.state[node] as number)) nodes.push(node as NodeNo);
  return nodes;
}
