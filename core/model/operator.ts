import type { Isolation } from './attempt.ts';
import type { TaskContext } from './context.ts';
import type { Json, JsonObject } from './json.ts';

/** Marks what `defineOperator` made; the same symbol in every copy of orch. */
export const OPERATOR: unique symbol = Symbol.for('orch.operator') as never;

/** What an operator gets beside its params. */
export interface OperatorContext extends TaskContext {
  /** Outputs of the tasks that it needs, by input name. */
  readonly inputs: { readonly [input: string]: Json };
}

/** What an author of an operator writes. */
export interface OperatorDefinition<Params = JsonObject, Output = unknown> {
  readonly description?: string;
  /** JSON Schema of the params, an object schema. */
  readonly params: JsonObject;
  /**
   * `process` (default): alone in its process. `shared`: never blocks and keeps no state outside its attempt,
   * so that many attempts run in one process.
   */
  readonly isolation?: Isolation;
  /**
   * Checks what the schema cannot say, without any input or output. Every sentence returned is one mistake,
   * and so is what is thrown.
   */
  validate?(params: Params): readonly string[];
  /** Does the work. What it returns is the output of the task. */
  execute(params: Params, ctx: OperatorContext): Output | Promise<Output>;
  /**
   * Runs after `execute` has returned or thrown, and when an attempt that was told to end (timeout, cancel)
   * has not ended in the first half of its grace. It cannot run when the process of the attempt dies or is
   * blocked: what must happen then belongs into a teardown task. Its errors are logged and change nothing.
   */
  cleanup?(params: Params, ctx: OperatorContext): unknown;
  readonly hooks?: OperatorHooks<Params, Output>;
}

/** Run around an attempt in its process; their errors are logged and change nothing. */
export interface OperatorHooks<Params = JsonObject, Output = unknown> {
  /** Before `execute` of every attempt but the first. */
  onRetry?(params: Params, ctx: OperatorContext): unknown;
  onSuccess?(params: Params, ctx: OperatorContext, output: Output): unknown;
  onFailure?(params: Params, ctx: OperatorContext, error: unknown): unknown;
}

/**
 * A registered kind of task: `uses: <name>` with its params in `with`. Found by its file name in the
 * `operators/` folder of a project or of orch itself.
 */
export interface Operator extends OperatorDefinition {
  readonly [OPERATOR]: true;
}

/** Whether a value was made by `defineOperator`, also by that of another copy of orch. */
export function isOperator(value: unknown): value is Operator {
  return typeof value === 'object' && value !== null && OPERATOR in value;
}
