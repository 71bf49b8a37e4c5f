import { FatalError, notYetAnswer } from '../model/context.ts';
import type { JsonObject } from '../model/json.ts';
import type { Operator } from '../model/operator.ts';
import { ownProblems } from '../model/own-problems.ts';
import type { LoadedTask } from './load-task.ts';
import { LiveContext } from './task-context.ts';
import { deferralOf } from './task-error.ts';

/** Of the grace of an attempt that must end, the share that its work has; the rest is for the clean-up. */
const SHARE_OF_WORK = 0.5;

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
      const output = await Promise.race([executed(operator, params, ctx), graceOver(ctx)]);
      if (notYetAnswer(output) === null)
        await aside(ctx, 'onSuccess', () => hooks?.onSuccess?.(params, ctx, output));
      return output;
    } catch (error) {
      if (deferralOf(error) === null)
        await aside(ctx, 'onFailure', () => hooks?.onFailure?.(params, ctx, error));
      throw error;
    } finally {
      await aside(ctx, 'cleanup', () => operator.cleanup?.(params, ctx));
    }
  };
}

/** The output; an attempt that is out of time has none, whatever it still returns. */
async function executed(operator: Operator, params: JsonObject, ctx: LiveContext): Promise<unknown> {
  const output = await operator.execute(params, ctx);
  if (!ctx.shouldStop()) return output;
  // Why it must end may be known a turn later than that it must.
  await new Promise(setImmediate);
  if (LiveContext.stopReason(ctx) === 'timeout') throw ctx.signal.reason;
  return output;
}

/** Rejects when work that was told to end has not ended in its share of the grace. */
function graceOver(ctx: LiveContext): Promise<never> {
  return new Promise((_, reject) => {
    const giveUp = (): void => {
      setTimeout(() => reject(ctx.signal.reason), LiveContext.graceMs(ctx) * SHARE_OF_WORK).unref();
    };
    if (ctx.signal.aborted) giveUp();
    else ctx.signal.addEventListener('abort', giveUp, { once: true });
  });
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
    return ownProblems(operator, params);
  };
}
