import { AppError } from '../../core/model/errors.ts';
import { isRunFinished, RUN_STATES } from '../../core/model/states.ts';
import { readPools } from '../../core/scheduler/pools.ts';
import type { Project } from '../../core/scheduler/project.ts';
import { askRollback } from '../ask-rollback.ts';
import { changeBetween, type DagChange } from '../changed-dags.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { countFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { changeJson, changeLines } from '../plan-changes.ts';
import { requirePools } from '../pool-problems.ts';
import { dagOfServer } from '../remote/dag-of-server.ts';
import { ServerDesk } from '../remote/server-desk.ts';
import { listVersions, requireVersion, tellVersions, VERSIONS_MAX } from '../version-list.ts';
import { versionsNow } from '../versions-now.ts';
import { withProject } from '../with-project.ts';

const UNFINISHED = RUN_STATES.filter((state) => !isRunFinished(state));

interface RollbackOptions {
  readonly to?: string;
  readonly off?: boolean;
  readonly dryRun?: boolean;
}

/** `orch rollback <dag>`: its versions; with `--to` new runs have an older one until the file changes. */
export const rollback = defineCommand<RollbackOptions>({
  description:
    'New runs, of schedules and by hand, have that version with its code, until the DAG file or its code ' +
    'changes. Runs under way keep the version that they began with. Without --to it lists the versions.',
  examples: [
    { command: 'orch rollback pipeline', what: 'the versions that there are' },
    { command: 'orch rollback pipeline --to 12 -n', what: 'what would change' },
    { command: 'orch rollback pipeline --to 12', what: 'new runs have version 12' },
    { command: 'orch rollback pipeline --off', what: 'new runs have what the file declares' },
  ],
  define: (command) => {
    command.argument('<dag>', 'the DAG');
    command
      .option('--to <version>', 'the number of a version')
      .option('--off', 'end the rollback')
      .option('-n, --dry-run', 'only say what would change');
  },
  run: async (context, options, [name]) => {
    const dagId = String(name);
    const to = wantedVersion(options);
    return withProject(context, async (project) => {
      if (to === null && options.off !== true) return listVersions(context, project, dagId);
      return rollBack(context, project, dagId, to, options.dryRun === true);
    });
  },
});

async function rollBack(
  context: CommandContext,
  project: Project,
  dagId: string,
  to: number | null,
  dryRun: boolean,
): Promise<number> {
  const { store, clock } = project;
  const now = await versionsNow(project, dagId);
  if (to === null && now.rolledBackTo === null)
    throw new AppError('conflict', `DAG ${dagId} is not rolled back.`);
  const target = to === null ? now.declared : await requireVersion(store, dagId, to);
  requirePools(target, await readPools(project));
  const known = await store.dag(dagId);
  if (known === null) throw new AppError('not_found', `DAG ${dagId} has no version yet.`);
  const unfinished = (await store.unfinishedRuns()).filter((run) => run.dagId === dagId).length;
  const change = changeBetween(known, now.inForce, target, unfinished, clock.now());
  if (!dryRun) await askRollback(context, project, dagId, to);
  return tellRolledBack(context, dagId, to, dryRun, change);
}

/** `orch rollback` of a server. */
export const rollbackThere: RemoteRun<RollbackOptions> = async (context, server, options, [name]) => {
  const to = wantedVersion(options);
  const dryRun = options.dryRun === true;
  const { dag, detail } = await dagOfServer(server, String(name));
  const { dagId, rolledBack } = detail;
  if (to === null && options.off !== true) {
    const query = { limit: VERSIONS_MAX };
    const { items } = await server.call('listVersions', { params: { dagId }, query });
    return tellVersions(context, dagId, rolledBack?.version ?? null, items);
  }
  if (to === null && rolledBack === null) throw new AppError('conflict', `DAG ${dagId} is not rolled back.`);
  const target = await new ServerDesk(server).version(dagId, to ?? rolledBack?.declared ?? 0);
  const open = await new ServerDesk(server).runs({ dagId, states: UNFINISHED });
  const change = changeBetween(null, dag, target, open.length, context.host.clock.now());
  if (!dryRun) await server.call('rollBackDag', { params: { dagId }, body: { version: to } });
  return tellRolledBack(context, dagId, to, dryRun, change);
};

/** The version that is asked for; `null`: none. */
function wantedVersion({ to, off }: RollbackOptions): number | null {
  if (to !== undefined && off === true) throw new AppError('usage', 'Choose one of --to and --off.');
  return to === undefined ? null : countFlag('--to', to);
}

function tellRolledBack(
  context: CommandContext,
  dagId: string,
  to: number | null,
  dryRun: boolean,
  change: DagChange,
): number {
  if (context.flags.json) {
    context.json({ dagId, version: to, isRolledBack: to !== null, dryRun, change: changeJson(change) });
    return EXIT.ok;
  }
  const what = to === null ? 'what its file declares' : `version ${to}`;
  const until = to === null ? '' : ' until its file changes';
  context.print(`New runs of DAG ${dagId} ${dryRun ? 'would have' : 'have'} ${what}${until}`);
  context.print(changeLines(change, context.style).join('\n'));
  return EXIT.ok;
}
