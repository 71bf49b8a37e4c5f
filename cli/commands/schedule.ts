import { offsetText } from '../../core/cron/offset-text.ts';
import { Zone } from '../../core/cron/zone.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import { AppError } from '../../core/model/errors.ts';
import { type ClockChange, previewOf, zonesOf } from '../../core/timetables/preview.ts';
import type { Slot } from '../../core/timetables/timetable.ts';
import { eventsText } from '../asset-graph.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { readDagFiles, requireDag } from '../dag-files.ts';
import { countFlag, instantFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { dagOfServer } from '../remote/dag-of-server.ts';
import { clockChangeJson, clockChangeText } from '../render/clock-change-text.ts';
import { tableLines, tableWidth } from '../render/table.ts';
import { instantText, slotText } from '../render/time-text.ts';

const COUNT = '10';

interface ScheduleOptions {
  readonly from?: string;
  readonly count: string;
}

/** A line of the preview: a slot, or a change of the clocks between two of them. */
type Line = { readonly at: number } & ({ readonly slot: Slot } | { readonly change: ClockChange });

/** `orch schedule preview <dag>`: when a DAG will be due, and where clocks change. */
export const schedule = defineCommand<ScheduleOptions>({
  description: 'Nothing is stored: the slots follow from the file alone.',
  examples: [
    { command: 'orch schedule preview pipeline', what: 'the next ten slots' },
    { command: 'orch schedule preview pipeline --from 2026-03-28 --count 20', what: 'around a clock change' },
  ],
  define: (command) => {
    command.argument('<action>', "'preview'").argument('<dag>', 'the DAG');
    command
      .option('--from <when>', 'slots after this instant instead of now: 2026-03-28, 24h ago is 24h')
      .option('--count <n>', 'so many slots', COUNT);
  },
  run: async (context, options, [action, dagId]) => {
    requirePreview(action);
    const { spec } = requireDag(await readDagFiles(context, String(dagId)), String(dagId));
    return preview(context, spec, options);
  },
});

/** `orch schedule` of a server: by the version that new runs of a DAG have there. */
export const scheduleThere: RemoteRun<ScheduleOptions> = async (
  context,
  server,
  options,
  [action, dagId],
) => {
  requirePreview(action);
  return preview(context, (await dagOfServer(server, String(dagId))).dag.spec, options);
};

function requirePreview(action: unknown): void {
  if (action !== 'preview')
    throw new AppError(
      'usage',
      `There is no 'orch schedule ${action}'. Did you mean 'orch schedule preview'?`,
    );
}

function preview(context: CommandContext, spec: DagSpec, { from, count }: ScheduleOptions): number {
  const now = context.host.clock.now();
  const afterAt = from === undefined ? now : instantFlag('--from', from, now);
  const { slots, changes } = previewOf(spec, afterAt, countFlag('--count', count));
  if (context.flags.json) {
    const by = eventsText(spec);
    const lists = { slots: slots.map(slotJson), clockChanges: changes.map(clockChangeJson) };
    context.json({ dagId: spec.id, ...lists, events: by });
    return EXIT.ok;
  }
  const events = eventsText(spec);
  if (events !== null) context.say(`DAG ${spec.id} runs ${events}: when that is, nobody knows.`);
  else if (slots.length === 0) context.say(`DAG ${spec.id} is not due by time: its runs start by hand.`);
  const lines: Line[] = [
    ...slots.map((slot) => ({ at: slot.at, slot })),
    ...changes.map((change) => ({ at: change.at, change })),
  ];
  const columns = columnsOf(zonesOf(spec));
  const width = tableWidth(context.host.stdout);
  lines.sort((a, b) => a.at - b.at);
  if (slots.length > 0) context.print(tableLines(columns, lines, width, context.style.dim).join('\n'));
  return EXIT.ok;
}

function columnsOf(zones: readonly string[]) {
  const local = zones
    .filter((zone) => zone !== 'UTC')
    .map((zone) => ({ title: zone, text: ({ at }: Line) => localText(at, Zone.of(zone).offsetAt(at)) }));
  return [
    { title: 'due (UTC)', text: ({ at }: Line) => slotText(at) },
    ...local,
    {
      title: 'about',
      text: (line: Line) => ('slot' in line ? aboutText(line.slot) : clockChangeText(line.change)),
    },
  ];
}

function aboutText({ at, intervalStartAt, intervalEndAt }: Slot): string {
  return intervalStartAt === intervalEndAt && intervalEndAt === at
    ? ''
    : `${slotText(intervalStartAt)} to ${slotText(intervalEndAt)}`;
}

function localText(at: number, offset: number): string {
  return `${slotText(at + offset)} ${offsetText(offset)}`;
}

function slotJson({ at, logicalAt, intervalStartAt, intervalEndAt }: Slot): object {
  return {
    at: instantText(at),
    logicalDate: instantText(logicalAt),
    dataInterval: { start: instantText(intervalStartAt), end: instantText(intervalEndAt) },
  };
}
