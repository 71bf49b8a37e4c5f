import { AppError } from '../../core/model/errors.ts';
import type { RunRecord } from '../../core/model/run.ts';
import { RUN_STATES, type RunState } from '../../core/model/states.ts';
import { runJson } from '../../core/store/run-json.ts';
import type { RunFilter } from '../../core/store/store.ts';
import { adviceFor } from '../advice.ts';
import { collect, defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { countFlag, instantFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { shortRunId } from '../render/run-name.ts';
import { toned } from '../render/state-look.ts';
import { tableLines, tableWidth } from '../render/table.ts';
import { agoText, slotText, spanText } from '../render/time-text.ts';
import { scopeWords } from '../scope-flags.ts';
import { withProject } from '../with-project.ts';

export interface RunsOptions {
  readonly dag?: string;
  readonly state?: readonly string[];
  readonly since?: string;
  readonly limit?: string;
}

/** `orch runs`: runs, newest first. */
export const runs = defineCommand<RunsOptions>({
  examples: [
    { command: 'orch runs', what: 'the newest runs' },
    { command: 'orch runs --dag pipeline --state failed --since 24h', what: 'what failed today' },
    { command: 'orch runs --json', what: 'for programs' },
  ],
  define: (command) => {
    command
      .option('--dag <dag>', 'only runs of this DAG')
      .option('--state <state>', `only in this state (${RUN_STATES.join(', ')}); may be repeated`, collect)
      .option('--since <when>', 'not older than this: 24h, yesterday, 2026-11-20')
      .option('--limit <n>', 'at most so many', '20');
  },
  run: (context, options) => {
    const filter = filterOf(context, options);
    return withProject(context, async ({ store }) => printRuns(context, await store.runs(filter), runJson));
  },
});

/** The runs that the flags ask for. */
export function filterOf(context: CommandContext, options: RunsOptions): RunFilter {
  const states = (options.state ?? []).map(knownState);
  const limit = countFlag('--limit', options.limit ?? '20');
  const since =
    options.since === undefined ? null : instantFlag('--since', options.since, context.host.clock.now());
  return {
    limit,
    ...(options.dag === undefined ? {} : { dagId: options.dag }),
    ...(states.length === 0 ? {} : { states }),
    ...(since === null ? {} : { since }),
  };
}

/** Tells runs as a table, or with `jsonOf` each. */
export function printRuns(
  context: CommandContext,
  found: readonly RunRecord[],
  jsonOf: (run: RunRecord) => object,
): number {
  if (context.flags.json) context.json({ items: found.map(jsonOf), nextCursor: null });
  else if (found.length === 0) context.say('No runs.');
  else {
    const now = context.host.clock.now();
    const { style } = context;
    const columns = [
      { title: 'run', text: (run: RunRecord) => shortRunId(run.uid) },
      { title: 'dag', text: (run: RunRecord) => run.dagId, paint: style.bold },
      {
        title: 'state',
        text: (run: RunRecord) => run.state,
        paint: (text: string, run: RunRecord) => toned(run.state, text, style),
      },
      {
        title: 'version',
        text: (run: RunRecord) => String(run.versionNo),
        align: 'right' as const,
        flex: true,
      },
      { title: 'slot (UTC)', text: slotOf },
      { title: 'began', text: (run: RunRecord) => agoText(run.createdAt, now), flex: true },
      { title: 'took', text: (run: RunRecord) => tookText(run, now), align: 'right' as const },
      { title: 'scope', text: ({ scope }: RunRecord) => scopeWords(scope), flex: true, paint: style.dim },
    ];
    context.print(tableLines(columns, found, tableWidth(context.host.stdout), style.dim).join('\n'));
  }
  return EXIT.ok;
}

function knownState(text: string): RunState {
  const known = RUN_STATES.find((state) => state === text);
  if (known !== undefined) return known;
  const advice = adviceFor(text, RUN_STATES, `States: ${RUN_STATES.join(', ')}.`);
  throw new AppError('usage', `There is no run state '${text}'. ${advice}`);
}

/** The slot that a run is for, or what made it where that is none. */
function slotOf({ logicalAt, trigger }: RunRecord): string {
  if (logicalAt !== null) return slotText(logicalAt);
  return trigger === 'manual' ? 'by hand' : trigger;
}

function tookText(run: RunRecord, now: number): string {
  return run.startedAt === null ? '-' : spanText((run.endedAt ?? now) - run.startedAt);
}
