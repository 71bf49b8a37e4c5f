import { AppError } from '../model/errors.ts';
import type { Node, ScopeNode, TaskNode } from './builder-node.ts';
import { makeRef } from './builder-ref.ts';

/** What the `when` of a task may be beside a text: the output of `choice` compared with `value`. */
export interface ConditionSource {
  readonly choice: TaskNode;
  readonly equal: boolean;
  readonly value: string;
}

/** What a condition compares, or `undefined` if `value` is not one. */
export function conditionSource(value: unknown): ConditionSource | undefined {
  return Condition.sourceOf(value);
}

/** The node behind a handle, or `undefined` if `value` is not one. */
export function nodeOf(value: unknown): Node | undefined {
  return Handle.nodeOf(value);
}

/** The handle of a task; of a choice if `isChoice`. */
export function taskHandle(node: TaskNode, isChoice: boolean): object {
  return isChoice ? new ChoiceHandle(node) : new TaskHandle(node);
}

/** The handle of a group or fan-out. */
export function scopeHandle(node: ScopeNode, result: unknown): object {
  return node.kind === 'group' ? new GroupHandle(node, result) : new Handle(node);
}

/** Makes every silent misuse loud: awaiting it, putting it into a text, looping over it. */
abstract class Symbolic {
  protected abstract misuse(): string;

  // biome-ignore lint/suspicious/noThenProperty: awaiting a handle must fail
  get then(): never {
    return this.#refuse();
  }
  get toJSON(): never {
    return this.#refuse();
  }
  get [Symbol.toPrimitive](): never {
    return this.#refuse();
  }
  get [Symbol.iterator](): never {
    return this.#refuse();
  }
  get [Symbol.asyncIterator](): never {
    return this.#refuse();
  }

  #refuse(): never {
    throw new AppError('invalid', this.misuse());
  }
}

class Handle<N extends Node = Node> extends Symbolic {
  readonly kind: Node['kind'];
  readonly path: string;
  readonly #node: N;

  constructor(node: N) {
    super();
    this.kind = node.kind;
    this.path = node.path;
    this.#node = node;
  }

  static nodeOf(value: unknown): Node | undefined {
    return typeof value === 'object' && value !== null && #node in value ? value.#node : undefined;
  }

  protected get node(): N {
    return this.#node;
  }

  protected override misuse(): string {
    return (
      `${this.kind} '${this.path}' has no value while the DAG is built: ` +
      'name it in `needs` and read it in the function'
    );
  }
}

class TaskHandle extends Handle<TaskNode> {
  get output(): object {
    return makeRef({ from: 'output', owner: this.node, fields: [] });
  }
}

class ChoiceHandle extends TaskHandle {
  is(value: string): Condition {
    return new Condition({ choice: this.node, equal: true, value });
  }
  isNot(value: string): Condition {
    return new Condition({ choice: this.node, equal: false, value });
  }
}

class GroupHandle extends Handle<ScopeNode> {
  readonly result: unknown;

  constructor(node: ScopeNode, result: unknown) {
    super(node);
    this.result = result;
  }
}

class Condition extends Symbolic {
  readonly #source: ConditionSource;

  constructor(source: ConditionSource) {
    super();
    this.#source = source;
  }

  static sourceOf(value: unknown): ConditionSource | undefined {
    return typeof value === 'object' && value !== null && #source in value ? value.#source : undefined;
  }

  protected override misuse(): string {
    return `a condition on '${this.#source.choice.path}' belongs into \`when\``;
  }
}
