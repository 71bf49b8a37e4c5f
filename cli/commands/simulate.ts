import type { DagSpec } from '../../core/model/dag.ts';
import { AppError } from '../../core/model/errors.ts';
import { limitsOf } from '../../core/scheduler/limits-of.ts';
import { simulate as play } from '../../core/simulation/simulate.ts';
import { clockChangesBetween } from '../../core/timetables/preview.ts';
import { timetableOf } from '../../core/timetables/timetable-of.ts';
import { collect, defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { type DagFiles, readDagFiles, requireDag } from '../dag-files.ts';
import { readDagHistory } from '../dag-history.ts';
import { durationFlag, instantFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { simulationLines } from '../render/simulation-lines.ts';
import { failing, type PreparedDag, prepareDag } from '../simulation-input.ts';
import { simulationJson } from '../simulation-json.ts';
import { withProject } from '../with-project.ts';

const DAY_MS = 86_400_000;
/** Of a year of ten tasks an hour there are 87,600. */
const ATTEMPTS_MAX = 1_000_000;
/** What reads a pipe gets the chart at this width. */
const PIPE_WIDTH = 100;

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly taskDuration: string;
  readonly fail?: readonly string[];
}

/** `orch simulate [dag...]`: what schedules would do in a span of time. */
export const simulate = defineCommand<Options>({
  description:
    'The scheduler decides in virtual time; nothing is run or stored. Pools and limits are those of ' +
    'airflow.yaml, attempts take the median time of their past successes.',
  examples: [
    { command: 'orch simulate --from 2026-12-01 --to 2026-12-07', what: 'a week of every DAG' },
    { command: 'orch simulate pipeline --from 2026-03-28 --to 2026-03-30', what: 'around a clock change' },
    { command: 'orch simulate pipeline --fail collect', what: 'a day in which a task fails' },
  ],
  define: (command) => {
    command.argument('[dags...]', 'the DAGs; without any all that are due by time');
    command
      .option('--from <when>', 'slots that are due from this instant on; now if absent')
      .option('--to <when>', 'slots up to this instant, a date being the whole day; a day later if absent')
      .option('--task-duration <duration>', 'of tasks that have never succeeded', '1m')
      .option(
        '--fail <task>',
        'attempts of this task fail: <task> or <dag>.<task>; may be repeated',
        collect,
      );
  },
  run: async (context, options, [names]) => {
    const span = spanOf(context, options);
    const otherwiseMs = durationFlag('--task-duration', options.taskDuration);
    const specs = chosen(await readDagFiles(context), (names ?? []) as string[], context);
    const fails = failing(specs, options.fail ?? []);
    const { dags, limits } = await withProject(context, async (project) => {
      await project.store.migrate();
      const prepared: PreparedDag[] = [];
      for (const spec of specs)
        prepared.push(prepareDag(spec, await readDagHistory(project.store, spec), otherwiseMs));
      const limits = limitsOf(project, await project.store.operations.facts.pools());
      return { dags: prepared, limits };
    });
    const input = { ...span, dags: dags.map(({ dag }) => dag), limits, fails, attemptsMax: ATTEMPTS_MAX };
    const result = play(input);
    const changes = clockChangesBetween(specs, span.fromAt, span.toAt);
    if (context.flags.json) {
      context.json(simulationJson(span, dags, result, changes));
      return EXIT.ok;
    }
    const { stdout } = context.host;
    const width = stdout.isTTY ? stdout.columns : PIPE_WIDTH;
    context.print(
      simulationLines({ ...span, dags, result, changes, width, style: context.style }).join('\n'),
    );
    return EXIT.ok;
  },
});

function spanOf(context: CommandContext, { from, to }: Options): { fromAt: number; toAt: number } {
  const now = context.host.clock.now();
  const fromAt = from === undefined ? now : instantFlag('--from', from, now);
  const isDay = to !== undefined && (/^\d{4}-\d{2}-\d{2}$/.test(to) || ['today', 'yesterday'].includes(to));
  const toAt = to === undefined ? fromAt + DAY_MS : instantFlag('--to', to, now) + (isDay ? DAY_MS - 1 : 0);
  if (toAt > fromAt) return { fromAt, toAt };
  const text = `from ${new Date(fromAt).toISOString()} to ${new Date(toAt).toISOString()}`;
  throw new AppError('usage', `The span ends before it begins: ${text}.`);
}

/** The DAGs of the command line; without names those that are due by time. */
function chosen(files: DagFiles, names: readonly string[], context: CommandContext): DagSpec[] {
  const isDue = (spec: DagSpec): boolean => timetableOf(spec) !== null;
  if (names.length === 0) {
    const due = files.dags.map(({ spec }) => spec).filter(isDue);
    const broken = files.diagnostics.filter(({ severity }) => severity === 'error').length;
    if (broken > 0) context.warn("DAG files have mistakes: they are left out, 'orch check' shows them.");
    if (due.length > 0) return due;
    throw new AppError('conflict', 'No DAG of this project is due by time: there is nothing to simulate.');
  }
  const specs = [...new Set(names)].map((name) => requireDag(files, name).spec);
  for (const spec of specs)
    if (!isDue(spec)) context.warn(`DAG ${spec.id} is not due by time: it has no runs.`);
  return specs;
}
