import type { Config } from './config.ts';

const HOT = /^(scheduler\.maxActive|runners\.max|log\.level|pools\.[^.]+\.(slots|description)|alerts\..+)$/;

/** Whether a scheduler that runs takes another value of a key from the config file. */
export function isHot(key: string): boolean {
  return HOT.test(key);
}

/** A config with what of another one may change while a scheduler runs. */
export function withHotKeys(config: Config, other: Config): Config {
  return {
    ...config,
    scheduler: { ...config.scheduler, maxActive: other.scheduler.maxActive },
    runners: { ...config.runners, max: other.runners.max },
    pools: other.pools,
    log: { ...config.log, level: other.log.level },
    alerts: other.alerts,
  };
}

/** The hot keys that two configs have otherwise. */
export function hotDifference(before: Config, after: Config): string[] {
  const keys: string[] = [];
  if (before.scheduler.maxActive !== after.scheduler.maxActive) keys.push('scheduler.maxActive');
  if (before.runners.max !== after.runners.max) keys.push('runners.max');
  if (before.log.level !== after.log.level) keys.push('log.level');
  for (const name of new Set([...Object.keys(before.pools), ...Object.keys(after.pools)]))
    if (before.pools[name]?.slots !== after.pools[name]?.slots) keys.push(`pools.${name}.slots`);
  for (const kind of ['rules', 'channels'] as const) {
    const [old, now] = [before.alerts[kind], after.alerts[kind]].map(
      (all) => new Map(all.map((one) => [one.name, JSON.stringify(one)])),
    ) as [Map<string, string>, Map<string, string>];
    for (const name of new Set([...old.keys(), ...now.keys()]))
      if (old.get(name) !== now.get(name)) keys.push(`alerts.${kind}.${name}`);
  }
  return keys;
}

/** Whether a key is one of rules or channels of alerts. */
export function isAboutAlerts(key: string): boolean {
  return key.startsWith('alerts.');
}
