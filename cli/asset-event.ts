import { AppError } from '../core/model/errors.ts';
import type { JsonObject } from '../core/model/json.ts';
import { valueOfAnswer } from './answer-error.ts';
import type { CommandContext } from './context.ts';
import { openSession } from './engine.ts';
import { EXIT } from './exit-code.ts';
import { userName } from './user-name.ts';
import { withProject } from './with-project.ts';

/** `orch asset event <uri>`: an asset has changed outside of orch. */
export async function reportEvent(
  context: CommandContext,
  uri: string,
  extraText: string | undefined,
): Promise<number> {
  const extra = extraText === undefined ? null : extraOf(extraText);
  return withProject(context, async (project) => {
    const session = await openSession(project, { warm: false });
    try {
      const by = userName(context.host.env);
      const value = valueOfAnswer(await session.ask({ type: 'assetEvent', uri, extra, by }));
      const { eventNo } = value as { readonly eventNo: number };
      if (context.flags.json) context.json({ uri, eventNo });
      else context.print(`Event ${eventNo} of ${uri}`);
      if (session.leading)
        context.say("No scheduler runs: 'orch scheduler' or 'orch up' will make the runs that wait for it.");
      return EXIT.ok;
    } finally {
      await session.close();
    }
  });
}

function extraOf(text: string): JsonObject {
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
