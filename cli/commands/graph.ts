import { Option } from 'commander';
import { compileGraph } from '../../core/graph/graph.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { readDagFiles, requireDag } from '../dag-files.ts';
import { EXIT } from '../exit-code.ts';
import { dagOfServer } from '../remote/dag-of-server.ts';
import { asciiGraph } from '../render/ascii-graph.ts';
import { drawnGraph } from '../render/drawn-graph.ts';
import { dotGraph, mermaidGraph } from '../render/graph-text.ts';

interface GraphOptions {
  readonly format?: 'ascii' | 'mermaid' | 'dot' | 'json';
}

/** `orch graph <dag>`: draws the tasks of a DAG and what they wait for. */
export const graph = defineCommand<GraphOptions>({
  examples: [
    { command: 'orch graph pipeline', what: 'in the terminal' },
    { command: 'orch graph pipeline --format mermaid', what: 'for a README' },
    { command: 'orch graph pipeline --format dot | dot -Tsvg', what: 'with Graphviz' },
  ],
  define: (command) => {
    command.argument('<dag>', 'the DAG');
    command.addOption(
      new Option('--format <format>', 'how to draw')
        .choices(['ascii', 'mermaid', 'dot', 'json'])
        .default('ascii'),
    );
  },
  run: async (context, { format }, [dagId]) =>
    drawDag(context, requireDag(await readDagFiles(context, String(dagId)), String(dagId)).spec, format),
});

/** `orch graph` of a server: a DAG as new runs have it there. */
export const graphThere: RemoteRun<GraphOptions> = async (context, server, { format }, [dagId]) =>
  drawDag(context, (await dagOfServer(server, String(dagId))).dag.spec, format);

function drawDag(context: CommandContext, spec: DagSpec, format: GraphOptions['format']): number {
  const drawn = drawnGraph(compileGraph(spec));
  if (context.flags.json || format === 'json')
    context.json({ dagId: spec.id, nodes: drawn.nodes, edges: drawn.edges, fanOuts: drawn.fanOuts });
  else if (format === 'mermaid') context.print(mermaidGraph(drawn));
  else if (format === 'dot') context.print(dotGraph(drawn));
  else context.print(asciiGraph(drawn, context.host.stdout.columns, context.style).join('\n'));
  return EXIT.ok;
}
