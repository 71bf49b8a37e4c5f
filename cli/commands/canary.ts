import { AppError } from '../../core/model/errors.ts';
import type { RunRecord } from '../../core/model/run.ts';
import { isRunFinished } from '../../core/model/states.ts';
import { readPools } from '../../core/scheduler/pools.ts';
import type { Project } from '../../core/scheduler/project.ts';
import { valueOfAnswer } from '../answer-error.ts';
import { askRollback } from '../ask-rollback.ts';
import { type CanaryState, canaryOf } from '../canary-state.ts';
import { collect, defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { countFlag } from '../duration-flag.ts';
import { openSession } from '../engine.ts';
import { EXIT } from '../exit-code.ts';
import { definePlanParams } from '../param-flags.ts';
import { requirePools } from '../pool-problems.ts';
import { shortRunId } from '../render/run-name.ts';
import { glyph } from '../render/state-look.ts';
import { type RunOptions, runHere, wantedRun } from '../run-here.ts';
import { userName } from '../user-name.ts';
import { requireVersion } from '../version-list.ts';
import { versionsNow } from '../versions-now.ts';
import { withProject } from '../with-project.ts';

interface CanaryOptions extends RunOptions {
  /** The version that is tried. */
  readonly try?: string;
  readonly base?: string;
  readonly promote?: boolean;
  readonly abort?: boolean;
}

/** `orch canary <dag> --key K`: runs a version for some keys while new runs have the one before. */
export const canary = defineCommand<CanaryOptions>({
  description:
    'New runs have the version before, and a run of these keys alone has what the file declares, until ' +
    '--promote gives the version that was tried to new runs, or --abort leaves them with the old one until ' +
    'the file changes. Without options it says how far it is.',
  examples: [
    { command: 'orch canary pipeline --key AAPL', what: 'try the version of the file for one key' },
    { command: 'orch canary pipeline', what: 'its runs, and which versions there are' },
    { command: 'orch canary pipeline --promote', what: 'new runs have it, if its last run succeeded' },
    { command: 'orch canary pipeline --abort', what: 'new runs keep the old version until the file changes' },
  ],
  define: (command) => {
    command.argument('<dag>', 'the DAG');
    command
      .option('--key <key>', 'only this key of fan-outs; may be repeated', collect)
      .option('--until <name>', 'only this task, group or stage and all it needs', collect)
      .option('--try <version>', 'try this version instead of what the file declares')
      .option('--base <version>', 'new runs have this version instead of the one before');
    definePlanParams(command);
    command
      .option('--promote', 'new runs have the version that was tried')
      .option('--abort', 'end the runs of the canary; new runs keep the old version');
  },
  run: async (context, options, [name]) => {
    const dagId = String(name);
    const isStart = options.key !== undefined;
    const chosen = [isStart, options.promote === true, options.abort === true].filter(Boolean);
    if (chosen.length > 1) throw new AppError('usage', 'Choose one of --key, --promote and --abort.');
    return withProject(context, async (project) => {
      if (isStart) return start(context, project, dagId, options);
      const state = await canaryOf(project.store, dagId);
      if (options.promote === true) return promote(context, project, state);
      if (options.abort === true) return abort(context, project, state);
      tell(context, state);
      return EXIT.ok;
    });
  },
});

async function start(
  context: CommandContext,
  project: Project,
  dagId: string,
  options: CanaryOptions,
): Promise<number> {
  const { store } = project;
  const tried = options.try === undefined ? null : countFlag('--try', options.try);
  const now = await versionsNow(project, dagId);
  const candidate = tried === null ? now.declared : await requireVersion(store, dagId, tried);
  const base = await baseOf(project, dagId, options, now.rolledBackTo);
  requirePools(candidate, await readPools(project));
  const wanted = wantedRun(context, candidate, options);
  await askRollback(context, project, dagId, base, true);
  const [pin] = await store.pins([dagId]);
  const versionNo = tried ?? pin?.declaredNo;
  if (pin === undefined || versionNo === undefined || versionNo === pin.versionNo)
    throw new AppError('conflict', `New runs of DAG ${dagId} have that version: there is nothing to try.`);
  context.say(`New runs of DAG ${dagId} have version ${pin.versionNo}; this run has ${versionNo}.`);
  const code = await runHere(context, project, { ...wanted, versionNo }, { timeoutMs: null });
  const next = code === EXIT.ok ? '--promote' : '--abort';
  context.say(`Then: orch canary ${dagId} ${next}`);
  return code;
}

/** The version of new runs while another one is tried: the one that they had before the file changed. */
async function baseOf(
  { store, library }: Project,
  dagId: string,
  options: CanaryOptions,
  rolledBackTo: number | null,
): Promise<number> {
  if (options.base !== undefined)
    return (await requireVersion(store, dagId, countFlag('--base', options.base))).versionNo;
  if (rolledBackTo !== null) return rolledBackTo;
  const known = await store.dag(dagId);
  const { dag } = await library.load(dagId);
  const [newest, before] = await store.versionsOf(dagId, 2);
  const stored = known === null ? null : await store.version(known.versionNo);
  const isSeen = stored?.graphHash === dag.graphHash && stored.codeHash === dag.code.digest;
  const base = isSeen ? (stored.versionNo === newest?.versionNo ? before : newest) : stored;
  if (!base)
    throw new AppError(
      'conflict',
      `DAG ${dagId} has one version only: there is none that new runs could keep.`,
    );
  return base.versionNo;
}

async function promote(context: CommandContext, project: Project, state: CanaryState): Promise<number> {
  const { pin, runs } = state;
  const [last] = runs;
  if (last === undefined)
    throw new AppError(
      'conflict',
      `No canary run of DAG ${pin.dagId} was made: orch canary ${pin.dagId} --key KEY`,
    );
  if (last.state !== 'success')
    throw new AppError(
      'conflict',
      `Run ${shortRunId(last.uid)} of the canary is ${last.state}: it has to succeed first. ` +
        `In spite of it: orch rollback ${pin.dagId} --off`,
    );
  const isDeclared = last.versionNo === pin.declaredNo;
  await askRollback(context, project, pin.dagId, isDeclared ? null : last.versionNo);
  if (context.flags.json) context.json({ dagId: pin.dagId, version: last.versionNo, promoted: true });
  else
    context.print(`New runs of DAG ${pin.dagId} have version ${last.versionNo}; they had ${pin.versionNo}`);
  return EXIT.ok;
}

async function abort(context: CommandContext, project: Project, state: CanaryState): Promise<number> {
  const { pin, runs } = state;
  const open = runs.filter((run) => !isRunFinished(run.state));
  if (open.length > 0) await cancelRuns(context, project, open);
  await askRollback(context, project, pin.dagId, pin.versionNo);
  if (context.flags.json)
    context.json({ dagId: pin.dagId, version: pin.versionNo, cancelled: open.map(({ uid }) => uid) });
  else
    context.print(
      `New runs of DAG ${pin.dagId} keep version ${pin.versionNo} until its file changes` +
        `${open.length === 0 ? '' : `; cancelled: ${open.map(({ uid }) => shortRunId(uid)).join(', ')}`}`,
    );
  return EXIT.ok;
}

async function cancelRuns(
  { host }: CommandContext,
  project: Project,
  runs: readonly RunRecord[],
): Promise<void> {
  const session = await openSession(project, { warm: false });
  try {
    for (const run of runs) {
      const by = userName(host.env);
      valueOfAnswer(await session.ask({ type: 'cancel', runUid: run.uid, by }));
      await session.finished(run.runNo);
    }
  } finally {
    await session.close();
  }
}

function tell(context: CommandContext, { pin, runs }: CanaryState): void {
  if (context.flags.json) {
    const items = runs.map(({ uid, versionNo, state, scope }) => ({
      runId: uid,
      version: versionNo,
      keys: scope.keys ?? [],
      state,
    }));
    context.json({ dagId: pin.dagId, version: pin.versionNo, declared: pin.declaredNo, items });
    return;
  }
  context.print(
    [
      `New runs of DAG ${pin.dagId} have version ${pin.versionNo}; its file declares ${pin.declaredNo}`,
      ...runs.map((run) => runText(context, run)),
      ...(runs.length === 0 ? [`no canary run yet: orch canary ${pin.dagId} --key KEY`] : []),
    ].join('\n'),
  );
}

function runText({ style }: CommandContext, { uid, versionNo, state, scope }: RunRecord): string {
  const keys = (scope.keys ?? []).join(', ');
  return `  ${glyph(state, style)} version ${versionNo}  run ${shortRunId(uid)}  ${keys}  ${state}`;
}
