import type { RunNo } from '../core/model/ids.ts';
import type { Store } from '../core/store/store.ts';
import type { CommandContext } from './context.ts';
import { badHookLines } from './render/hook-lines.ts';

/** Says on stderr which hooks of a run did not end well: they change neither the run nor the exit code. */
export async function tellBadHooks(context: CommandContext, store: Store, runNo: RunNo): Promise<void> {
  for (const line of badHookLines(await store.hooks(runNo), context.style)) context.warn(`hook: ${line}`);
}
