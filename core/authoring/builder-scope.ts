import { AppError } from '../model/errors.ts';
import { nodeOf, scopeHandle, taskHandle } from './builder-make-handle.ts';
import { type Node, type Options, pathIn, type ScopeNode, type TaskFunction } from './builder-node.ts';
import { type Call, callOf, placeOf } from './builder-place.ts';
import { makeRef } from './builder-ref.ts';

/** Options of which a task without a function has at least one. */
const ACTIONS = ['uses', 'run', 'choose', 'approval', 'after'] as const;

type BuildFunction = (scope: ScopeBuilder, item?: object) => unknown;

/** Records what a DAG file declares. Its public face, with types, is `Scope`. */
export class ScopeBuilder {
  readonly #node: ScopeNode;
  readonly params: object;

  constructor(node: ScopeNode, params: object) {
    this.#node = node;
    this.params = params;
  }

  task(id: string, second: Options | TaskFunction, third?: TaskFunction): object {
    return this.#declareTask(id, second, third, callOf(this.task), false);
  }

  choose(id: string, second: Options | TaskFunction, third?: TaskFunction): object {
    return this.#declareTask(id, second, third, callOf(this.choose), true);
  }

  sensor(id: string, options: Options, run?: TaskFunction): object {
    const { every, timeout, softFail, attemptTimeout, ...rest } = options;
    const sensor = withoutAbsent({ every, timeout, softFail });
    const whole = { ...rest, ...withoutAbsent({ timeout: attemptTimeout }), sensor };
    return this.#declareTask(id, whole, run, callOf(this.sensor), false);
  }

  approval(id: string, options: Options): object {
    const { title, options: answers, timeout, onTimeout, ...rest } = options;
    const approval = withoutAbsent({ title, options: answers, timeout, onTimeout });
    return this.#declareTask(id, { ...rest, approval }, undefined, callOf(this.approval), true);
  }

  group(id: string, second: Options | BuildFunction, third?: BuildFunction): object {
    const call = callOf(this.group);
    const [options, build] = split(second, third);
    const node = this.#declareScope('group', id, options, call);
    const result = build?.(new ScopeBuilder(node, this.params));
    this.#close(node, result, build);
    return scopeHandle(node, result);
  }

  forEach(id: string, options: Options, build: BuildFunction): object {
    const node = this.#declareScope('forEach', id, options, callOf(this.forEach));
    const item = makeRef({ from: 'item', owner: node, fields: [] });
    const result = build?.(new ScopeBuilder(node, this.params), item);
    node.returns = nodeOf(result);
    this.#close(node, result, build);
    return scopeHandle(node, undefined);
  }

  #declareTask(
    id: string,
    second: Options | TaskFunction,
    third: TaskFunction | undefined,
    call: Call,
    isChoice: boolean,
  ): object {
    const [options, run] = split<TaskFunction>(second, third);
    const parent = this.#node;
    const node = { kind: 'task', id, path: pathIn(parent, id), parent, options, run, call } as const;
    this.#add(node);
    if (run === undefined && !ACTIONS.some((name) => options[name] !== undefined)) {
      const message = `task '${node.path}' does nothing: give it a function, \`uses\`, \`run\` or \`after\``;
      parent.build.mistakes.push({ rule: 'no-action', message, place: placeOf(call) });
    }
    return taskHandle(node, isChoice);
  }

  #declareScope(kind: 'group' | 'forEach', id: string, options: Options, call: Call): ScopeNode {
    const node = newScope(kind, id, options, call, this.#node);
    this.#add(node);
    return node;
  }

  #add(node: Node): void {
    const { build, entries } = this.#node;
    if (!build.open) {
      throw new AppError(
        'invalid',
        `'${node.path}' is declared after dag() returned: tasks cannot be added at run time`,
      );
    }
    const earlier = entries.get(node.id);
    if (earlier === undefined) {
      entries.set(node.id, node);
      return;
    }
    const first = placeOf(earlier.call);
    const at = first === undefined ? '' : ` at line ${first.line}`;
    const message = `'${node.path}' is declared twice, first${at}`;
    build.mistakes.push({ rule: 'duplicate-id', message, place: placeOf(node.call) });
  }

  #close(node: ScopeNode, result: unknown, build: BuildFunction | undefined): void {
    if (typeof build !== 'function') {
      const message = `${node.kind} '${node.path}' lacks the function that declares its tasks`;
      node.build.mistakes.push({ rule: 'no-function', message, place: placeOf(node.call) });
    }
    refusePromise(result, node);
  }
}

/** An empty scope. Without a parent it is the DAG itself. */
export function newScope(
  kind: ScopeNode['kind'],
  id: string,
  options: Options,
  call: Call,
  parent?: ScopeNode,
): ScopeNode {
  return {
    kind,
    id,
    path: parent === undefined ? '' : pathIn(parent, id),
    parent,
    options,
    call,
    entries: new Map(),
    build: parent?.build ?? { mistakes: [], open: true },
    returns: undefined,
    itemUsedInside: false,
  };
}

/** Notes a mistake if the function of a scope is asynchronous: what it declares later would be missed. */
export function refusePromise(result: unknown, node: ScopeNode): void {
  if (!(result instanceof Promise)) return;
  result.catch(() => {});
  const where = node.kind === 'dag' ? 'dag()' : `${node.kind} '${node.path}'`;
  const message = `the function of ${where} is async: declaring tasks takes no waiting, so drop \`async\``;
  node.build.mistakes.push({ rule: 'async-build', message, place: placeOf(node.call) });
}

function split<F>(second: Options | F, third: F | undefined): [Options, F | undefined] {
  if (typeof second === 'function') return [{}, second as F];
  return [(second ?? {}) as Options, third];
}

function withoutAbsent(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
