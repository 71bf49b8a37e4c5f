import type { DrawnGraph } from './drawn-graph.ts';
import { containerOf, type DagContainer } from './graph-container.ts';

/** How a language writes the parts of a graph. */
interface GraphLanguage {
  node(id: string, label: string): string;
  open(id: string, label: string): readonly string[];
  readonly close: string;
}

const MERMAID: GraphLanguage = {
  node: (id, label) => `n${id}["${label}"]`,
  open: (id, label) => [`subgraph f${id}["${label}"]`],
  close: 'end',
};

const DOT: GraphLanguage = {
  node: (id, label) => `n${id} [label="${label}"];`,
  open: (id, label) => [`subgraph cluster_${id} {`, `  label="${label}";`],
  close: '}',
};

/** A DAG as a Mermaid flowchart; fan-outs are subgraphs. */
export function mermaidGraph(drawn: DrawnGraph): string {
  const container = containerOf(drawn);
  const ids = numbered(container);
  const edges = container.edges().map(({ v, w }) => `  n${ids.get(v)} --> n${ids.get(w)}`);
  return ['flowchart TD', ...body(container, ids, MERMAID), ...edges].join('\n');
}

/** A DAG in the language of Graphviz; fan-outs are clusters. */
export function dotGraph(drawn: DrawnGraph): string {
  const container = containerOf(drawn);
  const ids = numbered(container);
  const edges = container.edges().map(({ v, w }) => `  n${ids.get(v)} -> n${ids.get(w)};`);
  const head = [
    `digraph "${escaped(drawn.dagId)}" {`,
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
  ];
  return [...head, ...body(container, ids, DOT), ...edges, '}'].join('\n');
}

function numbered(container: DagContainer): Map<string, string> {
  return new Map(container.nodes().map((node, index) => [node, String(index)]));
}

/** The nodes of the graph or of one fan-out: tasks first, then the fan-outs inside. */
function body(
  container: DagContainer,
  ids: ReadonlyMap<string, string>,
  language: GraphLanguage,
  parent?: string,
  indent = '  ',
): string[] {
  const children = parent === undefined ? container.children() : container.children(parent);
  const isFanOut = (node: string): boolean => container.children(node).length > 0;
  const text = (node: string): string => escaped(String(container.node(node)));
  const tasks = children.filter((node) => !isFanOut(node));
  const lines = tasks.map((node) => `${indent}${language.node(ids.get(node) ?? '', text(node))}`);
  for (const node of children.filter(isFanOut)) {
    lines.push(...language.open(ids.get(node) ?? '', text(node)).map((line) => indent + line));
    lines.push(...body(container, ids, language, node, `${indent}  `));
    lines.push(indent + language.close);
  }
  return lines;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', "'");
}
