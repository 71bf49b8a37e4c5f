import type { AssetEvent, AssetProducer } from '../core/model/asset.ts';
import { type AssetLinks, assetLinks } from './asset-graph.ts';
import type { CommandContext } from './context.ts';
import { type FoundDag, readDagFiles } from './dag-files.ts';
import { EXIT } from './exit-code.ts';
import { shortRunId } from './render/run-name.ts';
import { tableLines, tableWidth } from './render/table.ts';
import { agoText, instantText } from './render/time-text.ts';
import { withProject } from './with-project.ts';

/** An event as it is told. */
interface ToldEvent extends Pick<AssetEvent, 'at' | 'extra'> {
  readonly producer: Pick<AssetProducer, 'dagId' | 'runUid' | 'task' | 'tryNo'> | null;
  readonly reported: { readonly by: string } | null;
}

/** An asset of which there was an event. */
export interface StoredAsset {
  readonly uri: string;
  readonly events: number;
  readonly last: ToldEvent;
}

interface Line extends AssetLinks {
  readonly events: number;
  readonly last: ToldEvent | null;
}

/** `orch asset list`: every asset that a DAG names or that has an event. */
export async function listAssets(context: CommandContext): Promise<number> {
  const { dags } = await readDagFiles(context);
  const stored = await withProject(context, async ({ store }) => {
    await store.migrate();
    return store.assets();
  });
  return tellAssets(context, dags, stored);
}

/** Tells every asset that these DAGs name or that has an event. */
export function tellAssets(
  context: CommandContext,
  dags: readonly Pick<FoundDag, 'spec'>[],
  stored: readonly StoredAsset[],
): number {
  const links = new Map(assetLinks(dags));
  for (const { uri } of stored) if (!links.has(uri)) links.set(uri, { uri, producers: [], consumers: [] });
  const known = new Map(stored.map((one) => [one.uri, one]));
  const lines = [...links.values()]
    .map((one): Line => {
      const record = known.get(one.uri);
      return { ...one, events: record?.events ?? 0, last: record?.last ?? null };
    })
    .sort((a, b) => (a.uri < b.uri ? -1 : 1));
  const now = context.host.clock.now();
  if (context.flags.json) {
    context.json({ items: lines.map((line) => lineJson(line, now)), nextCursor: null });
  } else if (lines.length === 0) {
    context.say("There are no assets: tasks name them in 'produces', schedules in 'assets'.");
  } else {
    context.print(table(context, lines, now).join('\n'));
  }
  return EXIT.ok;
}

function table(context: CommandContext, lines: readonly Line[], now: number): string[] {
  const columns = [
    { title: 'asset', text: ({ uri }: Line) => uri, paint: context.style.bold },
    {
      title: 'made by',
      text: ({ producers }: Line) =>
        producers.map(({ dagId, taskId }) => `${dagId}.${taskId}`).join(', ') || '-',
      flex: true,
    },
    { title: 'runs', text: ({ consumers }: Line) => consumers.join(', ') || '-', flex: true },
    { title: 'events', text: ({ events }: Line) => String(events), align: 'right' as const },
    { title: 'last', text: ({ last }: Line) => (last === null ? 'never' : agoText(last.at, now)) },
    { title: 'by', text: ({ last }: Line) => byText(last), paint: context.style.dim, flex: true },
  ];
  return tableLines(columns, lines, tableWidth(context.host.stdout), context.style.dim);
}

function byText(event: ToldEvent | null): string {
  if (event === null) return '';
  const { producer, reported } = event;
  return producer === null
    ? (reported?.by ?? '')
    : `${producer.dagId}.${producer.task} in ${shortRunId(producer.runUid)}`;
}

function lineJson({ uri, producers, consumers, events, last }: Line, now: number): object {
  return {
    uri,
    producers,
    consumers,
    events,
    lastEvent: last === null ? null : eventJson(last),
    ageMs: last === null ? null : Math.max(0, now - last.at),
  };
}

function eventJson({ at, producer, reported, extra }: ToldEvent): object {
  const who =
    producer === null
      ? { reportedBy: reported?.by ?? null }
      : { dagId: producer.dagId, runId: producer.runUid, task: producer.task, attempt: producer.tryNo };
  return { at: instantText(at), ...who, extra };
}
