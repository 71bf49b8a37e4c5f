import {
  compileGraph,
  GATE,
  type Graph,
  JOIN,
  nodePath,
  type Scope,
  TASK,
} from '../../../core/graph/graph.ts';
import type { FanOutSpec, TaskSpec } from '../../../core/model/dag.ts';
import type { ExpansionRecord } from '../../../core/model/run.ts';
import type { VersionRecord } from '../../../core/store/store.ts';

/** One node of a run, found from the stored lists of keys alone. */
export interface Place {
  readonly node: number;
  readonly template: number;
  readonly kind: 'task' | 'gate' | 'join';
  readonly path: string;
  readonly keys: readonly string[];
  /** Fan-outs around it, outermost first. */
  readonly around: readonly number[];
  readonly spec: TaskSpec | FanOutSpec;
}

const graphs = new WeakMap<object, Graph>();

/** The graph of a version. */
export function graphOf(version: VersionRecord): Graph {
  let graph = graphs.get(version.spec);
  if (graph === undefined) {
    graph = compileGraph(version.spec);
    graphs.set(version.spec, graph);
  }
  return graph;
}

/** Where every node of a run stands. Nodes of fan-outs that have no keys yet stand for what may come. */
export class Layout {
  readonly graph: Graph;
  readonly expansions: ExpansionRecord[] = [];
  readonly #places = new Map<number, Place>();

  constructor(version: VersionRecord) {
    this.graph = graphOf(version);
  }

  expand(record: ExpansionRecord): void {
    this.expansions.push(record);
  }

  /** The place of a node. */
  at(node: number): Place {
    const known = this.#places.get(node);
    if (known) return known;
    const { graph } = this;
    const { template, keys } = this.#find(node);
    const kindNo = graph.kind[template] as number;
    const source = graph.source[template] as number;
    const fanOuts = graph.spec.fanOuts ?? [];
    const spec = (kindNo === TASK ? graph.spec.tasks[source] : fanOuts[source]) as TaskSpec | FanOutSpec;
    const inner = kindNo === TASK ? (spec as TaskSpec).fanOut : (spec as FanOutSpec).parent;
    const around: number[] = [];
    for (let at = inner; at !== undefined; at = fanOuts[at]?.parent) around.unshift(at);
    const kind = kindNo === GATE ? 'gate' : kindNo === JOIN ? 'join' : 'task';
    const place: Place = { node, template, kind, path: nodePath(graph, template), keys, around, spec };
    this.#places.set(node, place);
    return place;
  }

  /** Every node that there is now, those that stand for keys that may come included. */
  all(): Place[] {
    const found: Place[] = [];
    this.#collect(0, 0, this.graph.size, found);
    return found;
  }

  #collect(base: number, first: number, size: number, found: Place[]): void {
    const { graph } = this;
    for (let template = first; template < first + size; ) {
      const scope = graph.scopeOf[template] as number;
      const own = graph.scopes.findIndex(
        (one, at) => at > 0 && one.first === template && this.#isIn(at, first, size),
      );
      const records =
        own > 0 ? this.expansions.filter((one) => one.parentBase === base && one.fanOut + 1 === own) : [];
      if (own > 0 && records.length > 0) {
        const { size: inner } = graph.scopes[own] as Scope;
        for (const { base: from, keys } of records)
          for (let key = 0; key < keys.length; key++)
            this.#collect(from + key * inner, template, inner, found);
        template += inner;
        continue;
      }
      void scope;
      found.push(this.at(base + template - first));
      template++;
    }
  }

  /** Whether a scope lies within a stretch of nodes and is not that stretch itself. */
  #isIn(scope: number, first: number, size: number): boolean {
    const it = this.graph.scopes[scope] as Scope;
    return it.first >= first && it.first + it.size <= first + size && it.size < size;
  }

  #find(node: number): { template: number; keys: readonly string[] } {
    if (node < this.graph.size) return { template: node, keys: [] };
    for (const { base, fanOut, keys, parentBase } of this.expansions) {
      const { first, size } = this.graph.scopes[fanOut + 1] as Scope;
      const offset = node - base;
      if (offset < 0 || offset >= size * keys.length) continue;
      const outer = parentBase === 0 ? [] : this.#find(parentBase).keys;
      return {
        template: first + (offset % size),
        keys: [...outer, keys[Math.floor(offset / size)] as string],
      };
    }
    throw new Error(`node ${node} belongs to no list of keys`);
  }
}
