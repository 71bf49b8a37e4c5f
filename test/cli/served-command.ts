import { Readable } from 'node:stream';
import type { Output } from '../../cli/context.ts';
import { runCommandLine } from '../../cli/program.ts';
import { orchVersion } from '../../core/config/installation.ts';
import { type Clock, systemClock } from '../../core/model/clock.ts';

/** How a command line ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command line gets besides its words: more variables, what comes by stdin, and its clock. */
export interface Given {
  readonly env?: { readonly [name: string]: string };
  readonly input?: string;
  readonly clock?: Clock;
}

/** Runs a command line in this process, in a folder and as a user of its own. */
export async function runCommand(
  args: readonly string[],
  home: string,
  { env: more = {}, input = '', clock = systemClock }: Given = {},
): Promise<Ended> {
  const stdout = collector();
  const stderr = collector();
  const env = { HOME: home, USER: 'tester', ...more };
  const stdin = Readable.from(input === '' ? [] : [Buffer.from(input)]);
  const host = { env, cwd: home, clock, stdin, stdout: stdout.output, stderr: stderr.output };
  const code = await runCommandLine(args, host, orchVersion());
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collector() {
  let text = '';
  const output: Output = {
    write: (more) => {
      text += more;
    },
    isTTY: false,
    columns: 120,
    rows: 24,
    closed: false,
    drained: async () => {},
    stream: process.stdout,
  };
  return { output, text: () => text };
}
