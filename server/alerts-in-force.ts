import type { Config } from '../core/config/config.ts';
import { loadConfig } from '../core/config/load-config.ts';
import type { Services } from './services.ts';

/** The rules and channels as the config is written now; those of the start while it has mistakes. */
export function alertsInForce({ config, configInput }: Services): Config['alerts'] {
  try {
    return loadConfig(configInput).alerts;
  } catch {
    return config.alerts;
  }
}
