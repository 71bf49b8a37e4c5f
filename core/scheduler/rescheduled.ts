import type { DagRecord, Store, VersionRecord } from '../store/store.ts';
import { isRescheduled } from './dag-entry.ts';

/**
 * Whether the slots of a DAG are to be counted from now on, because it is due at other times than when they
 * were decided last: by whichever version, and whoever has stored this one or died over it since.
 */
export async function isScheduledAnew(
  store: Pick<Store, 'version'>,
  version: VersionRecord,
  { decidedNo }: Pick<DagRecord, 'decidedNo'>,
): Promise<boolean> {
  if (decidedNo === null || decidedNo === version.versionNo) return false;
  const decided = await store.version(decidedNo);
  return decided !== null && isRescheduled(decided.spec, version.spec);
}
