import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadOperator } from '../../operators/index.ts';
import type { AttemptDefinition } from '../model/attempt.ts';
import { FatalError } from '../model/context.ts';
import { operatorTask } from './operator-task.ts';
import type { LiveContext } from './task-context.ts';

/** What a runner calls for every attempt of a task. */
export type LoadedTask = (ctx: LiveContext) => unknown;

type UserFunction = (inputs: unknown, ctx: LiveContext) => unknown;

/**
 * Loads the code of a function or operator from the snapshot of its version.
 *
 * @throws FatalError when the code does not hold what the task names; whatever the code throws while it
 * loads.
 */
export async function loadTask(definition: AttemptDefinition, projectDir: string): Promise<LoadedTask> {
  const { action, code } = definition;
  if (action.kind === 'operator') {
    return operatorTask(await loadOperator(action.operator, [code.root, projectDir]), action.operator);
  }
  if (action.kind !== 'function')
    throw new FatalError(`a task of kind ${action.kind} does not run in a runner`);
  const run = action.ref.startsWith('#')
    ? await inlineTask(definition, action.ref.slice(1))
    : await exportedTask(definition, action.ref);
  return (ctx) => run({ ...ctx.with, ...ctx.inputs }, ctx);
}

async function importFile(path: string): Promise<{ readonly [name: string]: unknown }> {
  return (await import(pathToFileURL(path).href)) as { readonly [name: string]: unknown };
}

async function inlineTask(definition: AttemptDefinition, name: string): Promise<UserFunction> {
  const { root, entry } = definition.code;
  const { inlineFunction } = await import('../authoring/builder.ts');
  const found = inlineFunction((await importFile(join(root, entry))).default, definition.dagId, name);
  if (found) return found as UserFunction;
  throw new FatalError(`${entry} exports no DAG '${definition.dagId}' with a function for '${name}'`);
}

async function exportedTask(definition: AttemptDefinition, ref: string): Promise<UserFunction> {
  const { root, entry } = definition.code;
  const hash = ref.lastIndexOf('#');
  const file = hash < 0 ? ref : ref.slice(0, hash);
  const name = hash < 0 ? 'default' : ref.slice(hash + 1);
  const module = await importFile(resolve(dirname(join(root, entry)), file));
  const found = Object.hasOwn(module, name) ? module[name] : undefined;
  if (typeof found === 'function') return found as UserFunction;
  const functions = Object.keys(module).filter((key) => typeof module[key] === 'function');
  const others = functions.length > 0 ? `; it exports ${functions.join(', ')}` : '';
  throw new FatalError(`${file} exports no function '${name}'${others}`);
}
