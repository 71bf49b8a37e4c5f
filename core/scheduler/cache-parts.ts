import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { orchVersion } from '../config/installation.ts';
import { expressionScope, setOwn, type Values } from '../executors/attempt-scope.ts';
import { renderJson } from '../expression/template.ts';
import { nodePath, taskAt } from '../graph/graph.ts';
import { itemNamesOf } from '../graph/item-names.ts';
import type { AttemptOrder } from '../model/attempt.ts';
import type { CacheParts } from '../model/cache.ts';
import type { TaskSpec } from '../model/dag.ts';
import { AppError } from '../model/errors.ts';
import { keyText } from '../model/ids.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { closureDigest } from '../parsing/closure-digest.ts';
import type { RunWorld } from '../planner/run-world.ts';
import type { VersionRecord } from '../store/store.ts';
import { digestOf, valueDigest } from './cache-key.ts';
import { codeDir } from './paths.ts';
import { factsOf } from './run-facts.ts';
import { spilledText } from './spilled.ts';

type Inputs = AttemptOrder['inputs'];

/** Tells what the result of an instance depends on. */
export class CachePartsReader {
  readonly #stateDir: string;
  /** Digests of code by version and file: kept code never changes. */
  readonly #code = new Map<string, ReturnType<typeof closureDigest>>();

  readonly #params = new WeakMap<JsonObject, CacheParts>();

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /**
   * The digests of everything that the result of an instance depends on.
   * @throws AppError `invalid` if that cannot be told, or an expression of the task cannot be evaluated.
   */
  read(run: RunWorld, version: VersionRecord, node: number, inputs: Inputs): CacheParts {
    const template = run.templateOf(node);
    const task = taskAt(run.graph, template);
    const { keys, items } = run.blockOf(node);
    const parts: { [part: string]: string } = {
      task: digestOf(`${run.record.dagId}/${nodePath(run.graph, template)}`),
      key: digestOf(JSON.stringify(keyText(keys))),
    };
    const names = Object.keys(task.needs ?? {});
    for (const [index, name] of names.entries()) parts[`input ${name}`] = inputDigest(inputs[index]);
    const render = (value: Json, what: string): Json => {
      if (!JSON.stringify(value).includes('${{')) return value;
      const scope = expressionScope(
        { k: keys, i: items },
        {
          params: run.record.params,
          run: factsOf(run.record),
          itemNames: itemNamesOf(run.graph.spec, task.fanOut),
        },
        this.#values(names, inputs),
      );
      const rendered = renderJson(value, scope);
      if (!rendered.ok) throw new AppError('invalid', `${what} ${rendered.error.message}`);
      return rendered.value;
    };
    for (const [name, value] of Object.entries(task.env ?? {}))
      parts[`env ${name}`] = valueDigest(render(value, 'env'));
    for (const [name, value] of Object.entries(task.with ?? {}))
      parts[`with ${name}`] = valueDigest(render(value, 'with'));
    const { action } = task;
    if (action.kind === 'shell') {
      parts['command'] = valueDigest(render(action.run as Json, 'run'));
      return parts;
    }
    // A command finds params and items only where it is given them; code may read all of them.
    Object.assign(parts, this.#paramsOf(run.record.params));
    if (items.length > 0) parts['item'] = valueDigest([...items]);
    parts['code'] = this.#codeOf(version, action);
    return parts;
  }

  /** All instances of a run have the same params, which may be long lists. */
  #paramsOf(params: JsonObject): CacheParts {
    let found = this.#params.get(params);
    if (!found) {
      const digests = Object.entries(params).map(([name, value]) => [`param ${name}`, valueDigest(value)]);
      found = Object.fromEntries(digests) as CacheParts;
      this.#params.set(params, found);
    }
    return found;
  }

  #values(names: readonly string[], inputs: Inputs): Values {
    const values: Values = {};
    for (const [index, name] of names.entries()) {
      const input = inputs[index];
      if (input === undefined) continue;
      const text = typeof input === 'string' ? input : spilledText(this.#stateDir, input);
      setOwn(values, name, JSON.parse(text) as Json);
    }
    return values;
  }

  #codeOf(version: VersionRecord, action: TaskSpec['action']): string {
    if (action.kind === 'operator') {
      const own = ['ts', 'js']
        .map((extension) => `operators/${action.operator}.${extension}`)
        .find((path) => existsSync(join(codeDir(this.#stateDir, version.codeHash), path)));
      const name = `operator ${action.operator}`;
      return digestOf(
        `${name}\n${own === undefined ? `orch ${orchVersion()}` : this.#closure(version, own)}`,
      );
    }
    if (action.kind !== 'function')
      throw new AppError('internal', `a task of kind ${action.kind} runs nowhere`);
    const hash = action.ref.lastIndexOf('#');
    const file = action.ref.slice(0, hash);
    const path = file === '' ? version.file : posix.join(dirname(version.file), file);
    return digestOf(`function ${action.ref.slice(hash + 1)}\n${this.#closure(version, path)}`);
  }

  #closure({ codeHash }: VersionRecord, path: string): string {
    const place = `${codeHash}\n${path}`;
    let found = this.#code.get(place);
    if (!found) {
      found = closureDigest(codeDir(this.#stateDir, codeHash), path, codeHash);
      this.#code.set(place, found);
    }
    if ('problem' in found) throw new AppError('invalid', found.problem);
    return found.digest;
  }
}

/** An output that lies in a file is named by the sha256 of its text; so is one that is in its row. */
function inputDigest(input: Inputs[number]): string {
  if (input === undefined) return 'none';
  return typeof input === 'string' ? digestOf(input) : input.sha256;
}
