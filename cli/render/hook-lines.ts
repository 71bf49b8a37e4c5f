import type { HookRecord } from '../../core/model/hook.ts';
import type { Style } from '../style.ts';
import { tamed } from './text-width.ts';

/** How many that did not end well are named one by one. */
const NAMED_MAX = 10;

/** What is told of a hook. */
export interface ToldHook extends Pick<HookRecord, 'state' | 'tries'> {
  readonly event: NamedHook;
  readonly error: { readonly message: string } | null;
}

/** What became of the hooks of a run: how many, and those that did not end well. Nothing if it had none. */
export function hookLines(hooks: readonly ToldHook[], style: Style): string[] {
  if (hooks.length === 0) return [];
  const counts = Map.groupBy(hooks, ({ state }) => state);
  const text = [...counts].map(([state, jobs]) => `${jobs.length} ${state}`).join(', ');
  return ['', `Hooks: ${text}`, ...badHookLines(hooks, style).map((line) => `  ${line}`)];
}

/** The hooks that did not end well, a line each, and how many more there are. */
export function badHookLines(hooks: readonly ToldHook[], style: Style): string[] {
  const bad = hooks.filter(({ state, tries }) => state === 'failed' || (state === 'waiting' && tries > 0));
  const more = bad.length - NAMED_MAX;
  return [
    ...bad.slice(0, NAMED_MAX).map((job) => badText(job, style)),
    ...(more > 0 ? [style.dim(`and ${more} more`)] : []),
  ];
}

/** What a hook is named by. */
export interface NamedHook {
  readonly hook: string;
  readonly task: string | null;
  readonly key: string | null;
}

/** What a hook is of: `fetch onFailure`, or for one of the DAG its own name. */
export function hookName({ task, key, hook }: NamedHook): string {
  return [task, key === null ? null : `[${key}]`, hook].filter((part) => part !== null).join(' ');
}

function badText(job: ToldHook, style: Style): string {
  const { state, tries, error } = job;
  const what = state === 'failed' ? style.bad('failed') : 'is to be tried again';
  const times = `${tries} ${tries === 1 ? 'try' : 'tries'}`;
  return `${hookName(job.event)} ${what} after ${times}: ${tamed(error?.message ?? '')}`;
}
