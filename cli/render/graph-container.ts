import { Graph } from '@dagrejs/graphlib';
import type { DrawnGraph } from './drawn-graph.ts';

/** A DAG as a compound graph: tasks inside the fan-outs they belong to, fan-outs inside one another. */
export type DagContainer = Graph;

/** The name of a fan-out in the container; tasks go by their paths. */
export function fanOutNode(path: string): string {
  return `per key: ${path}`;
}

/** Puts what is drawn into a compound graph. Every node carries the text that people read. */
export function containerOf(drawn: DrawnGraph): DagContainer {
  const container = new Graph({ directed: true, compound: true });
  container.setGraph(drawn.dagId);
  for (const { path } of drawn.fanOuts) container.setNode(fanOutNode(path), `${path} (per key)`);
  for (const { path, parent } of drawn.fanOuts) {
    if (parent !== null) container.setParent(fanOutNode(path), fanOutNode(parent));
  }
  for (const { taskId, fanOut } of drawn.nodes) {
    container.setNode(taskId, taskId);
    if (fanOut !== null) container.setParent(taskId, fanOutNode(fanOut));
  }
  for (const [from, to] of drawn.edges) {
    const [source, target] = [drawn.nodes[from]?.taskId, drawn.nodes[to]?.taskId];
    if (source !== undefined && target !== undefined) container.setEdge(source, target);
  }
  return container;
}
