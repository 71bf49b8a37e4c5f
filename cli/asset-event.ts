import { AppError } from '../core/model/errors.ts';
import type { JsonObject } from '../core/model/json.ts';
import { nearest } from '../core/model/nearest.ts';
import { valueOfAnswer } from './answer-error.ts';
import { assetLinks } from './asset-graph.ts';
import type { CommandContext } from './context.ts';
import { type FoundDag, readDagFiles } from './dag-files.ts';
import { openSession } from './engine.ts';
import { EXIT } from './exit-code.ts';
import { lastKnownDags } from './last-known-dags.ts';
import { userName } from './user-name.ts';
import { withProject } from './with-project.ts';

/** `orch asset event <uri>`: an asset has changed outside of orch. */
export async function reportEvent(
  context: CommandContext,
  uri: string,
  extraText: string | undefined,
): Promise<number> {
  const extra = extraOf(extraText);
  const { dags } = await readDagFiles(context);
  return withProject(context, async (project) => {
    const session = await openSession(project, { warm: false });
    try {
      const by = userName(context.host.env);
      const value = valueOfAnswer(await session.ask({ type: 'assetEvent', uri, extra, by }));
      const { eventNo } = value as { readonly eventNo: number };
      if (context.flags.json) context.json({ uri, eventNo });
      else context.print(`Event ${eventNo} of ${uri}`);
      const known = isKnown(context, [...dags, ...(await lastKnownDags(project.store, dags))], uri);
      if (known && session.leading)
        context.say("No scheduler runs: 'orch scheduler' or 'orch up' will make the runs that wait for it.");
      return EXIT.ok;
    } finally {
      await session.close();
    }
  });
}

/** Whether one of these DAGs produces an asset or waits for it; warns if none does. */
export function isKnown(
  context: CommandContext,
  dags: readonly Pick<FoundDag, 'spec'>[],
  uri: string,
): boolean {
  const links = assetLinks(dags);
  if (links.has(uri)) return true;
  const similar = nearest(uri, [...links.keys()]);
  const hint = similar === null ? '' : ` Did you mean '${similar}'?`;
  context.warn(`no DAG produces asset '${uri}' or waits for it: its event starts nothing.${hint}`);
  return false;
}

/** What `--extra` gives. @throws AppError `usage` for what is no JSON object. */
export function extraOf(text: string | undefined): JsonObject | null {
  if (text === undefined) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError('usage', `--extra is not JSON: ${(error as Error).message}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AppError('usage', '--extra takes a JSON object, such as {"rows": 3}.');
  return value as JsonObject;
}
