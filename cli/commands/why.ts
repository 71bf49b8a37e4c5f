import { type Because, because } from '../../core/model/because.ts';
import { AppError } from '../../core/model/errors.ts';
import type { AttemptRecord } from '../../core/model/run.ts';
import { isFinished, isRunFinished, S } from '../../core/model/states.ts';
import { readRunView } from '../../core/store/read-run-view.ts';
import type { InstanceView, RunView } from '../../core/store/run-view.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { findInstances } from '../find-instances.ts';
import { findRun } from '../find-run.ts';
import { leaderIsAlive } from '../leader-alive.ts';
import { glyph, toned } from '../render/state-look.ts';
import { clockText, spanText } from '../render/time-text.ts';
import { upstreamsOf } from '../upstreams.ts';
import { withProject } from '../with-project.ts';

const UPSTREAMS_MAX = 20;

interface Explained {
  readonly instance: InstanceView;
  readonly why: Because;
  readonly upstreams: readonly InstanceView[];
  readonly attempts: readonly AttemptRecord[];
}

/** `orch why <run> <task>`: one sentence about the state of a task, then what it rests on. */
export const why = defineCommand({
  examples: [
    { command: "orch why last 'symbol[SP500].backtest'", what: 'one instance' },
    { command: 'orch why last compare --json', what: 'for programs' },
  ],
  define: (command) => {
    command
      .argument('<run>', "a run id, the beginning of one, or 'last'")
      .argument('<task>', 'a task, or an instance such as symbol[SP500].clean');
  },
  run: async (context, _options, [name, task]) =>
    withProject(context, async ({ store }) => {
      const run = await findRun(store, String(name));
      const view = await readRunView(store, run.runNo);
      if (view === null) throw new AppError('not_found', `Run ${run.uid} is gone.`);
      const hasLeader = leaderIsAlive(await store.leader());
      const explained: Explained[] = [];
      for (const instance of findInstances(view, String(task))) {
        const attempts = instance.attempts > 1 ? await store.attempts(run.runNo, instance.nodeNo) : [];
        explained.push({
          instance,
          why: reasonOf(view, instance, hasLeader),
          upstreams: upstreamsOf(view, instance),
          attempts,
        });
      }
      if (context.flags.json) context.json({ runId: run.uid, items: explained.map(explainedJson) });
      else context.print(explained.map((one) => explainedLines(context, one).join('\n')).join('\n\n'));
      return EXIT.ok;
    }),
});

function reasonOf(view: RunView, instance: InstanceView, hasLeader: boolean): Because {
  const isOpen = !isFinished(S[instance.state]);
  if (isOpen && !isRunFinished(view.run.state) && !hasLeader) return because('no_leader');
  if (instance.because !== null) return instance.because;
  const open = upstreamsOf(view, instance).filter(({ state }) => !isFinished(S[state]));
  const [first] = open;
  return first === undefined
    ? because('in_turn')
    : because('waits_upstream', { open: open.length, upstream: first.name });
}

function explainedJson({ instance, why: reason, upstreams }: Explained): object {
  return {
    taskId: instance.taskId,
    key: instance.key,
    state: instance.state,
    because: reason,
    upstreams: upstreams.map(({ taskId, key, state }) => ({ taskId, key, state })),
  };
}

function explainedLines({ style }: CommandContext, explained: Explained): string[] {
  const { instance, why: reason, upstreams, attempts } = explained;
  const { name, state, durationMs } = instance;
  const lines = [`${glyph(state, style)} ${style.bold(name)} ${toned(state, state, style)}: ${reason.text}`];
  lines.push(...attempts.map(attemptLine));
  if (durationMs !== null) lines.push(style.dim(`  took ${spanText(durationMs)}`));
  for (const up of upstreams.slice(0, UPSTREAMS_MAX)) {
    lines.push(`  ${glyph(up.state, style)} after ${up.name} ${style.dim(up.state)}`);
  }
  const more = upstreams.length - UPSTREAMS_MAX;
  return more > 0 ? [...lines, style.dim(`  … ${more} more upstreams`)] : lines;
}

function attemptLine({ tryNo, state, endedAt, error }: AttemptRecord): string {
  const at = endedAt === null ? '' : ` at ${clockText(endedAt)}`;
  const why = error === null ? '' : `: ${error.message.split('\n')[0]}`;
  return `  try ${tryNo} ${state}${at}${why}`;
}
