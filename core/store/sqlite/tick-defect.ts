import { AppError } from '../../model/errors.ts';
import type { RunNo } from '../../model/ids.ts';
import type { Tick } from '../store.ts';

/** The error for a tick that the schema refuses, with the runs that it is about. */
export function tickDefect(tick: Tick, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const runs = new Set<RunNo>();
  for (const action of tick.actions) if ('runNo' in action && action.runNo !== null) runs.add(action.runNo);
  return new AppError(
    'internal',
    `The store refused tick ${tick.no}: ${message}`,
    { runs: [...runs].slice(0, 20) },
    error,
  );
}
