import type { Logger } from '../../core/log/logger.ts';

const silent = (): void => {};

/** A log that nobody reads. */
export const silentLog = {
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
} as unknown as Logger;
