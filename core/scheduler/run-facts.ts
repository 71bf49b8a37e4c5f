import { assetFacts } from '../model/asset.ts';
import type { RunFacts } from '../model/attempt.ts';
import type { RunRecord } from '../model/run.ts';

/** What a task may know of its run. */
export function factsOf(record: RunRecord): RunFacts {
  const text = (at: number): string => new Date(at).toISOString();
  const { intervalStartAt: start, intervalEndAt: end } = record;
  return {
    id: record.uid,
    dagId: record.dagId,
    logicalDate: record.logicalAt === null ? null : text(record.logicalAt),
    interval: start === null || end === null ? null : { start: text(start), end: text(end) },
    trigger: record.trigger,
    assets: assetFacts(record.cause),
    file: record.cause?.file?.path ?? null,
  };
}
