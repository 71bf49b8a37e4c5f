import { isRunFinished } from '../../core/model/states.ts';
import { readRunView } from '../../core/store/read-run-view.ts';
import { runViewJson } from '../../core/store/run-json.ts';
import type { RunView } from '../../core/store/run-view.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { findRun } from '../find-run.ts';
import { isLed } from '../is-led.ts';
import { metricLines, metricRows } from '../render/metric-lines.ts';
import { shortRunId } from '../render/run-name.ts';
import { runReport } from '../render/run-report.ts';
import { countsText } from '../render/run-summary.ts';
import { scopeText } from '../render/start-line.ts';
import { glyph, toned } from '../render/state-look.ts';
import { agoText, spanText } from '../render/time-text.ts';
import { withProject } from '../with-project.ts';

/** `orch status [run]`: a run and its tasks as they are now. */
export const status = defineCommand({
  examples: [
    { command: 'orch status', what: 'the latest run' },
    { command: 'orch status 019ae3f2', what: 'a run by the beginning of its id' },
    { command: 'orch status last --json', what: 'with outputs, for programs' },
  ],
  define: (command) => {
    command.argument('[run]', "a run id, the beginning of one, or 'last'");
  },
  run: async (context, _options, [name]) =>
    withProject(context, async (project) => {
      const { store } = project;
      const run = await findRun(store, name as string | undefined);
      const view = await readRunView(store, run.runNo, { outputs: context.flags.json });
      if (view === null) throw new Error(`run ${run.uid} vanished`);
      if (context.flags.json) {
        context.json(runViewJson(view));
        return EXIT.ok;
      }
      const metrics = await store.metrics(run.runNo);
      const { columns } = context.host.stdout;
      const isOrphan = !isRunFinished(run.state) && !(await isLed(project));
      const lines = [
        ...headLines(context, view),
        '',
        ...runReport(view, metrics, columns, context.style),
        ...metricLines(metricRows(view.tasks, metrics), columns, context.style),
        ...(isOrphan ? ['', `No process runs it. Go on: orch retry ${shortRunId(run.uid)}`] : []),
        ...(run.state === 'failed' ? ['', `Retry: orch retry ${shortRunId(run.uid)} --failed`] : []),
      ];
      context.print(lines.join('\n'));
      return EXIT.ok;
    }),
});

function headLines({ style, host }: CommandContext, view: RunView): string[] {
  const { run } = view;
  const now = host.clock.now();
  const took = run.startedAt === null ? '' : ` in ${spanText((run.endedAt ?? now) - run.startedAt)}`;
  const state = `${glyph(run.state, style)} ${toned(run.state, style.bold(run.state), style)}`;
  return [
    `${state}  ${style.bold(run.dagId)} run ${run.uid}`,
    style.dim(
      `  ${scopeText(view)}, version ${run.versionNo}, ${run.trigger}, began ${agoText(run.createdAt, now)}`,
    ),
    style.dim(`  ${countsText(view.counts)}${took}, ${view.completed} of ${view.total} done`),
  ];
}
