import { compileGraph } from '../core/graph/graph.ts';
import { requiredSelection } from '../core/graph/required-selection.ts';
import type { BackfillWhich } from '../core/model/backfill.ts';
import { because } from '../core/model/because.ts';
import { AppError } from '../core/model/errors.ts';
import type { Request } from '../core/model/request.ts';
import { isPartial } from '../core/model/scope.ts';
import { checkRange } from '../core/planner/backfill-range.ts';
import { previewBackfill, type SlotPlan } from '../core/scheduler/preview-backfill.ts';
import { valueOfAnswer } from './answer-error.ts';
import type { CommandContext } from './context.ts';
import { type FoundDag, readDagFiles, requireDag } from './dag-files.ts';
import { countFlag, instantFlag } from './duration-flag.ts';
import { openSession } from './engine.ts';
import { EXIT } from './exit-code.ts';
import { checkKeys } from './fan-out-keys.ts';
import { type ParamOptions, paramInput } from './param-flags.ts';
import { givenParams, withDefaults } from './params.ts';
import { counted } from './render/counted.ts';
import { tableLines, tableWidth } from './render/table.ts';
import { instantText, slotText } from './render/time-text.ts';
import { scopeOf, scopeWords } from './scope-flags.ts';
import { userName } from './user-name.ts';
import { withProject } from './with-project.ts';

export interface BackfillOptions extends ParamOptions {
  readonly from?: string;
  readonly to?: string;
  readonly onlyMissing?: boolean;
  readonly failed?: boolean;
  readonly all?: boolean;
  readonly until?: readonly string[];
  readonly key?: readonly string[];
  readonly reverse?: boolean;
  readonly maxActiveRuns?: string;
  readonly dryRun?: boolean;
}

type Wanted = Extract<Request, { type: 'createBackfill' }>;

const DAY_MS = 86_400_000;

/** `orch backfill create <dag>`. */
export async function createBackfill(
  context: CommandContext,
  options: BackfillOptions,
  dagId: string,
): Promise<number> {
  const dag = requireDag(await readDagFiles(context, dagId), dagId);
  const wanted = wantedBackfill(context, dag, options);
  return options.dryRun === true ? dryRun(context, dag, wanted) : ask(context, wanted);
}

/**
 * The backfill that the flags ask for.
 * @throws AppError `usage` or `invalid` if they do not fit the DAG, and as {@link checkRange} does.
 */
export function wantedBackfill(
  context: CommandContext,
  { spec }: Pick<FoundDag, 'spec'>,
  options: BackfillOptions,
): Wanted {
  const now = context.host.clock.now();
  if (options.from === undefined || options.to === undefined)
    throw new AppError('usage', 'A backfill needs --from and --to.');
  const asked = { missing: options.onlyMissing, failed: options.failed, all: options.all };
  const chosen = Object.entries(asked).flatMap(([which, is]) => (is === true ? [which] : []));
  if (chosen.length > 1) throw new AppError('usage', 'Give one of --only-missing, --failed and --all.');
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(options.to) || ['today', 'yesterday'].includes(options.to);
  const toAt = instantFlag('--to', options.to, now) + (isDay ? DAY_MS - 1 : 0);
  const { until, key } = options;
  const scope = scopeOf({ ...(until === undefined ? {} : { until }), ...(key === undefined ? {} : { key }) });
  const most = options.maxActiveRuns;
  const given = givenParams(spec, paramInput(options, context.host.cwd));
  const wanted: Wanted = {
    type: 'createBackfill',
    dagId: spec.id,
    fromAt: instantFlag('--from', options.from, now),
    toAt,
    dueBy: now,
    which: (chosen[0] ?? 'missing') as BackfillWhich,
    reverse: options.reverse === true,
    scope,
    params: given,
    maxActiveRuns: most === undefined ? null : countFlag('--max-active-runs', most),
    by: userName(context.host.env),
  };
  checkRange(spec, wanted);
  const graph = compileGraph(spec);
  checkKeys(graph, requiredSelection(graph, scope), withDefaults(spec, given), scope.keys);
  return wanted;
}

async function ask(context: CommandContext, wanted: Wanted): Promise<number> {
  return withProject(context, async (project) => {
    const session = await openSession(project, { warm: false });
    try {
      const value = valueOfAnswer(await session.ask(wanted)) as { backfillId: number; slots: number };
      const { backfillId, slots } = value;
      if (context.flags.json) context.json({ backfillId: String(backfillId), dagId: wanted.dagId, slots });
      else context.print(String(backfillId));
      const what = `Backfill ${backfillId} of ${wanted.dagId}: ${counted(slots, 'slot')}.`;
      context.say(
        session.leading
          ? `${what} No scheduler runs: 'orch scheduler' or 'orch up' will work on it.`
          : `${what} How far it is: orch backfill show ${backfillId}`,
      );
      tellPart(context, wanted);
      return EXIT.ok;
    } finally {
      await session.close();
    }
  });
}

/** Says what runs of a part mean for their slots: the rest of these has no run later. */
function tellPart(context: CommandContext, { dagId, scope }: Wanted): void {
  if (!isPartial(scope)) return;
  context.warn(
    `new runs do a part of the DAG only (${scopeWords(scope)}) and use their slots up: a slot has one run ` +
      'for ever, so no other backfill, nor --only-missing, makes one for the tasks that are left out. Run ' +
      `those by hand (orch trigger ${dagId}), or leave out ${scope.keys ? '--key' : '--until'}.`,
  );
}

const WORDS = { run: 'new run', retry: 'retry in place', leave: 'left' } as const;

async function dryRun(context: CommandContext, { spec }: FoundDag, wanted: Wanted): Promise<number> {
  const lines = await withProject(context, async ({ store }) => {
    await store.migrate();
    return previewBackfill(store, spec, wanted);
  });
  const counts = { run: 0, retry: 0, leave: 0 };
  for (const { fate } of lines) counts[fate.what]++;
  if (context.flags.json) {
    const items = lines.map(({ logicalAt, at, fate: { what, code, facts } }) => ({
      logicalDate: instantText(logicalAt),
      dueAt: instantText(at),
      action: what,
      because: because(code, facts),
    }));
    context.json({ dagId: spec.id, counts, partial: isPartial(wanted.scope), items, nextCursor: null });
    tellPart(context, wanted);
    return EXIT.ok;
  }
  const columns = [
    { title: 'slot (UTC)', text: ({ logicalAt }: SlotPlan) => slotText(logicalAt) },
    { title: 'what', text: ({ fate }: SlotPlan) => WORDS[fate.what] },
    { title: 'why', flex: true, text: ({ fate }: SlotPlan) => because(fate.code, fate.facts).text },
  ];
  context.print(tableLines(columns, lines, tableWidth(context.host.stdout), context.style.dim).join('\n'));
  const { run, retry, leave } = counts;
  context.say(`${counted(run, 'new run')}, ${retry} retried in place, ${leave} left. Nothing was done.`);
  tellPart(context, wanted);
  return EXIT.ok;
}
