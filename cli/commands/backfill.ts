import { AppError } from '../../core/model/errors.ts';
import { type BackfillOptions, createBackfill } from '../backfill-create.ts';
import { changeBackfill, listBackfills, showBackfill } from '../backfill-show.ts';
import { collect, defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { definePlanParams } from '../param-flags.ts';

type Act = (context: CommandContext, options: BackfillOptions, name: string) => Promise<number>;

const ACTIONS: { readonly [action: string]: Act } = {
  create: createBackfill,
  list: (context) => listBackfills(context),
  show: (context, _options, name) => showBackfill(context, name),
  pause: (context, _options, name) => changeBackfill(context, name, 'paused'),
  resume: (context, _options, name) => changeBackfill(context, name, 'running'),
  cancel: (context, _options, name) => changeBackfill(context, name, 'cancelled'),
};

/** `orch backfill <action> [name]`: runs for slots of the past. */
export const backfill = defineCommand<BackfillOptions>({
  description:
    'Makes runs for slots of the past, a few at a time; a slot never gets a second run. A scheduler works ' +
    'on it. Slots that are not due yet are left out; a date stands for the whole day in UTC.',
  examples: [
    {
      command: 'orch backfill create pipeline --from 2026-11-01 --to 2026-11-07 -n',
      what: 'what it would do',
    },
    {
      command: 'orch backfill create pipeline --from 2026-11-01 --to 2026-11-07 --failed',
      what: 'mend a week',
    },
    {
      command: 'orch backfill create pipeline --from 2026-11-01 --to 2026-11-07 -p daysBack=30',
      what: 'new runs with other params; those that are retried keep theirs',
    },
    { command: 'orch backfill show 42', what: 'how far it is' },
    { command: 'orch backfill cancel 42', what: 'makes no more runs and ends those under way' },
  ],
  define: (command) => {
    command
      .argument('<action>', 'create, list, show, pause, resume or cancel')
      .argument('[name]', 'the DAG of create, or the number of a backfill');
    command
      .option('--from <when>', 'slots about this instant or later')
      .option('--to <when>', 'slots about this instant or earlier')
      .option('--only-missing', 'leave slots that have a run (default)')
      .option('--failed', 'and retry the failed tasks of failed runs, in place')
      .option('--all', 'and retry every finished run whole, in place')
      .option('--until <name>', 'only this task, group or stage and all it needs; may be repeated', collect)
      .option('--key <key>', 'only this key of fan-outs; may be repeated', collect)
      .option('--reverse', 'newest slot first')
      .option('--max-active-runs <n>', "unfinished runs of it at once, instead of the DAG's maxActiveRuns")
      .option('-n, --dry-run', 'only list what it would do');
    definePlanParams(command);
  },
  run: async (context, options, [action, name]) => {
    const act = ACTIONS[String(action)];
    if (act === undefined) {
      const known = Object.keys(ACTIONS).join(', ');
      throw new AppError('usage', `There is no 'orch backfill ${action}'. There are: ${known}.`);
    }
    if (action !== 'list' && name === undefined) {
      const wanted = action === 'create' ? 'a DAG' : 'the number of a backfill';
      throw new AppError('usage', `'orch backfill ${action}' needs ${wanted}.`);
    }
    return act(context, options, String(name));
  },
});
