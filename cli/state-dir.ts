import { loadConfig } from '../core/config/load-config.ts';
import type { CommandContext } from './context.ts';

/** The state folder of a project as its config says. */
export function stateDirOf(dir: string, context: CommandContext): string {
  const { profile } = context.flags;
  return loadConfig({ projectDir: dir, env: context.host.env, ...(profile === undefined ? {} : { profile }) })
    .store.path;
}
