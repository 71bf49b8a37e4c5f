import { resolve } from 'node:path';
import { runViewJson } from '../../core/store/run-json.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { findInstances } from '../find-instances.ts';
import { counted } from '../render/counted.ts';
import { logLineText } from '../render/log-line-text.ts';
import { metricLines, metricRows } from '../render/metric-lines.ts';
import { runHead } from '../render/run-head.ts';
import { runReport } from '../render/run-report.ts';
import { instantText } from '../render/time-text.ts';
import { type RunFile, readRunFile } from '../run-file.ts';

/** `orch open <file>`: looks at a run that was exported, without its project. */
export const open = defineCommand({
  description: 'Needs no project. With a task: its attempts and their logs.',
  examples: [
    { command: 'orch open pipeline-5f0c19b2a7e4.orch.gz', what: 'the run and its tasks' },
    {
      command: "orch open failed.orch.gz 'symbol[SP500].clean'",
      what: 'what a task wrote, attempt by attempt',
    },
    { command: 'orch open failed.orch.gz --json', what: 'everything, for programs' },
  ],
  define: (command) => {
    command.argument('<file>', 'a file of orch export');
    command.argument('[task]', 'a task, or an instance such as symbol[SP500].clean');
  },
  run: async (context, _options, [path, task]) => {
    const file = await readRunFile(resolve(context.host.cwd, String(path)));
    if (context.flags.json) context.json(fileJson(file));
    else if (task === undefined) context.print(summary(context, file).join('\n'));
    else context.print(attemptLines(context, file, String(task)).join('\n'));
    return EXIT.ok;
  },
});

function summary({ host, style }: CommandContext, { view, metrics, exportedAt }: RunFile): string[] {
  const { columns } = host.stdout;
  return [
    ...runHead(view, exportedAt, host.clock.now(), style),
    style.dim(`  as it was at ${instantText(exportedAt)}`),
    '',
    ...runReport(view, metrics, columns, style),
    ...metricLines(metricRows(view.tasks, metrics), columns, style),
  ];
}

function attemptLines({ style }: CommandContext, { view, attempts }: RunFile, task: string): string[] {
  const lines: string[] = [];
  for (const instance of findInstances(view, task)) {
    const own = attempts.filter(({ nodeNo }) => nodeNo === instance.nodeNo);
    if (own.length === 0) lines.push(`${style.bold(instance.name)} was not started`);
    for (const { tryNo, state, error, lines: log, leftOut } of own) {
      const why = error === null ? '' : `: ${error.name}: ${error.message}`;
      lines.push(`${style.bold(instance.name)} attempt ${tryNo} ${state}${why}`);
      if (leftOut > 0) lines.push(style.dim(`  (${counted(leftOut, 'earlier line')} left out)`));
      lines.push(...log.map((line) => logLineText(line, { name: null, time: true }, style)));
    }
  }
  return lines;
}

/** The document as programs get it everywhere else: instants as text, instances by name. */
function fileJson({ view, attempts, metrics, artifacts, journal, orch, exportedAt }: RunFile): object {
  const named = new Map(view.tasks.map(({ nodeNo, taskId, key }) => [nodeNo, { taskId, key }]));
  const whose = (nodeNo: RunFile['attempts'][number]['nodeNo']) => named.get(nodeNo);
  return {
    orch,
    exportedAt: instantText(exportedAt),
    run: runViewJson(view),
    spec: view.version.spec,
    attempts: attempts.map(({ nodeNo, tryNo, startedAt, endedAt, lines, ...rest }) => ({
      ...whose(nodeNo),
      attempt: tryNo,
      ...rest,
      startedAt: instantText(startedAt),
      endedAt: instantText(endedAt),
      lines: lines.map((line) => ({ ...line, at: instantText(line.at) })),
    })),
    metrics: metrics.map(({ nodeNo, name, value, at }) => ({
      ...whose(nodeNo),
      name,
      value,
      at: instantText(at),
    })),
    artifacts: artifacts.map(({ nodeNo, tryNo, artifact }) => ({
      ...whose(nodeNo),
      attempt: tryNo,
      ...artifact,
    })),
    journal: journal.map(({ at, nodeNo, from, to, because }) => ({
      at: instantText(at),
      ...(nodeNo === null ? {} : whose(nodeNo)),
      from,
      to,
      because,
    })),
  };
}
