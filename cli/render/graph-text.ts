import type { DrawnGraph } from './drawn-graph.ts';

/** A DAG as a Mermaid flowchart; fan-outs are subgraphs. */
export function mermaidGraph(drawn: DrawnGraph): string {
  const lines = ['flowchart TD'];
  for (const [at, node] of drawn.nodes.entries())
    if (node.fanOut === null) lines.push(`  n${at}["${label(node.taskId)}"]`);
  for (const [number, fanOut] of drawn.fanOuts.entries()) {
    lines.push(`  subgraph f${number}["${label(`${fanOut.path} (per key)`)}"]`);
    for (const [at, node] of drawn.nodes.entries())
      if (node.fanOut === fanOut.path) lines.push(`    n${at}["${label(node.taskId)}"]`);
    lines.push('  end');
  }
  for (const [from, to] of drawn.edges) lines.push(`  n${from} --> n${to}`);
  return lines.join('\n');
}

/** A DAG in the language of Graphviz; fan-outs are clusters. */
export function dotGraph(drawn: DrawnGraph): string {
  const lines = [
    `digraph "${label(drawn.dagId)}" {`,
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
  ];
  for (const [at, node] of drawn.nodes.entries())
    if (node.fanOut === null) lines.push(`  n${at} [label="${label(node.taskId)}"];`);
  for (const [number, fanOut] of drawn.fanOuts.entries()) {
    lines.push(`  subgraph cluster_${number} {`, `    label="${label(`${fanOut.path} (per key)`)}";`);
    for (const [at, node] of drawn.nodes.entries())
      if (node.fanOut === fanOut.path) lines.push(`    n${at} [label="${label(node.taskId)}"];`);
    lines.push('  }');
  }
  for (const [from, to] of drawn.edges) lines.push(`  n${from} -> n${to};`);
  lines.push('}');
  return lines.join('\n');
}

function label(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', "'");
}
