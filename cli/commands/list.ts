import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DagSpec, ScheduleSpec } from '../../core/model/dag.ts';
import { durationText } from '../../core/model/duration.ts';
import { AppError } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { type DagFiles, type FoundDag, readDagFiles } from '../dag-files.ts';
import { EXIT } from '../exit-code.ts';
import { lastKnownDags } from '../last-known-dags.ts';
import { rememberDags } from '../remember-dags.ts';
import { tableLines, tableWidth } from '../render/table.ts';
import { tamed } from '../render/text-width.ts';
import { instantText, slotText } from '../render/time-text.ts';
import { type RolledBack, rolledBackOf, rolledBackText } from '../rolled-back.ts';
import { type ScheduleLook, scheduleLooks } from '../schedule-states.ts';
import { configOf } from '../state-dir.ts';
import { withProject } from '../with-project.ts';

/** `orch list`: the DAGs of the project as their files say, and where their schedules stand. */
export const list = defineCommand<{ tag?: string }>({
  examples: [
    { command: 'orch list', what: 'every DAG' },
    { command: 'orch list --tag market', what: 'those with a tag' },
    { command: 'orch list --json', what: 'for programs' },
  ],
  define: (command) => {
    command.option('--tag <tag>', 'only DAGs with this tag');
  },
  run: async (context, { tag }) => {
    const files = await readDagFiles(context);
    rememberDags(files, 'all');
    const back = await rolledBackOf(context, files.dags);
    const broken = new Set(
      files.diagnostics.filter(({ severity }) => severity === 'error').map(({ file }) => file),
    );
    const kept = broken.size === 0 ? [] : await keptDags(context, files);
    const dags = files.dags
      .map((dag): ListedDag => ({ ...dag, ...back.get(dag.spec.id)?.version }))
      .concat(kept)
      .filter(({ spec }) => tag === undefined || spec.tags?.includes(tag))
      .sort((a, b) => (a.spec.id < b.spec.id ? -1 : 1));
    const looks =
      dags.length === 0 ? new Map<string, ScheduleLook>() : await scheduleLooks(context, files.dir, dags);
    if (context.flags.json) {
      const items = dags.map((dag) => itemOf(dag, looks.get(dag.spec.id), back.get(dag.spec.id)));
      context.json({ items, nextCursor: null });
    } else if (dags.length === 0) {
      context.say(tag === undefined ? 'There are no DAGs in dags/.' : `No DAG has the tag '${tag}'.`);
    } else {
      const columns = [
        { title: 'dag', text: ({ spec }: FoundDag) => spec.id, paint: context.style.bold },
        { title: 'schedule', text: ({ spec }: FoundDag) => schedulesText(spec) },
        { title: 'next (UTC)', text: ({ spec }: FoundDag) => nextText(looks.get(spec.id)) },
        { title: 'tasks', text: ({ spec }: FoundDag) => String(spec.tasks.length), align: 'right' as const },
        { title: 'file', text: fileText, paint: context.style.dim, flex: true },
        {
          title: 'about',
          text: ({ spec }: FoundDag) => tamed(spec.title ?? spec.description ?? ''),
          flex: true,
        },
      ];
      context.print(tableLines(columns, dags, tableWidth(context.host.stdout), context.style.dim).join('\n'));
    }
    for (const [dagId, one] of back) context.say(`DAG ${dagId} is ${rolledBackText(one)}.`);
    if (broken.size > 0) {
      const these = broken.size === 1 ? 'a file' : `${broken.size} files`;
      const ids = kept.map(({ spec }) => spec.id).join(', ');
      const before = ids === '' ? '' : `; listed as before: ${ids}`;
      context.warn(`${these} cannot be read: 'orch check' says why${before}`);
    }
    return EXIT.ok;
  },
});

/** A DAG of the list. */
interface ListedDag extends FoundDag {
  /** Its file cannot be read now: a scheduler goes on with what it had declared before. */
  readonly isBroken?: true;
}

function fileText({ file, isBroken }: ListedDag): string {
  return isBroken ? `${file} (cannot be read: as it was before; orch check)` : file;
}

/** DAGs of files that cannot be read, with which a scheduler goes on. A store is not made for it. */
async function keptDags(context: CommandContext, files: DagFiles): Promise<ListedDag[]> {
  const { store } = configOf(files.dir, context);
  if (store.kind === 'sqlite' && !existsSync(join(store.path, 'orch.db'))) return [];
  try {
    const known = await withProject(context, (project) => lastKnownDags(project.store, files.dags));
    const isOfFile = ({ file }: FoundDag): boolean =>
      (files.byFile?.get(file) ?? []).some(({ severity }) => severity === 'error');
    return known.filter(isOfFile).map((dag) => ({ ...dag, isBroken: true }));
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'unavailable') throw error;
    context.warn(`which DAGs the files that cannot be read had is not known now: ${error.message}`);
    return [];
  }
}

function itemOf(
  { file, spec, graphHash, isBroken }: ListedDag,
  look: ScheduleLook | undefined,
  back: RolledBack | undefined,
): object {
  const { id, title = null, description = null, tags = [], schedule = [] } = spec;
  const paused = look?.paused ?? null;
  const nextSlotAt = instantText(look?.nextSlotAt ?? null);
  const rolledBackTo = back?.version.versionNo ?? null;
  const declared = { dagId: id, title, description, tags, schedule };
  return {
    ...declared,
    paused,
    nextSlotAt,
    tasks: spec.tasks.length,
    file,
    graphHash,
    rolledBackTo,
    broken: isBroken === true,
  };
}

function nextText(look: ScheduleLook | undefined): string {
  if (look?.paused === true) return 'paused';
  const at = look?.nextSlotAt ?? null;
  return at === null ? '-' : slotText(at);
}

/** The schedules of a DAG in a few words. */
export function schedulesText({ schedule }: Pick<DagSpec, 'schedule'>): string {
  return schedule === undefined || schedule.length === 0 ? 'by hand' : schedule.map(scheduleText).join(', ');
}

function scheduleText(schedule: ScheduleSpec): string {
  if (schedule.kind === 'cron')
    return `${schedule.cron}${schedule.tz === undefined ? '' : ` ${schedule.tz}`}`;
  if (schedule.kind === 'every') return `every ${durationText(schedule.everyMs)}`;
  if (schedule.kind === 'at')
    return schedule.at.length === 1 ? `at ${schedule.at[0]}` : `at ${schedule.at.length} times`;
  if (schedule.kind === 'file') return `on files ${schedule.file}`;
  const [first, ...more] = schedule.assets;
  return more.length === 0 ? `on ${first}` : `on ${schedule.match} of ${more.length + 1} assets`;
}
