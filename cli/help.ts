import type { Command, Help, Option } from 'commander';
import type { Example } from './command.ts';
import { displayWidth, padTo } from './render/text-width.ts';
import { wrapped } from './render/wrap.ts';
import type { Style } from './style.ts';

const INDENT = '  ';

/** The help of a command: what it does, examples, then arguments and options. */
export function commandHelp(
  command: Command,
  helper: Help,
  examples: readonly Example[],
  style: Style,
): string {
  const width = Math.min(helper.helpWidth ?? 80, 100);
  const parts = [
    paragraphs(command.description(), width),
    section('Usage', [helper.commandUsage(command)], style),
    exampleSection(examples, style),
    argumentSection(command, helper, style, width),
    ...optionSections(command, helper, style, width),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** The help of `orch` itself. */
export function programHelp(
  program: Command,
  helper: Help,
  examples: readonly Example[],
  style: Style,
): string {
  const width = Math.min(helper.helpWidth ?? 80, 100);
  const groups = new Map<string, [string, string][]>();
  for (const command of helper.visibleCommands(program).filter((one) => one.name() !== 'help')) {
    const group = command.helpGroup() || 'More';
    groups.set(group, [...(groups.get(group) ?? []), [command.name(), command.description()]]);
  }
  const parts = [
    paragraphs(program.description(), width),
    exampleSection(examples, style),
    ...[...groups].map(([title, rows]) => section(title, table(rows, 11, width), style)),
    ...optionSections(program, helper, style, width),
    style.dim("'orch <command> --help' says more about one. Exit codes and more: docs/cli.md"),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[], style: Style): string {
  if (lines.length === 0) return '';
  return `${style.bold(title)}\n${lines.map((line) => INDENT + line).join('\n')}`;
}

function exampleSection(examples: readonly Example[], style: Style): string {
  const widest = Math.max(0, ...examples.map(({ command }) => command.length));
  const lines = examples.map(({ command, what }) => `${padTo(command, widest)}  ${style.dim(what)}`);
  return section('Examples', lines, style);
}

function argumentSection(command: Command, helper: Help, style: Style, width: number): string {
  const rows = helper
    .visibleArguments(command)
    .map((argument): [string, string] => [argument.name(), argument.description]);
  return section('Arguments', table(rows, 0, width), style);
}

function optionSections(command: Command, helper: Help, style: Style, width: number): string[] {
  const own = helper.visibleOptions(command);
  const groups = new Map<string, [string, string][]>();
  const add = (title: string, option: Option): void => {
    const row: [string, string] = [helper.optionTerm(option), helper.optionDescription(option)];
    groups.set(title, [...(groups.get(title) ?? []), row]);
  };
  for (const option of own) add(option.helpGroupHeading ?? 'Options', option);
  if (command.parent !== null)
    for (const option of helper.visibleGlobalOptions(command))
      if (option.long !== '--version') add('Everywhere', option);
  const widest = Math.max(0, ...[...groups.values()].flat().map(([term]) => displayWidth(term)));
  return [...groups].map(([title, rows]) => section(title, table(rows, Math.min(widest, 28), width), style));
}

function table(rows: readonly (readonly [string, string])[], column: number, width: number): string[] {
  const term = Math.max(column, ...rows.map(([name]) => Math.min(28, displayWidth(name))));
  return rows.flatMap(([name, text]) => {
    const lines = wrapped(text, width - term - 4);
    const first = `${padTo(name, term)}  ${lines[0] ?? ''}`.trimEnd();
    return [first, ...lines.slice(1).map((line) => `${' '.repeat(term)}  ${line}`)];
  });
}

function paragraphs(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => wrapped(line, width))
    .join('\n');
}
