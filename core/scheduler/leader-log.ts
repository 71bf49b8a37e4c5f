import { createLogger, type Logger } from '../log/logger.ts';
import type { Lease } from '../store/store.ts';
import { logFile } from './paths.ts';
import type { Project } from './project.ts';

/** The log of a process that leads; `onError` is told the message of every line that is an error. */
export function leaderLog(
  { config, stateDir, clock }: Project,
  { epoch }: Lease,
  onError: (message: string) => void,
): Logger {
  const { level, maxBytes, keep } = config.log;
  const to = { path: logFile(stateDir), maxBytes, keep, clock };
  return createLogger({ level, to, bindings: { part: 'scheduler', epoch }, onError });
}
