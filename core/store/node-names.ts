import { type Graph, nodePath, TASK, taskAt } from '../graph/graph.ts';
import { TASK_DEFAULTS, type TaskSpec } from '../model/dag.ts';
import type { NodeNo, RunNo, VersionNo } from '../model/ids.ts';
import { RunWorld } from '../planner/run-world.ts';
import { graphOf } from './run-frame.ts';
import type { Store } from './store.ts';

/** What a task instance is called. */
export interface NodeName {
  /** Dotted path without keys. */
  readonly task: string;
  /** `symbol[BTC-USD].backtest`. */
  readonly name: string;
  /** The pool that its attempts take slots of, and how many. */
  readonly pool: string;
  readonly poolSlots: number;
}

/** Graphs and expanded runs that are kept for the next lines about them. */
const GRAPHS_KEPT = 64;
const RUNS_KEPT = 32;

/** Names the nodes of runs without reading their instances; of runs without fan-outs it reads nothing. */
export class NodeNames {
  readonly #store: Pick<Store, 'version' | 'run' | 'expansions'>;
  readonly #graphs = new Kept<VersionNo, Graph>(GRAPHS_KEPT);
  readonly #runs = new Kept<RunNo, RunWorld>(RUNS_KEPT);

  constructor(store: Pick<Store, 'version' | 'run' | 'expansions'>) {
    this.#store = store;
  }

  /** The name of a node; `null` for gates and joins, which people do not see, and of a run that is gone. */
  async nameOf(runNo: RunNo, versionNo: VersionNo, node: NodeNo): Promise<NodeName | null> {
    const graph = this.#graphs.get(versionNo) ?? (await this.#readGraph(versionNo));
    if (graph === null) return null;
    if (node < graph.size) {
      return graph.kind[node] === TASK ? named(taskAt(graph, node), nodePath(graph, node)) : null;
    }
    let run = this.#runs.get(runNo);
    if (run === undefined || node >= run.size) run = await this.#readRun(runNo, graph);
    if (run === undefined || node >= run.size) return null;
    const template = run.templateOf(node);
    return run.isTask(template) ? named(taskAt(graph, template), run.nameOf(node)) : null;
  }

  async #readGraph(versionNo: VersionNo): Promise<Graph | null> {
    const version = await this.#store.version(versionNo);
    return version === null ? null : this.#graphs.keep(versionNo, graphOf(version.spec));
  }

  async #readRun(runNo: RunNo, graph: Graph): Promise<RunWorld | undefined> {
    const record = await this.#store.run(runNo);
    if (record === null) return undefined;
    const run = new RunWorld(record, graph, new Uint8Array(graph.size).fill(1));
    for (const expansion of await this.#store.expansions(runNo)) run.addExpansion(expansion);
    return this.#runs.keep(runNo, run);
  }
}

function named({ path, pool, poolSlots }: TaskSpec, name: string): NodeName {
  const { pool: defaultPool, poolSlots: defaultSlots } = TASK_DEFAULTS;
  return { task: path, name, pool: pool ?? defaultPool, poolSlots: poolSlots ?? defaultSlots };
}

/** The last few values that were used, by their keys. */
class Kept<Key, Value> {
  readonly #most: number;
  readonly #values = new Map<Key, Value>();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: Key): Value | undefined {
    const value = this.#values.get(key);
    if (value !== undefined) this.keep(key, value);
    return value;
  }

  keep(key: Key, value: Value): Value {
    this.#values.delete(key);
    this.#values.set(key, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#most) break;
      this.#values.delete(oldest);
    }
    return value;
  }
}
