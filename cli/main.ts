import { orchVersion } from '../core/config/installation.ts';
import { createContext } from './create-context.ts';
import { processHost } from './host.ts';
import { runCommandLine } from './program.ts';

/** Entry of the `orch` command: runs the command line of a process and sets its exit code. */
export async function main(process: NodeJS.Process): Promise<void> {
  const host = processHost(process);
  const argv = process.argv.slice(2);
  if (argv[0] === 'complete' && argv[1] === '--') {
    const { complete } = await import('./completion/complete.ts');
    return complete(argv.slice(2), createContext(host, {}));
  }
  process.exitCode = await runCommandLine(argv, host, orchVersion());
}
