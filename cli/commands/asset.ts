import { AppError } from '../../core/model/errors.ts';
import { nearest } from '../../core/model/nearest.ts';
import { extraOf, reportEvent } from '../asset-event.ts';
import { assetLinks } from '../asset-graph.ts';
import { showLineage } from '../asset-lineage.ts';
import { listAssets, tellAssets } from '../asset-list.ts';
import { chosenAction } from '../chosen-action.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { type FoundDag, readDagFiles } from '../dag-files.ts';
import { definePlanParams, type ParamOptions } from '../param-flags.ts';
import { assetsThere, reportThere } from '../remote/assets.ts';
import { dagsOfServer } from '../remote/dag-of-server.ts';
import { trigger } from './trigger.ts';

interface AssetOptions extends ParamOptions {
  readonly extra?: string;
  readonly dag?: string;
}

type Act = (context: CommandContext, options: AssetOptions, name: string) => Promise<number>;

const ACTIONS: { readonly [action: string]: Act } = {
  list: (context) => listAssets(context),
  event: (context, { extra }, uri) => reportEvent(context, uri, extra),
  lineage: async (context, _options, name) => showLineage(context, (await readDagFiles(context)).dags, name),
  materialize: async (context, options, uri) => {
    const { dagId, ...wanted } = makerOf((await readDagFiles(context)).dags, options, uri);
    return trigger.run(context, wanted, [dagId]);
  },
};

/** `orch asset <action> [name]`: what DAGs make, and what runs when it changes. */
export const asset = defineCommand<AssetOptions>({
  description:
    "An asset is a URI. Each success of a task that names it in 'produces' is an event of it; events start " +
    'runs of the DAGs whose schedule names it.',
  examples: [
    { command: 'orch asset list', what: 'who makes each asset, who runs on it, and how old it is' },
    { command: 'orch asset lineage duckdb://market/candles', what: 'what it is made of, and what it makes' },
    {
      command: 'orch asset materialize duckdb://market/candles',
      what: 'run its DAG until the task that makes it',
    },
    {
      command: `orch asset event s3://prices/today --extra '{"rows": 3}'`,
      what: 'it changed outside of orch',
    },
  ],
  define: (command) => {
    command
      .argument('<action>', 'list, event, lineage or materialize')
      .argument('[name]', 'the URI of an asset; for lineage also a DAG');
    command
      .option('--extra <json>', 'event: a JSON object that comes with it')
      .option('--dag <dag>', 'materialize: the DAG that makes it, where several do');
    definePlanParams(command);
  },
  run: async (context, options, [action, name]) => {
    const act = chosenAction('asset', ACTIONS, action, name);
    requireName(action, name);
    return act(context, options, String(name));
  },
});

/** `orch asset` of a server: by the versions that new runs of its DAGs have. */
export const assetThere: RemoteRun<AssetOptions> = async (context, server, options, [action, name]) => {
  const uri = String(name);
  const act = chosenAction(
    'asset',
    {
      list: async () => tellAssets(context, await dagsOfServer(server), await assetsThere(server)),
      event: () => reportThere(context, server, uri, extraOf(options.extra)),
      lineage: async () => showLineage(context, await dagsOfServer(server), uri),
      materialize: async () => {
        const { dagId, ...wanted } = makerOf(await dagsOfServer(server), options, uri);
        const { trigger: there } = await import('../remote/trigger.ts');
        return there(context, server, wanted, [dagId]);
      },
    },
    action,
    name,
  );
  requireName(action, name);
  return act();
};

function requireName(action: unknown, name: unknown): void {
  if (action !== 'list' && name === undefined)
    throw new AppError('usage', `'orch asset ${action}' needs the URI of an asset.`);
}

/** The DAG that makes an asset, and a trigger of it until the tasks that do. */
function makerOf(dags: readonly Pick<FoundDag, 'spec'>[], options: AssetOptions, uri: string) {
  const links = assetLinks(dags);
  const producers = links.get(uri)?.producers ?? [];
  if (producers.length === 0) {
    const produced = [...links].flatMap(([one, { producers: by }]) => (by.length > 0 ? [one] : []));
    const similar = nearest(uri, produced);
    const hint = similar === null ? '' : ` Did you mean '${similar}'?`;
    throw new AppError('not_found', `No task produces asset '${uri}'.${hint}`);
  }
  const { dag, ...params } = options;
  const dagIds = [...new Set(producers.map(({ dagId }) => dagId))];
  const chosen = dag ?? (dagIds.length === 1 ? dagIds[0] : undefined);
  if (chosen === undefined || !dagIds.includes(chosen)) {
    const which = dag === undefined ? 'Several DAGs produce' : `DAG '${dag}' does not produce`;
    throw new AppError('usage', `${which} '${uri}'. Name one that does with --dag: ${dagIds.join(', ')}.`);
  }
  const until = producers.filter(({ dagId }) => dagId === chosen).map(({ taskId }) => taskId);
  return { ...params, until, dagId: chosen };
}
