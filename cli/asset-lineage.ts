import { didYouMean } from '../core/model/did-you-mean.ts';
import { AppError } from '../core/model/errors.ts';
import { consumedBy } from '../core/scheduler/why-dag.ts';
import { type AssetLinks, assetLinks, producedBy } from './asset-graph.ts';
import type { CommandContext } from './context.ts';
import type { FoundDag } from './dag-files.ts';
import { EXIT } from './exit-code.ts';

/** An asset or a DAG, with what comes before or after it. */
interface Node {
  readonly kind: 'asset' | 'dag';
  readonly name: string;
  /** It stands further up already: what follows it is not told twice. */
  readonly isAgain: boolean;
  readonly next: readonly Node[];
}

/** A DAG as far as its graph goes. */
type Declares = Pick<FoundDag, 'spec'>;
type Way = 'upstream' | 'downstream';
type Neighbours = (kind: Node['kind'], name: string) => readonly string[];

/** `orch asset lineage <uri|dag>`: what an asset or a DAG is made of, and what is made of it. */
export function showLineage(context: CommandContext, dags: readonly Declares[], name: string): number {
  const links = assetLinks(dags);
  const kind = links.has(name) ? 'asset' : 'dag';
  if (kind === 'dag' && !dags.some(({ spec }) => spec.id === name)) {
    const hint = didYouMean(name, [...links.keys(), ...dags.map(({ spec }) => spec.id)]);
    throw new AppError(
      'not_found',
      `No DAG names asset '${name}', and there is no such DAG.${hint ? ` ${hint}` : ''}`,
    );
  }
  const [upstream, downstream] = (['upstream', 'downstream'] as const).map((way) =>
    follow(kind, name, neighbours(dags, links, way), new Set()),
  ) as [Node, Node];
  if (context.flags.json) {
    context.json({
      kind,
      name,
      upstream: upstream.next.map(nodeJson),
      downstream: downstream.next.map(nodeJson),
    });
    return EXIT.ok;
  }
  const { bold, dim } = context.style;
  const part = (title: string, { next }: Node): string[] => [
    dim(title),
    ...(next.length === 0 ? ['  nothing'] : next.flatMap((one) => lines(one, '  '))),
  ];
  context.print([bold(name), ...part('made of', upstream), ...part('makes', downstream)].join('\n'));
  return EXIT.ok;
}

function neighbours(dags: readonly Declares[], links: ReadonlyMap<string, AssetLinks>, way: Way): Neighbours {
  const specs = new Map(dags.map(({ spec }) => [spec.id, spec]));
  return (kind, name) => {
    if (kind === 'asset') {
      const { producers = [], consumers = [] } = links.get(name) ?? {};
      return way === 'downstream' ? consumers : [...new Set(producers.map(({ dagId }) => dagId))];
    }
    const spec = specs.get(name);
    if (spec === undefined) return [];
    return way === 'downstream' ? producedBy(spec) : consumedBy(spec);
  };
}

function follow(kind: Node['kind'], name: string, next: Neighbours, seen: Set<string>): Node {
  const key = `${kind} ${name}`;
  const isAgain = seen.has(key);
  seen.add(key);
  const other = kind === 'asset' ? 'dag' : 'asset';
  const names = isAgain ? [] : next(kind, name);
  return { kind, name, isAgain, next: names.map((one) => follow(other, one, next, seen)) };
}

function lines({ kind, name, isAgain, next }: Node, indent: string): string[] {
  const text = `${indent}${kind === 'dag' ? 'DAG ' : ''}${name}${isAgain ? ' (see above)' : ''}`;
  return [text, ...next.flatMap((one) => lines(one, `${indent}  `))];
}

function nodeJson({ kind, name, isAgain, next }: Node): object {
  return { kind, name, ...(isAgain ? { again: true } : {}), next: next.map(nodeJson) };
}
