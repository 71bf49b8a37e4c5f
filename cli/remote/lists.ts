import type { Approval, Backfill } from '../../client/generated/api.ts';
import { AppError } from '../../core/model/errors.ts';
import { type BackfillOptions, wantedBackfill } from '../backfill-create.ts';
import type { RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { counted } from '../render/counted.ts';
import { shortRunId } from '../render/run-name.ts';
import { type Column, tableLines, tableWidth } from '../render/table.ts';
import { slotText } from '../render/time-text.ts';
import { dagOfServer } from './dag-of-server.ts';
import { answer } from './mend.ts';
import type { Server } from './server.ts';

/** Tells a list as a table, or as JSON; `none` is said where it is empty. */
function printList<T>(
  context: CommandContext,
  items: readonly T[],
  columns: readonly Column<T>[],
  none: string,
): number {
  const { host, style } = context;
  if (context.flags.json) context.json({ items, nextCursor: null });
  else if (items.length === 0) context.say(none);
  else context.print(tableLines(columns, items, tableWidth(host.stdout), style.dim).join('\n'));
  return EXIT.ok;
}

/** `orch approve` of a server: what waits for an answer, or an answer. */
export const approve: RemoteRun<{ message?: string }> = async (context, server, options, args) => {
  if (args[0] !== undefined) return answer(context, server, options, args);
  const columns: readonly Column<Approval>[] = [
    { title: 'run', text: ({ runId }) => shortRunId(runId) },
    { title: 'task', text: ({ dagId, name }) => `${dagId}: ${name}` },
    { title: 'question', text: ({ title }) => title, flex: true },
    { title: 'options', text: ({ options: of }) => of.join(', '), flex: true },
    { title: 'until', text: ({ until }) => until ?? 'no limit' },
  ];
  return printList(context, await server.items('listApprovals', {}), columns, 'Nothing waits for an answer.');
};

/** `orch backfill` of a server. */
export const backfill: RemoteRun<BackfillOptions> = async (context, server, options, [action, name]) => {
  switch (action) {
    case 'list':
      return listBackfills(context, server);
    case 'create':
      return createBackfill(context, server, options, needed(name, 'a DAG'));
    case 'show':
      return tellBackfill(context, await server.call('getBackfill', { params: idOf(name) }));
    case 'pause':
      return tellBackfill(context, await server.call('pauseBackfill', { params: idOf(name), body: {} }));
    case 'resume':
      return tellBackfill(context, await server.call('resumeBackfill', { params: idOf(name), body: {} }));
    case 'cancel':
      return tellBackfill(context, await server.call('cancelBackfill', { params: idOf(name), body: {} }));
    default:
      throw new AppError(
        'usage',
        `There is no 'orch backfill ${action}'. There are: create, list, show, pause, resume, cancel.`,
      );
  }
};

function needed(word: string | string[] | undefined, what: string): string {
  if (word === undefined) throw new AppError('usage', `This needs ${what}.`);
  return String(word);
}

function idOf(name: string | string[] | undefined): { readonly backfillId: string } {
  return { backfillId: needed(name, 'the number of a backfill') };
}

async function listBackfills(context: CommandContext, server: Server): Promise<number> {
  const { items } = await server.call('listBackfills', { query: { limit: 100 } });
  const number = (title: string, of: (one: Backfill) => number | string): Column<Backfill> => ({
    title,
    align: 'right',
    text: (one) => String(of(one)),
  });
  const columns: readonly Column<Backfill>[] = [
    number('id', ({ backfillId }) => backfillId),
    { title: 'dag', flex: true, text: ({ dagId }) => dagId },
    { title: 'state', text: ({ state }) => state },
    { title: 'first due (UTC)', text: ({ firstAt }) => slotText(Date.parse(firstAt)) },
    { title: 'last due', text: ({ lastAt }) => slotText(Date.parse(lastAt)) },
    number('slots', ({ slots }) => slots),
    number('decided', ({ decided }) => decided),
  ];
  return printList(context, items, columns, 'There are no backfills.');
}

async function createBackfill(
  context: CommandContext,
  server: Server,
  options: BackfillOptions,
  dagId: string,
): Promise<number> {
  const { dag } = await dagOfServer(server, dagId);
  const wanted = wantedBackfill(context, dag, options);
  const { fromAt, toAt, which, reverse, scope, params, maxActiveRuns } = wanted;
  const body = {
    dagId,
    from: new Date(fromAt).toISOString(),
    to: new Date(toAt).toISOString(),
    which,
    reverse,
    scope,
    params,
    ...(maxActiveRuns === null ? {} : { maxActiveRuns }),
  };
  const dryRun = options.dryRun === true;
  const made = await server.call('createBackfill', { query: { dryRun }, body });
  if ('backfillId' in made) {
    const { backfillId, slots } = made as Backfill;
    if (context.flags.json) context.json({ backfillId, dagId, slots });
    else context.print(backfillId);
    context.say(`Backfill ${backfillId} of ${dagId}: ${counted(slots, 'slot')}.`);
    return EXIT.ok;
  }
  const { counts } = made as { readonly counts: { run: number; retry: number; leave: number } };
  if (context.flags.json) context.json(made);
  else
    context.print(
      `${counted(counts.run, 'new run')}, ${counts.retry} retried in place, ${counts.leave} left. ` +
        'Nothing was done.',
    );
  return EXIT.ok;
}

function tellBackfill(context: CommandContext, one: Backfill): number {
  const { backfillId, dagId, state, slots, decided, firstAt, lastAt } = one;
  if (context.flags.json) context.json(one);
  else
    context.print(
      [
        `Backfill ${backfillId} of ${dagId} is ${state}`,
        `  slots   ${slots}, due ${slotText(Date.parse(firstAt))} to ${slotText(Date.parse(lastAt))}; ` +
          `${decided} decided`,
      ].join('\n'),
    );
  return EXIT.ok;
}
