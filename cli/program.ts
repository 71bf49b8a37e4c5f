import { Command, CommanderError, type Help, Option } from 'commander';
import { AppError } from '../core/model/errors.ts';
import { nearest } from '../core/model/nearest.ts';
import type { CommandModule, Example } from './command.ts';
import { COMMANDS, type CommandEntry } from './commands.ts';
import type { CommandContext, Host } from './context.ts';
import { createContext, type GlobalOptionValues } from './create-context.ts';
import { EXIT } from './exit-code.ts';
import { commandHelp, programHelp } from './help.ts';
import { chosenServer } from './remote/chosen-server.ts';
import { reportError } from './report-error.ts';
import { createStyle, wantsColor } from './style.ts';

const EXAMPLES: readonly Example[] = [
  { command: 'orch init my-project', what: 'make a project with two small DAGs' },
  { command: 'orch trigger pipeline', what: 'run a DAG and follow it to the end' },
  { command: 'orch trigger pipeline --until backtest', what: 'only up to a task or stage' },
  { command: 'orch status', what: 'how the latest run went' },
  { command: 'orch retry last --failed', what: 'run again what failed' },
];

/**
 * Runs one command line and gives its exit code. Only the file of the command that is asked for is loaded.
 * `version` is the version of orch.
 */
export async function runCommandLine(argv: readonly string[], host: Host, version: string): Promise<number> {
  const asked = commandOf(argv);
  const module = asked === null ? null : await asked.load();
  let exitCode: number = EXIT.ok;
  const program = createProgram(host, version, argv);
  for (const entry of COMMANDS) {
    const command = program.command(entry.name).summary(entry.summary);
    command.helpGroup(entry.group).description(entry.summary);
    if (entry.alias !== undefined) command.alias(entry.alias);
    if (entry !== asked || module === null) continue;
    defineOn(command, module, entry, host, argv);
    command.action(async (...received: unknown[]) => {
      const self = received.at(-1) as Command;
      const context = createContext(host, self.optsWithGlobals() as GlobalOptionValues);
      try {
        const args = received.slice(0, -2) as (string | string[] | undefined)[];
        exitCode = await runHereOrThere(context, entry, module, self.opts(), args);
      } catch (error) {
        exitCode = reportError(context, error);
      }
    });
  }
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    return commandLineError(error, host, argv, asked, module?.excess);
  }
  return exitCode;
}

/** Runs a command on this machine, or against the server that its command line is for. */
async function runHereOrThere(
  context: CommandContext,
  { name, loadRemote }: CommandEntry,
  module: CommandModule,
  options: Record<string, unknown>,
  args: readonly (string | string[] | undefined)[],
): Promise<number> {
  const { flags } = context;
  if (typeof loadRemote === 'string') {
    if (flags.server === undefined) return module.run(context, options, args);
    throw new AppError('usage', `'orch ${name}' does not work with --server. ${loadRemote}`);
  }
  const server = await chosenServer(context);
  if (server === null) return module.run(context, options, args);
  const run = await loadRemote();
  try {
    return await run(context, server, options, args);
  } catch (error) {
    throw server.untold(error);
  }
}

/** The words of a command line that are no options of the program nor the values of these. */
function wordsOf(argv: readonly string[]): string[] {
  const withValue = new Set(['-C', '--directory', '--color', '--profile', '--server']);
  const words: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] as string;
    if (withValue.has(word)) at++;
    else if (!word.startsWith('-')) words.push(word);
  }
  return words;
}

/** The command that the first word names, or the second after `help`. */
function commandOf(argv: readonly string[]): CommandEntry | null {
  const words = wordsOf(argv);
  const name = words[0] === 'help' ? words[1] : words[0];
  if (name === undefined) return null;
  return COMMANDS.find((entry) => entry.name === name || entry.alias === name) ?? null;
}

function createProgram(host: Host, version: string, argv: readonly string[]): Command {
  const program = new Command('orch');
  const color = new Option('--color <when>', 'use colour').choices(['auto', 'always', 'never']);
  program
    .description('Runs DAGs of tasks, written in TypeScript or YAML, on this machine.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .option('-C, --directory <dir>', 'the project, instead of the current directory')
    .option('--json', 'print JSON: one document, or one event a line for what streams')
    .addOption(color)
    .option('-q, --quiet', 'say only what was asked for')
    .option('-v, --verbose', 'say more')
    .option('--profile <name>', 'use this profile of airflow.yaml')
    .option('--server <server>', 'ask this server, by its address or the name of a context')
    .option('--token-stdin', 'with --server: read the token from stdin')
    .option('--allow-http', 'let a token go to another machine without TLS')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: () => {},
      getOutHelpWidth: () => host.stdout.columns,
    })
    .configureHelp({
      formatHelp: (command, helper) => programHelp(command, helper, EXAMPLES, helpStyle(host, argv)),
    });
  return program;
}

function defineOn(
  command: Command,
  module: CommandModule,
  entry: CommandEntry,
  host: Host,
  argv: readonly string[],
): void {
  module.define(command);
  const summary = `${entry.summary.charAt(0).toUpperCase()}${entry.summary.slice(1)}.`;
  command.description(module.description === undefined ? summary : `${summary}\n${module.description}`);
  command.configureHelp({
    showGlobalOptions: true,
    formatHelp: (self: Command, helper: Help) =>
      commandHelp(self, helper, module.examples, helpStyle(host, argv)),
  });
}

function helpStyle(host: Host, argv: readonly string[]) {
  const choice = argv.includes('--color=always')
    ? 'always'
    : argv.includes('--color=never')
      ? 'never'
      : 'auto';
  return createStyle(wantsColor(choice, host.env, host.stdout.isTTY));
}

/** Help and version end a command line well; everything else that commander throws is a mistake of usage. */
function commandLineError(
  error: unknown,
  host: Host,
  argv: readonly string[],
  asked: CommandEntry | null,
  excess?: string,
): number {
  const context = createContext(host, { json: argv.includes('--json'), verbose: argv.includes('-v') });
  if (!(error instanceof CommanderError)) return reportError(context, error);
  if (error.exitCode === 0) return EXIT.ok;
  if (error.code === 'commander.help')
    return reportError(context, new AppError('usage', noCommandText(argv)));
  // What a secret may be in is not repeated.
  if (error.code === 'commander.excessArguments' && excess !== undefined)
    return reportError(context, new AppError('usage', `Too many arguments for '${asked?.name}'. ${excess}`));
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = suggestionText(rest.join(' '));
  const help = asked === null ? 'orch --help' : `orch ${asked.name} --help`;
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1).replace(/\.$/, '')}.`;
  const message = [sentence, suggestion, `See '${help}'.`].filter((part) => part !== '').join(' ');
  return reportError(context, new AppError('usage', message));
}

/** The suggestion of commander, with the names in quotes. */
function suggestionText(text: string): string {
  const [, many = '', names] = /^\(Did you mean (one of )?(.*)\?\)$/.exec(text) ?? [];
  if (names === undefined) return text;
  return `Did you mean ${many}${names.replaceAll(/[^\s,]+/g, "'$&'")}?`;
}

/** What is wrong with a command line that names no command, or asks for help on one that does not exist. */
function noCommandText(argv: readonly string[]): string {
  const [first, name] = wordsOf(argv);
  if (first !== 'help' || name === undefined) return "A command is missing. See 'orch --help'.";
  const similar = nearest(
    name,
    COMMANDS.map((entry) => entry.name),
  );
  const suggestion = similar === null ? '' : ` Did you mean '${similar}'?`;
  return `Unknown command '${name}'.${suggestion} See 'orch --help'.`;
}
