import type { Pool } from '../../client/generated/api.ts';
import { AppError } from '../../core/model/errors.ts';
import { nearest } from '../../core/model/nearest.ts';
import { POOL_NAME, POOL_SLOTS_MAX } from '../../core/model/pool.ts';
import type { Request } from '../../core/model/request.ts';
import { listPools } from '../../core/scheduler/pool-list.ts';
import type { Project } from '../../core/scheduler/project.ts';
import { valueOfAnswer } from '../answer-error.ts';
import { type AuditedChange, audited } from '../audited.ts';
import { chosenAction } from '../chosen-action.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { openSession } from '../engine.ts';
import { EXIT } from '../exit-code.ts';
import type { Server } from '../remote/server.ts';
import { counted } from '../render/counted.ts';
import { tableLines, tableWidth } from '../render/table.ts';
import { instantText } from '../render/time-text.ts';
import { withProject } from '../with-project.ts';

interface PoolOptions {
  readonly description?: string;
}

/** What is wanted of a pool. */
interface Wanted {
  readonly name: string;
  /** Of `set`. */
  readonly slots: number;
  /** Absent: it stays. */
  readonly description?: string | null;
}

/** Where pools are: in a project of this machine, or behind a server. */
interface PoolPlace {
  list(): Promise<readonly Pool[]>;
  set(wanted: Wanted): Promise<void>;
  remove(name: string): Promise<void>;
}

type Act = (context: CommandContext, place: PoolPlace, wanted: Wanted) => Promise<number>;

const ACTIONS: { readonly [action: string]: Act } = { list, show, set, delete: remove };

/** `orch pool <action>`: what limits attempts across DAGs. */
export const pool = defineCommand<PoolOptions>({
  description:
    'A pool of airflow.yaml, or of the environment, is changed there only; others are in the database. ' +
    'Changes hold at once, also in a scheduler that runs; attempts under way go on.',
  examples: [
    { command: 'orch pool list', what: 'slots, what is held of them, and what waits' },
    {
      command: 'orch pool set exchange 8 --description "API of the exchange"',
      what: 'make it, or change it',
    },
    { command: 'orch pool set exchange 0', what: 'hold its tasks back' },
    { command: 'orch pool show exchange', what: 'one pool, and who changed it last' },
    { command: 'orch pool delete exchange', what: 'refused while tasks name it' },
    { command: 'orch pool list --server prod', what: 'those of a server' },
  ],
  define: (command) => {
    command
      .argument('<action>', 'list, show, set or delete')
      .argument('[name]', 'letters, digits, _ and -')
      .argument('[slots]', 'of set: how many')
      .option('--description <text>', "set: what the pool protects; '' for nothing");
  },
  run: (context, options, args) => {
    const { act, wanted } = wish(options, args);
    return withProject(context, (project) => act(context, poolsHere(project), wanted));
  },
});

/** `orch pool` of a server. */
export const poolThere: RemoteRun<PoolOptions> = (context, server, options, args) => {
  const { act, wanted } = wish(options, args);
  return act(context, poolsThere(server), wanted);
};

/** @throws AppError `usage` for a name or a number that is missing, or none. */
function wish(
  { description }: PoolOptions,
  [action, name, slots]: Parameters<RemoteRun>[3],
): { readonly act: Act; readonly wanted: Wanted } {
  const act = chosenAction('pool', ACTIONS, action, name);
  const wanted = { name: String(name ?? ''), slots: 0 };
  if (description !== undefined && act !== set)
    throw new AppError('usage', `--description is for 'orch pool set', not for 'orch pool ${action}'.`);
  if (slots !== undefined && act !== set)
    throw new AppError(
      'usage',
      `'orch pool ${action}' takes no number of slots. To change it: orch pool set`,
    );
  if (act === list) {
    if (name === undefined) return { act, wanted };
    throw new AppError('usage', `'orch pool list' takes no name. One pool: orch pool show ${name}`);
  }
  if (name === undefined) throw new AppError('usage', `'orch pool ${action}' needs the name of a pool.`);
  if (act === set && /^\d+$/.test(wanted.name))
    throw new AppError('usage', `The name comes first: orch pool set <name> ${wanted.name}`);
  if (!new RegExp(POOL_NAME).test(wanted.name))
    throw new AppError(
      'usage',
      `'${name}' is no name of a pool: a letter or _, then letters, digits, _ and -, 128 at most.`,
    );
  if (act !== set) return { act, wanted };
  const said = description === undefined ? {} : { description: description === '' ? null : description };
  return { act, wanted: { ...wanted, slots: slotsOf(wanted.name, slots), ...said } };
}

function slotsOf(name: string, slots: string | string[] | undefined): number {
  const text = String(slots ?? '');
  if (/^\d{1,7}$/.test(text) && Number(text) <= POOL_SLOTS_MAX) return Number(text);
  const what = `a number of slots, 0 to ${POOL_SLOTS_MAX}: orch pool set ${name} 8`;
  throw new AppError(
    'usage',
    slots === undefined ? `'orch pool set' needs ${what}` : `'${text}' is not ${what}`,
  );
}

function poolsHere(project: Project): PoolPlace {
  const ask = (change: AuditedChange, request: (by: string) => Request): Promise<void> =>
    audited(project, change, async (by) => {
      const session = await openSession(project, { warm: false });
      try {
        valueOfAnswer(await session.ask(request(by)));
      } finally {
        await session.close();
      }
    });
  return {
    list: async () =>
      (await listPools(project)).map((one) => ({ ...one, changedAt: instantText(one.changedAt) })),
    set: ({ name, ...setting }) =>
      ask({ action: 'savePool', target: `pool=${name}`, status: 200 }, (by) => ({
        type: 'setPool',
        pool: name,
        ...setting,
        by,
      })),
    remove: (name) =>
      ask({ action: 'removePool', target: `pool=${name}`, status: 204 }, (by) => ({
        type: 'removePool',
        pool: name,
        by,
      })),
  };
}

function poolsThere(server: Server): PoolPlace {
  return {
    list: async () => (await server.call('listPools', {})).items,
    set: async ({ name, ...body }) => {
      await server.call('savePool', { params: { pool: name }, body });
    },
    remove: (name) => server.call('removePool', { params: { pool: name } }),
  };
}

async function set(context: CommandContext, place: PoolPlace, wanted: Wanted): Promise<number> {
  const isNew = !(await place.list()).some(({ name }) => name === wanted.name);
  await place.set(wanted);
  const { name, slots } = wanted;
  if (context.flags.json) context.json(await one(place, name));
  else context.print(`pool ${name} ${isNew ? 'is new: it' : 'now'} has ${counted(slots, 'slot')}`);
  return EXIT.ok;
}

async function remove(context: CommandContext, place: PoolPlace, { name }: Wanted): Promise<number> {
  await one(place, name);
  await place.remove(name);
  if (context.flags.json) context.json({ name });
  else context.print(`pool ${name} is deleted${name === 'default' ? ': it has 128 slots again' : ''}`);
  return EXIT.ok;
}

async function show(context: CommandContext, place: PoolPlace, { name }: Wanted): Promise<number> {
  const found = await one(place, name);
  if (context.flags.json) {
    context.json(found);
    return EXIT.ok;
  }
  const { slots, used, waiting, description, changedAt, changedBy } = found;
  const changed = changedBy === null ? '' : `, by ${changedBy} at ${changedAt}`;
  const lines = [
    `pool ${name}: ${used} of ${counted(slots, 'slot')} held, ${counted(waiting, 'task instance')} waiting`,
    ...(description === null ? [] : [`  about  ${description}`]),
    `  from   ${sourceText(found)}${changed}`,
  ];
  context.print(lines.join('\n'));
  return EXIT.ok;
}

/** @throws AppError `not_found`, with the name that is most like it. */
async function one(place: PoolPlace, name: string): Promise<Pool> {
  const pools = await place.list();
  const found = pools.find((pool) => pool.name === name);
  if (found !== undefined) return found;
  const names = pools.map((pool) => pool.name);
  const similar = nearest(name, names);
  const hint = similar === null ? `There are: ${names.join(', ')}.` : `Did you mean '${similar}'?`;
  throw new AppError('not_found', `There is no pool '${name}'. ${hint}`);
}

async function list(context: CommandContext, place: PoolPlace): Promise<number> {
  const pools = await place.list();
  const { style, host } = context;
  if (context.flags.json) {
    context.json({ items: pools, nextCursor: null });
    return EXIT.ok;
  }
  const number = (title: string, of: (one: Pool) => number) => ({
    title,
    align: 'right' as const,
    text: (one: Pool) => String(of(one)),
  });
  const columns = [
    { title: 'pool', text: ({ name }: Pool) => name, paint: style.bold },
    number('slots', ({ slots }) => slots),
    number('used', ({ used }) => used),
    number('waiting', ({ waiting }) => waiting),
    { title: 'from', text: sourceText },
    { title: 'about', text: ({ description }: Pool) => description ?? '', flex: true },
  ];
  context.print(tableLines(columns, pools, tableWidth(host.stdout), style.dim).join('\n'));
  return EXIT.ok;
}

/** Who says so. */
function sourceText({ kind, place }: Pool): string {
  return kind === 'config' ? (place ?? 'airflow.yaml') : kind === 'stored' ? 'the database' : 'default';
}
