import type { Config } from '../core/config/config.ts';
import { loadConfig } from '../core/config/load-config.ts';
import type { CommandContext } from './context.ts';

/** The config of a project for a command line. */
export function configOf(dir: string, context: CommandContext): Config {
  const { profile } = context.flags;
  return loadConfig({
    projectDir: dir,
    env: context.host.env,
    ...(profile === undefined ? {} : { profile }),
  });
}

/** The state folder of a project as its config says. */
export function stateDirOf(dir: string, context: CommandContext): string {
  return configOf(dir, context).store.path;
}
