import type { RunUid, TryNo } from '../../core/model/ids.ts';
import type { JsonObject } from '../../core/model/json.ts';
import { isKnown } from '../asset-event.ts';
import type { StoredAsset } from '../asset-list.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { dagsOfServer } from './dag-of-server.ts';
import type { Server } from './server.ts';

/** The assets of a server of which there was an event. */
export async function assetsThere(server: Server): Promise<StoredAsset[]> {
  return (await server.items('listAssets', {})).map(({ uri, events, last }) => {
    const { at, producer, reportedBy, extra } = last;
    const made =
      producer === null
        ? null
        : { ...producer, runUid: producer.runId as RunUid, tryNo: producer.attempt as TryNo };
    const reported = reportedBy === null ? null : { by: reportedBy };
    const event = { at: Date.parse(at), producer: made, reported, extra: extra as JsonObject | null };
    return { uri, events, last: event };
  });
}

/** `orch asset event` of a server. */
export async function reportThere(
  context: CommandContext,
  server: Server,
  uri: string,
  extra: JsonObject | null,
): Promise<number> {
  const body = { uri, ...(extra === null ? {} : { extra }) };
  const { eventId } = await server.call('reportAssetEvent', { body });
  if (context.flags.json) context.json({ uri, eventNo: eventId === null ? null : Number(eventId) });
  else context.print(`Event ${eventId} of ${uri}`);
  isKnown(context, await dagsOfServer(server), uri);
  return EXIT.ok;
}
