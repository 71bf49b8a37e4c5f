import { compileGraph, nodePath, type Scope, taskAt } from '../graph/graph.ts';
import { selectScope } from '../graph/select.ts';
import { loadKept } from '../log/kept-file.ts';
import type { StoredOutput } from '../model/action.ts';
import type { AttemptOrder } from '../model/attempt.ts';
import { keyText, type NodeNo, type RunNo } from '../model/ids.ts';
import type { Json, JsonText } from '../model/json.ts';
import { S, TASK_STATES } from '../model/states.ts';
import { isRead, loadRun } from '../planner/load.ts';
import type { RunWorld } from '../planner/run-world.ts';
import type { Store } from '../store/store.ts';
import { outputFile } from './paths.ts';
import { spilledText } from './spilled.ts';

type Inputs = AttemptOrder['inputs'];
type Input = Inputs[number];

/** How many earlier runs of a DAG are searched for the output of a task that is outside the scope. */
const EARLIER_RUNS_MAX = 100;

/** An input that has no value although its task needs one. */
export class MissingInput extends Error {}

/** Finds the inputs of an attempt: outputs of this run, or of an earlier one for tasks outside the scope. */
export class InputReader {
  readonly #store: Store;
  readonly #stateDir: string;
  readonly #outside = new WeakMap<RunWorld, Map<string, Promise<StoredOutput | undefined>>>();

  constructor(store: Store, stateDir: string) {
    this.#store = store;
    this.#stateDir = stateDir;
  }

  /** The inputs, if all of them are in memory; otherwise `null`: ask {@link read}. */
  now(run: RunWorld, node: number, template: number): Inputs | null {
    const needs = taskAt(run.graph, template).needs;
    if (!needs) return [];
    const inputs: Input[] = [];
    for (const path of Object.values(needs)) {
      const nodes = this.#sources(run, node, path);
      if (nodes.single === undefined) {
        const list = this.#listNow(run, template, nodes.all);
        if (list === null) return null;
        inputs.push(list);
        continue;
      }
      if (!this.#isInScope(run, nodes.single)) return null;
      inputs.push(inputOf(run, nodes.single));
    }
    return inputs;
  }

  /**
   * The inputs, read from wherever they are.
   * @throws MissingInput when a task outside the scope never succeeded before.
   */
  async read(run: RunWorld, node: number, template: number): Promise<Inputs> {
    const needs = taskAt(run.graph, template).needs ?? {};
    return Promise.all(
      Object.entries(needs).map(async ([input, path]): Promise<Input> => {
        const { single, all } = this.#sources(run, node, path);
        if (single === undefined) return this.#listLater(run, template, all);
        if (this.#isInScope(run, single)) return inputOf(run, single);
        const output = await this.#fromOutside(run, single, input);
        return output === undefined ? undefined : 'json' in output ? output.json : output;
      }),
    );
  }

  /** The instances whose outputs an input holds: one, or all of a fan-out that the task is not in. */
  #sources(run: RunWorld, node: number, path: string): { single: number | undefined; all: number[] } {
    const fanOut = run.graph.fanOutOfPath.get(path);
    const target = fanOut === undefined ? path : run.graph.spec.fanOuts?.[fanOut]?.returns;
    const template = target === undefined ? undefined : run.graph.nodeOfPath.get(target);
    if (template === undefined) return { single: undefined, all: [] };
    const block = run.blockOf(node);
    const all: number[] = [];
    run.eachConnected(block, template, (found) => all.push(found));
    const inside = run.encloses(run.graph.scopeOf[template] as number, block.scope);
    return {
      single: inside ? all[0] : undefined,
      all: all.filter((one) => !run.isPlaceholder(one, template)),
    };
  }

  #isInScope(run: RunWorld, node: number): boolean {
    return run.isSelected(run.templateOf(node), run.blockOf(node));
  }

  #listNow(run: RunWorld, template: number, nodes: readonly number[]): JsonText | null {
    const parts: string[] = [];
    for (const node of nodes) {
      if (!this.#isInScope(run, node)) continue;
      const input = inputOf(run, node);
      if (typeof input === 'object') return null;
      const entry = entryOf(run, template, node, input);
      if (entry !== null) parts.push(entry);
    }
    return `[${parts.join(',')}]`;
  }

  async #listLater(run: RunWorld, template: number, nodes: readonly number[]): Promise<JsonText> {
    const parts: string[] = [];
    for (const node of nodes) {
      if (!this.#isInScope(run, node)) continue;
      const input = inputOf(run, node);
      const text =
        typeof input === 'object' ? await loadKept(outputFile(this.#stateDir, input.sha256)) : input;
      const entry = entryOf(run, template, node, text);
      if (entry !== null) parts.push(entry);
    }
    return `[${parts.join(',')}]`;
  }

  #fromOutside(run: RunWorld, node: number, input: string): Promise<StoredOutput | undefined> {
    let known = this.#outside.get(run);
    if (!known) {
      known = new Map();
      this.#outside.set(run, known);
    }
    const name = run.nameOf(node);
    let output = known.get(name);
    if (!output) {
      output = this.#search(run, name, input);
      known.set(name, output);
    }
    return output;
  }

  async #search(run: RunWorld, name: string, input: string): Promise<StoredOutput | undefined> {
    const found = await this.#earlier(run, name);
    if (found) return found.output;
    const where = run.record.inputsFrom === null ? 'an earlier run' : 'the run given with --from-run';
    throw new MissingInput(`input ${input}: ${name} is outside the scope and did not succeed in ${where}`);
  }

  /**
   * Gives the expressions of a run what they read from tasks outside its scope: the outputs of an earlier
   * run. What is not found stays without a value.
   */
  async giveOutsideValues(run: RunWorld): Promise<void> {
    for (let node = 0; node < run.graph.size; node++) {
      if (run.selected[node] || !isRead(run, node) || run.isPlaceholder(node, node)) continue;
      const output = (await this.#earlier(run, run.nameOf(node)))?.output;
      if (output === undefined) continue;
      const text = 'json' in output ? output.json : spilledText(this.#stateDir, output);
      run.values.set(node, JSON.parse(text) as Json);
    }
  }

  /**
   * The output that a task had when it last succeeded, in the run that was named or the newest that has it.
   */
  async #earlier(run: RunWorld, name: string): Promise<{ output: StoredOutput | undefined } | null> {
    const { record } = run;
    const candidates: RunNo[] = record.inputsFrom === null ? [] : [record.inputsFrom];
    if (record.inputsFrom === null) {
      const { dagId, runNo: before } = record;
      const runs = await this.#store.runs({ dagId, before, limit: EARLIER_RUNS_MAX });
      candidates.push(...runs.map((one) => one.runNo));
    }
    for (const runNo of candidates) {
      const found = await this.#successIn(runNo, name);
      if (found) return found;
    }
    return null;
  }

  async #successIn(runNo: RunNo, name: string): Promise<{ output: StoredOutput | undefined } | null> {
    const stored = await this.#store.loadRun(runNo);
    if (!stored) return null;
    const graph = compileGraph(stored.version.spec);
    const selection = selectScope(graph, stored.run.scope);
    if (!selection.ok) return null;
    const run = loadRun(stored, graph, selection.selected);
    for (const { node } of run.existing()) {
      if (run.state[node] !== S.success || run.nameOf(node) !== name) continue;
      const outputs = await this.#store.outputs(runNo, [node as NodeNo]);
      return { output: outputs.get(node as NodeNo) };
    }
    return null;
  }
}

function inputOf(run: RunWorld, node: number): Input {
  if (run.state[node] !== S.success) return undefined;
  const output = run.outputs.get(node);
  if (!output) return undefined;
  return 'json' in output ? output.json : output;
}

/**
 * One entry of a fan-out's list: `{ key, value }` under `all_success`, settled results under every other
 * rule.
 */
function entryOf(run: RunWorld, template: number, node: number, value: JsonText | undefined): string | null {
  const key = JSON.stringify(keyText(run.blockOf(node).keys));
  const state = run.state[node] as number;
  const isStrict = run.templates.rule[template] === 'all_success';
  if (isStrict && state !== S.success) return null;
  if (isStrict) return `{"key":${key},"value":${value ?? 'null'}}`;
  const name = JSON.stringify(TASK_STATES[state]);
  return state === S.success
    ? `{"key":${key},"state":${name},"value":${value ?? 'null'}}`
    : `{"key":${key},"state":${name},"error":${JSON.stringify(failureOf(run, node))}}`;
}

/** What went wrong for the key of an instance: the first task of its block that failed, with its error. */
function failureOf(run: RunWorld, node: number): string | null {
  const block = run.blockOf(node);
  const { first, size } = run.graph.scopes[block.scope] as Scope;
  for (let at = 0; at < size; at++) {
    const culprit = block.base + at;
    if (run.state[culprit] !== S.failed) continue;
    const name = nodePath(run.graph, first + at)
      .split('.')
      .at(-1);
    const message = run.errors.get(culprit);
    return message === undefined ? `${name} failed` : `${name} failed: ${message}`;
  }
  return null;
}
