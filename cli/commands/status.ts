import { isRunFinished } from '../../core/model/states.ts';
import { isLed } from '../../core/scheduler/is-led.ts';
import { hookJson } from '../../core/store/hook-json.ts';
import { readDeadline } from '../../core/store/read-deadline.ts';
import { readRunView } from '../../core/store/read-run-view.ts';
import { runViewJson } from '../../core/store/run-json.ts';
import type { RunView } from '../../core/store/run-view.ts';
import type { MetricRecord } from '../../core/store/store.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { findRun, RUN_ARGUMENT } from '../find-run.ts';
import { deadlineLines } from '../render/deadline-lines.ts';
import { hookLines } from '../render/hook-lines.ts';
import { metricLines, metricRows } from '../render/metric-lines.ts';
import { runHead } from '../render/run-head.ts';
import { shortRunId } from '../render/run-name.ts';
import { runReport } from '../render/run-report.ts';
import { instantText } from '../render/time-text.ts';
import { withProject } from '../with-project.ts';

/** `orch status [run]`: a run and its tasks as they are now. */
export const status = defineCommand({
  examples: [
    { command: 'orch status', what: 'the latest run' },
    { command: 'orch status 5f0c19b2a7e4', what: "a run as 'orch runs' names it" },
    { command: 'orch status last --json', what: 'with outputs, for programs' },
  ],
  define: (command) => {
    command.argument('[run]', RUN_ARGUMENT);
  },
  run: async (context, _options, [name]) =>
    withProject(context, async (project) => {
      const { store } = project;
      const run = await findRun(store, name as string | undefined);
      const view = await readRunView(store, run.runNo, { outputs: context.flags.json });
      if (view === null) throw new Error(`run ${run.uid} vanished`);
      const now = context.host.clock.now();
      const deadline = await readDeadline(store, view.run, view.version.spec, now);
      if (context.flags.json) {
        const hooks = await store.hooks(run.runNo);
        const due = deadline && { ...deadline, at: instantText(deadline.at) };
        context.json({ ...runViewJson(view), deadline: due, hooks: hooks.map(hookJson) });
        return EXIT.ok;
      }
      const metrics = await store.metrics(run.runNo);
      const isOrphan = !isRunFinished(run.state) && !(await isLed(project));
      printStatus(context, view, metrics, {
        head: deadlineLines(deadline, now, context.style),
        foot: [
          ...hookLines(await store.hooks(run.runNo), context.style),
          ...(isOrphan ? ['', `No process runs it. Go on: orch retry ${shortRunId(run.uid)}`] : []),
        ],
      });
      return EXIT.ok;
    }),
});

/** Tells a run and its tasks, with further lines below its head and below all. */
export function printStatus(
  context: CommandContext,
  view: RunView,
  metrics: readonly MetricRecord[],
  more: { readonly head: readonly string[]; readonly foot: readonly string[] } = { head: [], foot: [] },
): void {
  const { host, style } = context;
  const { columns } = host.stdout;
  const { run } = view;
  const now = host.clock.now();
  const lines = [
    ...runHead(view, now, now, style),
    ...more.head,
    '',
    ...runReport(view, metrics, columns, style),
    ...metricLines(metricRows(view.tasks, metrics), columns, style),
    ...more.foot,
    ...(run.state === 'failed' ? ['', `Retry: orch retry ${shortRunId(run.uid)} --failed`] : []),
  ];
  context.print(lines.join('\n'));
}
