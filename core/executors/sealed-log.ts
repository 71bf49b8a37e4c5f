import { sealLog } from '../log/seal-log.ts';
import type { LogRange } from '../model/attempt.ts';
import type { Job } from './job.ts';
import type { LocalSettings } from './local-options.ts';

/**
 * Closes the log of a job whose process is dead, with some last lines from the system; `null` if there is no
 * log. `from` is where it begins, if the attempt closed it itself.
 */
export function sealedLog(
  job: Job,
  settings: LocalSettings,
  remarks: readonly string[],
  from?: number,
): LogRange | null {
  const { lane, order } = job;
  if (!lane) return null;
  const range = { segment: lane.segment, offset: from ?? lane.end, length: null };
  const source = { stateDir: settings.stateDir, runNo: order.runNo, attemptId: order.attemptId, range };
  const lines = remarks.map((text) => ({ stream: 'system' as const, text }));
  return sealLog(source, settings.clock.now(), lines);
}
