import type { Action } from '../../model/action.ts';
import { eventRow } from '../assets.ts';
import type { Misses } from '../misses.ts';
import type { TickStatements } from './statements.ts';

/** Writes an event of an asset, or what was decided about events or a file. */
export function writeAsset(
  statements: TickStatements,
  action: Extract<Action, { type: 'asset.event' | 'asset.take' | 'file.take' }>,
  misses: Misses,
): void {
  switch (action.type) {
    case 'asset.event': {
      const { event } = action;
      const { eventNo, uri, at, producer, reported } = event;
      statements.putAsset.run(uri, at, eventNo);
      const row = Object.values(eventRow(event)) as (string | number | null)[];
      if (statements.insertEvent.run(...row).changes === 1) return;
      if (producer !== null) misses.runs.add(producer.runNo);
      if (reported !== null) misses.requests.add(reported.requestNo);
      return;
    }
    case 'asset.take': {
      const { dagId, from, to } = action;
      if (statements.takeEvents.run(dagId, to, from).changes !== 1) misses.dags.add(dagId);
      return;
    }
    case 'file.take': {
      const { file, decidedAt, runNo } = action;
      const { dagId, path, bytes, modifiedAt } = file;
      const { changes } = statements.takeFile.run(dagId, path, bytes, modifiedAt, decidedAt, runNo);
      if (changes !== 1) misses.dags.add(dagId);
    }
  }
}
