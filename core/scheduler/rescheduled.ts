import type { DagRecord, Store, VersionRecord } from '../store/store.ts';
import { isRescheduled } from './dag-entry.ts';

/**
 * Whether the slots of a DAG are to be counted from now on, because it is due at other times than before:
 * than its last version, or than the one before that if nothing was decided since this one was stored. A
 * trigger may have stored it before a scheduler saw it, or the process that saw it has died.
 */
export async function isScheduledAnew(
  store: Pick<Store, 'version' | 'versionsOf'>,
  old: VersionRecord | null,
  version: VersionRecord,
  { cursorAt }: Pick<DagRecord, 'cursorAt'>,
): Promise<boolean> {
  if (old !== null && isRescheduled(old.spec, version.spec)) return true;
  const stored = old?.versionNo === version.versionNo ? old : await store.version(version.versionNo);
  const createdAt = stored?.createdAt ?? 0;
  if (cursorAt === null || cursorAt >= createdAt) return false;
  const [before] = await store.versionsOf(version.dagId, 1, version.versionNo);
  return before !== undefined && isRescheduled(before.spec, version.spec);
}
