import { readFileSync } from 'node:fs';
import { processHost } from './host.ts';
import { runCommandLine } from './program.ts';

/** Entry of the `orch` command: runs the command line of a process and sets its exit code. */
export async function main(process: NodeJS.Process): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  const host = processHost(process);
  process.exitCode = await runCommandLine(process.argv.slice(2), host, version);
}
