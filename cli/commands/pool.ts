import type { Pool } from '../../client/generated/api.ts';
import { readPoolUse } from '../../core/scheduler/pool-use.ts';
import { chosenAction } from '../chosen-action.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import type { Server } from '../remote/server.ts';
import { tableLines, tableWidth } from '../render/table.ts';
import { withProject } from '../with-project.ts';

/** `orch pool list`: what limits attempts across DAGs. */
export const pool = defineCommand({
  description: 'How many slots a pool has stands in airflow.yaml.',
  examples: [
    { command: 'orch pool list', what: 'slots, what is held of them, and what waits' },
    { command: 'orch pool list --server prod', what: 'those of a server' },
  ],
  define: (command) => {
    command.argument('<action>', 'list');
  },
  run: (context, _options, [action]) => chosenAction('pool', { list }, action)(context),
});

function list(context: CommandContext): Promise<number> {
  return withProject(context, async (project) => {
    const pools = (await readPoolUse(project)).map((one) => ({
      ...one,
      description: project.config.pools[one.name]?.description ?? null,
    }));
    return printPools(context, pools);
  });
}

/** `orch pool` of a server. */
export const poolThere: RemoteRun = (context, server, _options, [action]) =>
  chosenAction('pool', { list: listThere }, action)(context, server);

async function listThere(context: CommandContext, server: Server): Promise<number> {
  return printPools(context, (await server.call('listPools', {})).items);
}

function printPools(context: CommandContext, pools: readonly Pool[]): number {
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
    { title: 'about', text: ({ description }: Pool) => description ?? '', flex: true },
  ];
  context.print(tableLines(columns, pools, tableWidth(host.stdout), style.dim).join('\n'));
  return EXIT.ok;
}
