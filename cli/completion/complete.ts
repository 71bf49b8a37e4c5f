import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import tab from '@bomb.sh/tab';
import { ROLES } from '../../core/model/account.ts';
import { COMMANDS } from '../commands.ts';
import type { CommandContext } from '../context.ts';
import { knownNames } from './names-cache.ts';

type Offer = (value: string, description: string) => void;

const TAKES_DAG = ['show', 'graph', 'plan', 'trigger', 'simulate'];
const TAKES_RUN = ['status', 'watch', 'logs', 'why', 'retry', 'cancel', 'mark'];
const ACTIONS: { readonly [command: string]: readonly string[] } = {
  token: ['create', 'list', 'revoke'],
  user: ['set', 'list', 'remove'],
};
const SCOPE_FLAGS = ['until', 'from', 'only'];

/**
 * Answers a shell: prints the completions of the words so far. Names come from what orch remembers of the
 * project's files, runs from its store; nothing of the project is executed.
 */
export async function complete(words: readonly string[], context: CommandContext): Promise<void> {
  const dir = resolve(context.host.cwd, directoryOf(words) ?? '.');
  const names = knownNames(join(dir, '.orch')) ?? namesOfFiles(dir);
  const dagIds = (offer: Offer): void => {
    for (const [id, tasks] of Object.entries(names))
      offer(id, tasks.length === 0 ? '' : `${tasks.length} names`);
  };
  const dagId = words.find((word) => Object.hasOwn(names, word));
  const tasks = (offer: Offer): void => {
    for (const name of dagId === undefined ? [] : (names[dagId] ?? [])) offer(name, '');
  };
  const runs = TAKES_RUN.includes(commandOf(words) ?? '') ? await recentRuns(dir, context) : [];
  for (const { name, summary } of COMMANDS) {
    const command = tab.command(name, summary);
    if (TAKES_DAG.includes(name)) command.argument('dag', dagIds);
    if (TAKES_RUN.includes(name)) command.argument('run', (offer: Offer) => offerRuns(runs, offer));
    if (name === 'trigger' || name === 'plan')
      for (const flag of SCOPE_FLAGS) command.option(flag, 'a task, group or stage', tasks);
    if (name === 'retry') command.option('task', 'a task', tasks);
    if (name === 'graph')
      command.option('format', 'how to draw', offerAll('ascii', 'mermaid', 'dot', 'json'));
    const actions = ACTIONS[name];
    if (actions !== undefined) {
      command.argument('action', offerAll(...actions));
      command.option('role', 'what it may do', offerAll(...ROLES));
      command.option('dags', 'only these DAGs', dagIds);
    }
    command.option('json', 'print JSON');
    command.option('help', 'print help', 'h');
  }
  tab.option('directory', 'the project', () => {}, 'C');
  tab.parse([...words]);
}

function offerAll(...values: readonly string[]): (offer: Offer) => void {
  return (offer) => {
    for (const value of values) offer(value, '');
  };
}

function commandOf(words: readonly string[]): string | undefined {
  return words.find((word) => COMMANDS.some(({ name }) => name === word));
}

function directoryOf(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word === '-C' || word === '--directory');
  return at < 0 ? undefined : words[at + 1];
}

/** Before the files were ever read: a DAG file is most often named like its DAG. */
function namesOfFiles(dir: string): { readonly [dagId: string]: readonly string[] } {
  try {
    const files = readdirSync(join(dir, 'dags')).filter((file) => /\.(ts|ya?ml)$/.test(file));
    return Object.fromEntries(files.map((file) => [file.replace(/\.(ts|ya?ml)$/, ''), []]));
  } catch {
    return {};
  }
}

async function recentRuns(
  dir: string,
  context: CommandContext,
): Promise<readonly { id: string; text: string }[]> {
  try {
    const { openProject } = await import('../engine.ts');
    const project = await openProject(dir, context);
    try {
      const runs = await project.store.runs({ limit: 20 });
      return [
        { id: 'last', text: 'the latest run' },
        ...[...new Set(runs.map(({ dagId }) => dagId))].map((dagId) => ({
          id: `last:${dagId}`,
          text: `the latest run of ${dagId}`,
        })),
        ...runs.map((run) => ({ id: run.uid, text: `${run.dagId} ${run.state}` })),
      ];
    } finally {
      await project.close();
    }
  } catch {
    return [];
  }
}

function offerRuns(runs: readonly { readonly id: string; readonly text: string }[], offer: Offer): void {
  for (const { id, text } of runs) offer(id, text);
}
