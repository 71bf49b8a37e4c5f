import { AppError } from '../../core/model/errors.ts';
import type { RunRecord } from '../../core/model/run.ts';
import { isRunFinished } from '../../core/model/states.ts';
import type { Project } from '../../core/scheduler/project.ts';
import { readRunView } from '../../core/store/read-run-view.ts';
import type { InstanceView } from '../../core/store/run-view.ts';
import { valueOfAnswer } from '../answer-error.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { openSession } from '../engine.ts';
import { EXIT } from '../exit-code.ts';
import { findRun, RUN_ARGUMENT } from '../find-run.ts';
import { shortRunId } from '../render/run-name.ts';
import { type Column, tableLines, tableWidth } from '../render/table.ts';
import { instantText } from '../render/time-text.ts';
import { userName } from '../user-name.ts';
import { withProject } from '../with-project.ts';

/** A task that waits for an answer. */
interface Question {
  readonly run: RunRecord;
  readonly instance: InstanceView;
  readonly title: string;
  readonly options: readonly string[];
}

/** `orch approve <run> <task> <option>`: answers a task that asks people; alone it lists them. */
export const approve = defineCommand<{ message?: string }>({
  description:
    'Without arguments it lists what waits for an answer. An answer is final until the task is retried.',
  examples: [
    { command: 'orch approve', what: 'what waits for an answer' },
    { command: 'orch approve last go_live publish', what: 'an answer' },
    { command: 'orch approve last go_live hold -m "spread too wide"', what: 'with the reason' },
  ],
  define: (command) => {
    command
      .argument('[run]', RUN_ARGUMENT)
      .argument('[task]', 'the task that asks, or an instance such as symbol[SP500].check')
      .argument('[option]', 'one of its options')
      .option('-m, --message <text>', 'why, for people');
  },
  run: async (context, options, [name, task, option]) =>
    withProject(context, async (project) => {
      if (name === undefined) return list(context, project);
      if (task === undefined || option === undefined)
        throw new AppError('usage', 'Name the run, the task and the option; orch approve alone lists them.');
      const run = await findRun(project.store, String(name));
      const message = options.message ?? null;
      const session = await openSession(project);
      let isLeft = false;
      try {
        const by = userName(context.host.env);
        const instance = String(task);
        const answer = {
          type: 'approve',
          runUid: run.uid,
          by,
          instance,
          option: String(option),
          message,
        } as const;
        valueOfAnswer(await session.ask(answer));
        isLeft = session.leading;
      } finally {
        await session.close();
      }
      if (context.flags.json) context.json({ runId: run.uid, instance: task, option, message });
      else context.print(`${task} of run ${shortRunId(run.uid)}: ${option}`);
      const now = isLeft ? await project.store.run(run.runNo) : null;
      if (now !== null && !isRunFinished(now.state))
        context.warn(`Nobody goes on with the run now: orch retry ${shortRunId(run.uid)} does.`);
      return EXIT.ok;
    }),
});

async function list(context: CommandContext, { store }: Project): Promise<number> {
  const questions: Question[] = [];
  for (const { runNo } of await store.unfinishedRuns()) {
    const view = await readRunView(store, runNo);
    for (const instance of view?.tasks ?? []) {
      const question = view === null ? null : questionOf(view.run, instance);
      if (question !== null) questions.push(question);
    }
  }
  if (context.flags.json) {
    const items = questions.map(({ run, instance, title, options }) => ({
      runId: run.uid,
      dagId: run.dagId,
      instance: instance.name,
      title,
      options,
      since: instant(instance.startedAt),
      until: instant(instance.dueAt),
    }));
    context.json({ items });
    return EXIT.ok;
  }
  if (questions.length === 0) context.print('Nothing waits for an answer.');
  else {
    const { stdout } = context.host;
    const lines = tableLines(COLUMNS, questions, tableWidth(stdout), context.style.dim);
    context.print(lines.join('\n'));
  }
  return EXIT.ok;
}

function questionOf(run: RunRecord, instance: InstanceView): Question | null {
  const { because } = instance;
  if (instance.state !== 'waiting' || because?.code !== 'waits_answer') return null;
  return { run, instance, title: String(because['title']), options: because['options'] as string[] };
}

const COLUMNS: readonly Column<Question>[] = [
  { title: 'run', text: ({ run }) => shortRunId(run.uid) },
  { title: 'task', text: ({ run, instance }) => `${run.dagId}: ${instance.name}` },
  { title: 'question', text: ({ title }) => title, flex: true },
  { title: 'options', text: ({ options }) => options.join(', '), flex: true },
  { title: 'until', text: ({ instance }) => instantText(instance.dueAt) ?? 'no limit' },
];

function instant(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
