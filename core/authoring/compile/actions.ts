import { type ChooseCase, TASK_DEFAULTS, type TaskAction } from '../../model/dag.ts';
import { didYouMean } from '../../model/did-you-mean.ts';
import { ID_PATTERN } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { AuthorTask } from '../author-form.ts';
import type { AuthorPath } from '../place.ts';
import type { Reader } from './names.ts';
import type { Problems } from './problems.ts';
import type { Texts } from './texts.ts';
import { nameOf, type TaskEntry } from './tree.ts';
import { readApproval } from './waits.ts';

/** What is wrong with the params of an operator; `path` leads into `with`. */
export interface OperatorProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

/** The operators that a project has. */
export interface OperatorCatalog {
  readonly names: readonly string[];
  has(name: string): boolean;
  /** Problems of the params as they are written; texts in them may still hold `${{ }}`. */
  validate(name: string, params: JsonObject): readonly OperatorProblem[];
}

interface Part {
  readonly entry: TaskEntry;
  /** What an inline function of it is called. */
  readonly inline: string;
  readonly at: AuthorPath;
  readonly reader: Reader;
  readonly texts: Texts;
  readonly problems: Problems;
}

const ACTION_KEYS = ['uses', 'run', 'choose', 'approval'] as const;

/** What a task does; `null` if that is wrong or missing. */
export function readAction(part: Part, operators: OperatorCatalog | undefined): TaskAction | null {
  const { author } = part.entry;
  const given = ACTION_KEYS.filter((key) => author[key] !== undefined);
  if (given.length > 1) {
    const keys = given.map((key) => `'${key}'`).join(' and ');
    const message = `${part.reader.name} has ${keys}: it can do one thing`;
    part.problems.error('several-actions', message, [...part.at, given[1] as string], {
      at: 'key',
      hint: 'make two tasks of it, one needing the other',
    });
    return null;
  }
  if (author.uses !== undefined) return readUses(part, author.uses, operators);
  if (author.run !== undefined) return readRun(part, author.run);
  if (author.choose !== undefined) return readChoose(part, author.choose);
  if (author.approval !== undefined) return readApproval(author.approval, part.entry, part.at, part.problems);
  return readPass(part);
}

function readPass({ entry, at, problems }: Part): TaskAction | null {
  const { needs, after, when, shortCircuit } = entry.author;
  if (needs ?? after ?? when ?? shortCircuit) return { kind: 'pass' };
  const hint = "give it 'uses', 'run', 'choose' or 'approval'; with 'after' alone it joins other tasks";
  problems.error('no-action', `${nameOf(entry)} does nothing`, at, { at: 'key', hint });
  return null;
}

const FILE_REFERENCE = /^(\.\.?\/[^#]+)#([A-Za-z_$][A-Za-z0-9_$]*)$/;
const CODE_FILE = /\.(ts|mts|js|mjs)$/;

function readUses(part: Part, uses: string, operators: OperatorCatalog | undefined): TaskAction | null {
  const { inline, problems } = part;
  const at = [...part.at, 'uses'];
  if (uses.startsWith('#')) {
    if (uses === `#${inline}`) return { kind: 'function', ref: uses };
    const message = `'${uses}' names an inline function, which only TypeScript files have`;
    problems.error('bad-uses', message, at, { hint: "write './file.ts#export'" });
    return null;
  }
  const file = FILE_REFERENCE.exec(uses);
  if (file !== null && CODE_FILE.test(file[1] as string)) {
    return { kind: 'function', ref: `${normalFile(file[1] as string)}#${file[2]}` };
  }
  if (new RegExp(ID_PATTERN).test(uses)) return readOperator(part, uses, operators);
  problems.error(
    'bad-uses',
    `'${uses}' is neither a function ./file.ts#export nor the name of an operator`,
    at,
    {
      hint: usesHint(uses, file),
    },
  );
  return null;
}

function usesHint(uses: string, file: RegExpExecArray | null): string | undefined {
  if (file !== null) return 'functions live in .ts, .mts, .js or .mjs files';
  if (/^\.\.?\/[^#]+$/.test(uses)) return `say which export: ${uses}#name`;
  return /^[^./][^#]*\.[jt]s(#|$)/.test(uses) ? `write './${uses}'` : undefined;
}

/** `./a/../b.ts` and `././b.ts` are `./b.ts`. */
function normalFile(file: string): string {
  const kept: string[] = [];
  for (const part of file.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else kept.push(part);
  }
  return kept[0] === '..' ? kept.join('/') : `./${kept.join('/')}`;
}

function readOperator(
  { entry, at, reader, problems }: Part,
  name: string,
  operators: OperatorCatalog | undefined,
): TaskAction | null {
  const action: TaskAction = { kind: 'operator', operator: name };
  if (operators === undefined) return action;
  if (!operators.has(name)) {
    const hint = (): string =>
      didYouMean(name, operators.names) ?? `known operators: ${operators.names.join(', ') || 'none'}`;
    problems.error('unknown-operator', `there is no operator '${name}'`, [...at, 'uses'], { hint });
    return null;
  }
  const params = (entry.author.with ?? {}) as JsonObject;
  for (const { path, message, hint } of operators.validate(name, params)) {
    if (isTemplated(params, path)) continue;
    const of = path.length === 0 ? '' : `'with.${path.join('.')}' of `;
    problems.error('bad-params', `${of}${reader.name}: ${message}`, [...at, 'with', ...path], { hint });
  }
  return action;
}

/** A value that is only known in a run cannot be judged now. */
function isTemplated(params: JsonObject, path: readonly (string | number)[]): boolean {
  let value: unknown = params;
  for (const key of path)
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return typeof value === 'string' && value.includes('${{');
}

function readRun(
  { entry, at, reader, texts, problems }: Part,
  run: string | readonly string[],
): TaskAction | null {
  const { skipExitCode } = entry.author;
  const skip =
    skipExitCode === undefined || skipExitCode === TASK_DEFAULTS.skipExitCode ? {} : { skipExitCode };
  if (typeof run !== 'string') {
    const name = `'run' of ${reader.name}`;
    const words = run.map((text, index) =>
      texts.template(text, { ...reader, name, at: [...at, 'run', index] }),
    );
    return { kind: 'shell', run: words, ...skip };
  }
  const inner = /\$\{\{\s*(.*?)\s*\}\}/s.exec(run)?.[1];
  if (inner !== undefined || run.includes('${{')) {
    const variable =
      (inner ?? '')
        .split(/[^A-Za-z0-9_]+/)
        .filter(Boolean)
        .at(-1)
        ?.toUpperCase()
        .replace(/^\d/, '_$&') ?? 'VALUE';
    const message = `the command of ${reader.name} holds \${{ }}: values are never put into a command line`;
    const hint =
      `pass it as a variable: env: { ${variable}: "\${{ ${inner ?? '...'} }}" } and write ` +
      `"$${variable}" in the command`;
    problems.error('template-in-run', message, [...at, 'run'], { hint });
    return null;
  }
  return { kind: 'shell', run, ...skip };
}

function readChoose(part: Part, choose: NonNullable<AuthorTask['choose']>): TaskAction | null {
  const { entry, at, reader, texts, problems } = part;
  const cases: ChooseCase[] = [];
  let otherwise: string | undefined;
  for (const [index, one] of choose.entries()) {
    const place = [...at, 'choose', index];
    if (otherwise !== undefined) {
      const message = `${nameOf(entry)}: nothing can follow 'otherwise', which takes every case left`;
      problems.error('after-otherwise', message, place);
      return null;
    }
    if ('otherwise' in one) {
      otherwise = one.otherwise;
      continue;
    }
    const name = `'choose[${index}].when' of ${nameOf(entry)}`;
    const when = texts.expression(one.when, { ...reader, name, at: [...place, 'when'] });
    if (when !== null) cases.push({ when: when.text, value: one.value });
  }
  return { kind: 'choose', cases, ...(otherwise === undefined ? {} : { otherwise }) };
}
