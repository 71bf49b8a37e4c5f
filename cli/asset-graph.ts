import type { DagSpec } from '../core/model/dag.ts';
import { consumedBy } from '../core/scheduler/why-dag.ts';
import type { FoundDag } from './dag-files.ts';
import { counted } from './render/counted.ts';

/** A task that produces an asset. */
export interface ProducingTask {
  readonly dagId: string;
  /** Dotted path. */
  readonly taskId: string;
}

/** Who makes an asset, and who runs when it changes. */
export interface AssetLinks {
  readonly uri: string;
  readonly producers: readonly ProducingTask[];
  /** Ids of DAGs. */
  readonly consumers: readonly string[];
}

/** The assets that DAGs name, by URI. */
export function assetLinks(dags: readonly Pick<FoundDag, 'spec'>[]): ReadonlyMap<string, AssetLinks> {
  const links = new Map<string, { uri: string; producers: ProducingTask[]; consumers: string[] }>();
  const of = (uri: string) => {
    const known = links.get(uri) ?? { uri, producers: [], consumers: [] };
    links.set(uri, known);
    return known;
  };
  for (const { spec } of dags) {
    for (const { path, produces } of spec.tasks)
      for (const uri of produces ?? []) of(uri).producers.push({ dagId: spec.id, taskId: path });
    for (const uri of consumedBy(spec)) of(uri).consumers.push(spec.id);
  }
  return new Map([...links].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The assets that the tasks of a DAG produce. */
export function producedBy(spec: DagSpec): readonly string[] {
  return [...new Set(spec.tasks.flatMap(({ produces }) => produces ?? []))].sort();
}

/** By which events a DAG runs, in a few words; `null` if by none. */
export function eventsText(spec: DagSpec): string | null {
  const texts = (spec.schedule ?? []).flatMap((one) => {
    if (one.kind === 'file') return [`for each file that arrives as ${one.file}`];
    if (one.kind !== 'assets') return [];
    return [`on ${one.match} of ${counted(one.assets.length, 'asset')} (${one.assets.join(', ')})`];
  });
  return texts.length === 0 ? null : texts.join(', or ');
}
