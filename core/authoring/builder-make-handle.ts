import { AppError } from '../model/errors.ts';
import { bindHandle, type Node, type TaskNode } from './builder-node.ts';
import { makeRef } from './builder-ref.ts';

/** What the `when` of a task may be beside a text: the output of `choice` compared with `value`. */
export interface ConditionSource {
  readonly choice: TaskNode;
  readonly equal: boolean;
  readonly value: string;
}

const conditions = new WeakMap<object, ConditionSource>();

/** What a condition compares, or `undefined` if `value` is not one. */
export function conditionSource(value: unknown): ConditionSource | undefined {
  return typeof value === 'object' && value !== null ? conditions.get(value) : undefined;
}

/** The handle of a task; of a choice if `isChoice`. */
export function taskHandle(node: TaskNode, isChoice: boolean): object {
  const handle = baseHandle(node);
  const define = (name: string, value: unknown) => Object.defineProperty(handle, name, { value });
  Object.defineProperty(handle, 'output', {
    get: () => makeRef({ from: 'output', owner: node, fields: [] }),
  });
  if (isChoice) {
    define('is', (value: string) => condition({ choice: node, equal: true, value }));
    define('isNot', (value: string) => condition({ choice: node, equal: false, value }));
  }
  return Object.freeze(handle);
}

/** The handle of a group or fan-out. */
export function scopeHandle(node: Node, result: unknown): object {
  const handle = baseHandle(node);
  if (node.kind === 'group') Object.defineProperty(handle, 'result', { value: result });
  return Object.freeze(handle);
}

function condition(source: ConditionSource): object {
  const made = {};
  guard(made, `a condition on '${source.choice.path}' belongs into \`when\``);
  conditions.set(made, source);
  return Object.freeze(made);
}

function baseHandle(node: Node): object {
  const handle = { kind: node.kind, path: node.path };
  guard(
    handle,
    `${node.kind === 'task' ? 'task' : node.kind} '${node.path}' has no value while the DAG is built: ` +
      'name it in `needs` and read it in the function',
  );
  bindHandle(handle, node);
  return handle;
}

/**
 * Makes every silent misuse of a symbolic object loud: awaiting it, putting it into a text, looping over it.
 */
function guard(object: object, message: string): void {
  const fail = (): never => {
    throw new AppError('invalid', message);
  };
  for (const name of ['then', 'toJSON', Symbol.toPrimitive, Symbol.iterator, Symbol.asyncIterator]) {
    Object.defineProperty(object, name, { get: fail });
  }
}
