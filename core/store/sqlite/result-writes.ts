import type { Action } from '../../model/action.ts';
import { storable } from '../archive.ts';
import { askRow, cacheRow } from '../cache.ts';
import type { Misses } from '../misses.ts';
import { NO_WAIT } from '../records.ts';
import type { TickStatements } from './statements.ts';

type Result = Extract<
  Action,
  { type: 'output' | 'metric' | 'artifact' | 'progress' | 'wait' | 'checkpoint' | 'cache.ask' | 'cache.put' }
>;

/** Writes what an attempt gave, what it leaves for the next one, and what goes into the cache. */
export function writeResult(statements: TickStatements, action: Result, misses: Misses): void {
  if (action.type === 'cache.put') {
    statements.putEntry.run(...(Object.values(cacheRow(action.entry)) as (string | number | null)[]));
    return;
  }
  const { runNo, nodeNo } = action;
  switch (action.type) {
    case 'output': {
      const { output, tryNo } = action;
      const { changes } =
        'json' in output
          ? statements.insertOutput.run(runNo, nodeNo, tryNo, output.json, null, null)
          : statements.insertOutput.run(runNo, nodeNo, tryNo, null, output.sha256, output.bytes);
      if (changes !== 1) misses.runs.add(runNo);
      return;
    }
    case 'metric':
      if (!Number.isFinite(action.value)) return;
      statements.putMetric.run(runNo, nodeNo, action.tryNo, storable(action.name), action.value, action.at);
      return;
    case 'artifact': {
      const { name, bytes, mediaType, sha256 } = action.artifact;
      statements.putArtifact.run(
        runNo,
        nodeNo,
        action.tryNo,
        storable(name),
        bytes,
        storable(mediaType),
        sha256,
      );
      return;
    }
    case 'wait': {
      const { sinceAt, calls, iterations, state } = action.wait ?? NO_WAIT;
      const text = state === null ? null : storable(state);
      statements.putWait.run(runNo, nodeNo, sinceAt, calls, iterations, text);
      return;
    }
    case 'checkpoint': {
      const { tryNo, at, state } = action;
      statements.putCheckpoint.run(runNo, nodeNo, tryNo, at, state === null ? null : storable(state));
      return;
    }
    case 'cache.ask': {
      const row = Object.values(askRow(runNo, nodeNo, action.ask)) as (string | number | null)[];
      statements.putAsk.run(...row);
      return;
    }
    case 'progress': {
      const step = action.step === null ? null : storable(action.step);
      statements.putProgress.run(runNo, nodeNo, action.done, action.total, step);
    }
  }
}
