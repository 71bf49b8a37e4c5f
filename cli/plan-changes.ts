import { type ChangedDags, changedDags, type DagChange } from './changed-dags.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { counted } from './render/counted.ts';
import { diagnosticText } from './render/diagnostic-text.ts';
import type { Style } from './style.ts';
import { withProject } from './with-project.ts';

const SIGNS = { new: '+', graph: '~', code: '~', gone: '-', none: ' ' } as const;
const WORDS = {
  new: 'new',
  graph: 'the graph changes',
  code: 'only its code changes',
  gone: 'no file declares it any more; its runs stay',
  none: 'as it is',
} as const;

/**
 * `orch plan` without a DAG: which DAGs get a new version at their next run. Exit 3 if a file cannot be
 * read; with `--exit-code` 10 if something changes.
 */
export async function planChanges(context: CommandContext, wantsCode: boolean): Promise<number> {
  const found = await withProject(context, changedDags);
  const errors = found.diagnostics.filter(({ severity }) => severity === 'error');
  const changed = found.changes.filter(({ change }) => change !== 'none');
  if (context.flags.json) context.json({ items: found.changes, diagnostics: found.diagnostics });
  else print(context, found, changed);
  if (errors.length > 0) return EXIT.invalid;
  return wantsCode && changed.length > 0 ? EXIT.changes : EXIT.ok;
}

function print(
  context: CommandContext,
  { changes, diagnostics }: ChangedDags,
  changed: readonly DagChange[],
): void {
  for (const one of changed) context.print(changeText(one, context.style));
  const same = changes.length - changed.length;
  context.print(`${counted(changed.length, 'DAG')} would change, ${same} would not`);
  for (const diagnostic of diagnostics)
    context.host.stderr.write(`${diagnosticText(diagnostic, context.errStyle)}\n`);
}

function changeText({ dagId, change, file, added, removed }: DagChange, style: Style): string {
  const paint = change === 'new' ? style.good : change === 'gone' ? style.bad : style.warn;
  const tasks = [...added.map((path) => `+${path}`), ...removed.map((path) => `-${path}`)];
  const detail =
    tasks.length === 0 ? '' : `: ${tasks.slice(0, 8).join(' ')}${tasks.length > 8 ? ' ...' : ''}`;
  return `${paint(SIGNS[change])} ${style.bold(dagId)}  ${WORDS[change]}${detail}  ${style.dim(file)}`;
}
