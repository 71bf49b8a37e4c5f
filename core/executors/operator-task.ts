import { FatalError } from '../model/context.ts';
import type { JsonObject } from '../model/json.ts';
import type { Operator } from '../model/operator.ts';
import type { LoadedTask } from './load-task.ts';
import type { LiveContext } from './task-context.ts';

/** Makes an operator callable: checks its params, and runs its hooks and its clean-up around `execute`. */
export async function operatorTask(operator: Operator, name: string): Promise<LoadedTask> {
  const problems = await paramsCheck(operator);
  return async (ctx) => {
    const params = withDefaults(ctx.with, operator.params);
    const found = problems(params);
    if (found.length > 0) throw new FatalError(`operator ${name}: ${found.join('; ')}`);
    const { hooks } = operator;
    try {
      if (ctx.attempt > 1) await aside(ctx, 'onRetry', () => hooks?.onRetry?.(params, ctx));
      const output = await operator.execute(params, ctx);
      await aside(ctx, 'onSuccess', () => hooks?.onSuccess?.(params, ctx, output));
      return output;
    } catch (error) {
      await aside(ctx, 'onFailure', () => hooks?.onFailure?.(params, ctx, error));
      throw error;
    } finally {
      await aside(ctx, 'cleanup', () => operator.cleanup?.(params, ctx));
    }
  };
}

/** Params that the schema gives a default and the task leaves out. */
function withDefaults(params: JsonObject, schema: JsonObject): JsonObject {
  const properties = (schema['properties'] ?? {}) as { readonly [name: string]: JsonObject };
  const absent = Object.entries(properties).filter(
    ([name, property]) => !Object.hasOwn(params, name) && property['default'] !== undefined,
  );
  if (absent.length === 0) return params;
  return {
    ...params,
    ...Object.fromEntries(absent.map(([name, property]) => [name, property['default'] ?? null])),
  };
}

async function aside(ctx: LiveContext, what: string, run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    ctx.log.warn(
      `${what} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
}

async function paramsCheck(operator: Operator): Promise<(params: JsonObject) => readonly string[]> {
  const { Compile } = await import('typebox/schema');
  const schema = Compile(operator.params as object);
  return (params) => {
    if (!schema.Check(params)) {
      const [, errors] = schema.Errors(params);
      return errors.map((error) => `${error.instancePath || 'params'} ${error.message}`);
    }
    return operator.validate?.(params) ?? [];
  };
}
