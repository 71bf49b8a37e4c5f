import { FatalError, type TaskContext } from 'orch';

/** What was looked at, whether it is within bounds, and one sentence of people's words. */
export type Finding = { readonly name: string; readonly ok: boolean; readonly text: string };

/** A number of the params. Throws `FatalError` if it is none. */
export function bound(ctx: TaskContext, name: string): number {
  const value = ctx.params[name];
  if (typeof value === 'number') return value;
  throw new FatalError(`param ${name} is ${JSON.stringify(value) ?? 'missing'}; it must be a number.`);
}

/** A folder of the params, absolute. Throws `FatalError` if it is none. */
export function folder(ctx: TaskContext, name: string): string {
  const value = ctx.params[name];
  if (typeof value === 'string' && value.trim() !== '') return `${ctx.projectDir}/${value}`;
  throw new FatalError(`param ${name} is ${JSON.stringify(value) ?? 'missing'}; it must be a folder.`);
}
