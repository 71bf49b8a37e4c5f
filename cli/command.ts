import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import type { Server } from './remote/server.ts';

/** One line of the examples that help begins with. */
export interface Example {
  readonly command: string;
  readonly what: string;
}

/** A command in its own lazily loaded file. */
export interface CommandModule<Options extends object = Record<string, unknown>> {
  readonly examples: readonly Example[];
  /** What is said to who gives more words than there are arguments; the words are not repeated. */
  readonly excess?: string;
  /** More than the summary says, for `--help`. */
  readonly description?: string;
  /** Adds arguments and options. */
  define(command: Command): void;
  /**
   * Does the work; the result is the exit code. `args` are the positional arguments, absent ones `undefined`.
   */
  run(
    context: CommandContext,
    options: Options,
    args: readonly (string | string[] | undefined)[],
  ): Promise<number>;
}

/** What a command does against a server instead. */
export type RemoteRun<Options extends object = Record<string, unknown>> = (
  context: CommandContext,
  server: Server,
  options: Options,
  args: readonly (string | string[] | undefined)[],
) => Promise<number>;

/** Checks the shape of a command where it is written, and forgets its option type where it is called. */
export function defineCommand<Options extends object>(command: CommandModule<Options>): CommandModule {
  return command as unknown as CommandModule;
}

/** The same of what a command does against a server. */
export function remoteRun<Options extends object>(run: RemoteRun<Options>): RemoteRun {
  return run as unknown as RemoteRun;
}

/** Collects the values of a repeatable option. */
export function collect(value: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}
