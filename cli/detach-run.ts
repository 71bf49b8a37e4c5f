import { spawn } from 'node:child_process';
import { packagePath } from '../core/config/installation.ts';
import { AppError } from '../core/model/errors.ts';
import type { CommandContext } from './context.ts';
import { openProject } from './engine.ts';

const LOOK_EVERY_MS = 50;
const STARTED_WITHIN_MS = 30_000;

/**
 * Starts the same command line again as a process that outlives this one, and returns once its run is stored.
 * What goes wrong before that is this command's error.
 */
export async function detachRun(context: CommandContext, dir: string, runUid: string): Promise<void> {
  const words = process.argv.slice(2).filter((word) => word !== '--detach');
  const args = [...process.execArgv, packagePath('cli/orch.js'), ...words, '--quiet', '--run-uid', runUid];
  const child = spawn(process.execPath, args, {
    cwd: context.host.cwd,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ORCH_DETACHED: '1' },
  });
  let said = '';
  let exit: number | null = null;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.on('exit', (code) => {
    exit = code ?? 1;
  });
  const project = await openProject(dir, context);
  try {
    const startedAt = context.host.clock.mono();
    while ((await project.store.runsByUid(runUid)).length === 0) {
      if (exit !== null)
        throw new AppError(
          'unavailable',
          `The background process ended at once: ${said.trim() || `exit code ${exit}`}`,
        );
      if (context.host.clock.mono() - startedAt > STARTED_WITHIN_MS)
        throw new AppError(
          'unavailable',
          'The background process has not started the run yet; look for it with orch runs.',
        );
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  } finally {
    await project.close();
    child.stderr.destroy();
    child.unref();
  }
}
