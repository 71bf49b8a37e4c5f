import { AppError } from '../model/errors.ts';
import type { RunSnapshot } from '../store/run-snapshot.ts';
import type { VersionRecord } from '../store/store.ts';
import { isStopgap } from '../store/stored-text.ts';

const FIND = "'orch doctor' names what is damaged";

/**
 * Lets nobody go on with a run of which it cannot be read what it was given.
 * @throws AppError `conflict`
 */
export function requireWhole({ run, version, expansions }: RunSnapshot): void {
  const keys = expansions.some((one) => isStopgap(one.keys) || isStopgap(one.items) || isStopgap(one.gone));
  const lost = isStopgap(run.params) ? 'params' : isStopgap(run.scope) ? 'scope' : keys ? 'keys' : null;
  if (lost !== null)
    throw new AppError('conflict', `the stored ${lost} of run ${run.uid} cannot be read: ${FIND}`);
  requireWholeVersion(version);
}

/**
 * Lets nobody run a version whose graph cannot be read.
 * @throws AppError `conflict`
 */
export function requireWholeVersion({ spec, versionNo, dagId }: VersionRecord): void {
  if (isStopgap(spec))
    throw new AppError(
      'conflict',
      `the stored graph of version ${versionNo} of ${dagId} cannot be read: ${FIND}`,
    );
}
