import { type Because, because } from '../../core/model/because.ts';
import { AppError } from '../../core/model/errors.ts';
import type { AttemptRecord, RunRecord } from '../../core/model/run.ts';
import type { Check, Explanation } from '../../core/planner/explain.ts';
import type { Project } from '../../core/scheduler/project.ts';
import { why as explain, whyRun } from '../../core/scheduler/why.ts';
import { type DagExplanation, whyDag as explainDag } from '../../core/scheduler/why-dag.ts';
import { readRunView } from '../../core/store/read-run-view.ts';
import type { InstanceView } from '../../core/store/run-view.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { readDagFiles, requireDag } from '../dag-files.ts';
import { EXIT } from '../exit-code.ts';
import { findInstances } from '../find-instances.ts';
import { couldBeRun, findRun, RUN_ARGUMENT } from '../find-run.ts';
import { shortRunId } from '../render/run-name.ts';
import { glyph, toned } from '../render/state-look.ts';
import { clockText, instantText, spanText } from '../render/time-text.ts';
import type { Style } from '../style.ts';
import { upstreamsOf } from '../upstreams.ts';
import { withProject } from '../with-project.ts';

const UPSTREAMS_MAX = 20;

/** Why an instance is where it is, and what is told beside it. */
export interface Explained {
  readonly instance: InstanceView;
  readonly explanation: Explanation;
  readonly upstreams: readonly InstanceView[];
  readonly attempts: readonly AttemptRecord[];
}

/**
 * `orch why <run> <task>`: one sentence about the state of a task, then what it rests on. `orch why <run>`:
 * what holds a whole run up, or why it ended so. `orch why <dag>`: what the next run of its schedule waits
 * for.
 */
export const why = defineCommand({
  examples: [
    { command: "orch why last 'symbol[SP500].backtest'", what: 'one instance' },
    { command: 'orch why last', what: 'a whole run: what holds it up, or why it ended so' },
    { command: 'orch why pipeline', what: 'what the next run of a schedule waits for' },
    { command: 'orch why last compare --json', what: 'for programs' },
  ],
  define: (command) => {
    command
      .argument('<run>', `${RUN_ARGUMENT}; or a DAG`)
      .argument('[task]', 'a task, or an instance such as symbol[SP500].clean');
  },
  run: async (context, _options, [name, task]) =>
    withProject(context, async (project) => {
      const { store } = project;
      if (task === undefined && (await isDag(context, project, String(name))))
        return whyDag(context, project, String(name));
      const run = await findRun(store, String(name));
      if (task === undefined) return tellRun(context, run, await whyRun(project, run));
      const view = await readRunView(store, run.runNo);
      if (view === null) throw new AppError('not_found', `Run ${run.uid} is gone.`);
      const explained: Explained[] = [];
      for (const instance of findInstances(view, String(task))) {
        const { nodeNo } = instance;
        const attempts = instance.attempts > 1 ? await store.attempts(run.runNo, nodeNo) : [];
        const explanation = await explain(project, run.runNo, nodeNo);
        explained.push({ instance, explanation, upstreams: upstreamsOf(view, instance), attempts });
      }
      return printExplained(context, run, explained);
    }),
});

/** Tells why instances of a run are where they are. */
export function printExplained(context: CommandContext, run: RunRecord, all: readonly Explained[]): number {
  if (context.flags.json) context.json({ runId: run.uid, items: all.map(explainedJson) });
  else context.print(all.map((one) => explainedLines(context, one).join('\n')).join('\n\n'));
  return EXIT.ok;
}

/** Whether a name without a task is that of a DAG: what can be no run is taken for one. */
async function isDag(context: CommandContext, { store }: Project, name: string): Promise<boolean> {
  if (!couldBeRun(name)) return true;
  if ((await store.dag(name)) !== null) return true;
  return (await readDagFiles(context, name)).dags.some(({ spec }) => spec.id === name);
}

/** Tells why a run is where it is. */
export function tellRun(context: CommandContext, run: RunRecord, because: Because): number {
  const { uid, dagId, state } = run;
  if (context.flags.json) context.json({ runId: uid, state, because });
  else {
    const { style } = context;
    const name = `run ${shortRunId(uid)} of ${dagId}`;
    context.print(
      `${glyph(state, style)} ${style.bold(name)} ${toned(state, state, style)}: ${because.text}`,
    );
  }
  return EXIT.ok;
}

/** Tells what the next run of the schedule of a DAG waits for. */
async function whyDag(context: CommandContext, project: Project, dagId: string): Promise<number> {
  const { store } = project;
  const state = await store.dag(dagId);
  const version = state === null ? null : await store.version(state.versionNo);
  if (state === null || version === null) {
    const { spec } = requireDag(await readDagFiles(context, dagId), dagId);
    const reason = because(spec.schedule ? 'slots_unseen' : 'slots_none', { dag: dagId });
    return tellDag(context, dagId, { because: reason, also: [], nextAt: null });
  }
  return tellDag(context, dagId, await explainDag(project, state, version.spec));
}

/** Tells what the next run of a DAG waits for, one line for each of its schedules. */
export function tellDag(context: CommandContext, dagId: string, { because, also, nextAt }: DagExplanation) {
  if (context.flags.json) context.json({ dagId, because, also, nextAt: instantText(nextAt) });
  else context.print([...new Set([because, ...also].map(({ text }) => text))].join('\n'));
  return EXIT.ok;
}

function explainedJson({ instance, explanation, upstreams }: Explained): object {
  return {
    taskId: instance.taskId,
    key: instance.key,
    state: instance.state,
    because: explanation.because,
    checks: explanation.checks,
    upstreams: upstreams.map(({ taskId, key, state }) => ({ taskId, key, state })),
  };
}

function explainedLines({ style }: CommandContext, explained: Explained): string[] {
  const { instance, explanation, upstreams, attempts } = explained;
  const { name, state, durationMs } = instance;
  const lines = [
    `${glyph(state, style)} ${style.bold(name)} ${toned(state, state, style)}: ${explanation.because.text}`,
  ];
  for (const check of explanation.checks) lines.push(checkLine(check, style));
  lines.push(...attempts.map(attemptLine));
  if (durationMs !== null) lines.push(style.dim(`  took ${spanText(durationMs)}`));
  for (const up of upstreams.slice(0, UPSTREAMS_MAX)) {
    lines.push(`  ${glyph(up.state, style)} after ${up.name} ${style.dim(up.state)}`);
  }
  const more = upstreams.length - UPSTREAMS_MAX;
  return more > 0 ? [...lines, style.dim(`  … ${more} more upstreams`)] : lines;
}

function checkLine({ ok, name, because }: Check, style: Style): string {
  return `  ${ok ? style.good('✓') : style.bad('✗')} ${name} ${style.dim(because.text)}`;
}

function attemptLine({ tryNo, state, endedAt, error }: AttemptRecord): string {
  const at = endedAt === null ? '' : ` at ${clockText(endedAt)}`;
  const why = error === null ? '' : `: ${error.message.split('\n')[0]}`;
  return `  try ${tryNo} ${state}${at}${why}`;
}
