import { nestsDeeper, VALUE_DEPTH_MAX } from '../model/json-depth.ts';

/** What a command wrote to its `$ORCH_OUTPUT`. */
export type CommandOutput =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_-]*)(=|<<)(.*)$/;

/**
 * Reads the output file of a command. Nothing but white space: no output. Beginning with `{` or `[`: one JSON
 * document. Otherwise lines `name=value`, or for several lines of text
 *
 *     name<<END
 *     first line
 *     second line
 *     END
 *
 * with any word for `END`; all values are strings, the last value of a name counts, empty lines are passed
 * over.
 */
export function parseCommandOutput(text: string): CommandOutput {
  const trimmed = text.trim();
  if (trimmed === '') return { ok: true, value: undefined };
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) return parseJson(trimmed);
  const entries: [string, string][] = [];
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (line.trim() === '') continue;
    const [, name, operator, rest] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined || rest === undefined) {
      return problem(
        `line ${index + 1} of the output file is neither name=value nor name<<END: ${shown(line)}`,
      );
    }
    if (operator === '=') {
      entries.push([name, rest]);
      continue;
    }
    const end = rest === '' ? -1 : lines.indexOf(rest, index + 1);
    if (end < 0)
      return problem(
        `line ${index + 1} of the output file begins a text whose end is missing: ${shown(line)}`,
      );
    entries.push([name, lines.slice(index + 1, end).join('\n')]);
    index = end;
  }
  return { ok: true, value: Object.fromEntries(entries) };
}

function parseJson(text: string): CommandOutput {
  if (nestsDeeper(text, VALUE_DEPTH_MAX))
    return problem(`the output file is nested deeper than ${VALUE_DEPTH_MAX} levels`);
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return problem(
      `the output file is not valid JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function problem(text: string): CommandOutput {
  return { ok: false, problem: text };
}

function shown(line: string): string {
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}...` : line);
}
