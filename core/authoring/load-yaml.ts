import { type Document, LineCounter, parseAllDocuments, type YAMLParseError } from 'yaml';
import type { Diagnostic } from '../model/errors.ts';
import { checkYaml, type YamlCheck, type YamlMistake } from './load-yaml-check.ts';
import { lineFrom, locator, offsetOf, type PlaceAt } from './load-yaml-locate.ts';
import { YAML_OPTIONS } from './load-yaml-options.ts';
import { readInParts } from './load-yaml-parts.ts';
import type { Locate } from './place.ts';

/** Bounds of a YAML file: above them it is refused with a sentence instead of eating memory and time. */
export const YAML_LIMITS = {
  /** Length of the text in bytes. */
  bytesMax: 16 * 1024 * 1024,
  /** Keys of one mapping. */
  keysMax: 150_000,
  /** How many values the aliases of a document may stand for in all. */
  aliasedMax: 10_000,
  /** Length from which on tasks are read some at a time: the nodes of all would fill the memory. */
  partsMin: 256 * 1024,
} as const;
export type YamlLimits = { readonly [Name in keyof typeof YAML_LIMITS]: number };

/** Diagnostics of one file beyond which the rest is only counted. */
const DIAGNOSTICS_MAX = 20;

/** One document of a file: its value, not looked at yet, and where each part of it stands. */
export interface YamlDocument {
  readonly author: unknown;
  readonly locate: Locate;
}

export interface LoadedYaml {
  readonly documents: readonly YamlDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a YAML 1.2 file of one or more documents. Never throws. A file with a mistake gives no documents, but
 * for a key that is given twice: the last one counts then, so that what else is wrong can be found.
 * @param file Its path relative to the project, for places.
 */
export function loadYaml(text: string, file: string, limits: YamlLimits = YAML_LIMITS): LoadedYaml {
  if (text.length > limits.bytesMax) return failed(tooLarge(file, text.length, limits.bytesMax));
  const author = text.length < limits.partsMin ? undefined : readInParts(text, limits);
  if (author === undefined) return loadWhole(text, file, limits);
  let whole: LoadedYaml | undefined;
  const locate: Locate = (path, at) => {
    // Places are asked for only if there is something to tell: the nodes that know them are made then.
    whole ??= loadWhole(text, file, limits);
    return whole.documents[0]?.locate(path, at) ?? { file };
  };
  return { documents: [{ author, locate }], diagnostics: [] };
}

function loadWhole(text: string, file: string, limits: YamlLimits): LoadedYaml {
  const lines = new LineCounter();
  const placeAt: PlaceAt = (offset) => {
    const { line, col } = lines.linePos(offset);
    const start = lines.lineStarts[line - 1] ?? 0;
    return { file, line: Math.max(1, line), column: Math.max(1, col), source: lineFrom(text, start) };
  };
  const parsed = parseAllDocuments(text, { ...YAML_OPTIONS, lineCounter: lines });
  const documents = Array.isArray(parsed) ? parsed.filter(hasContent) : [];
  const problems = documents.length === 0 ? parsed : documents;
  const syntax = [...(problems as readonly Document[])].flatMap(syntaxMistakes);
  if (syntax.length > 0) return failed(...diagnosticsOf(syntax, file, placeAt));
  if (documents.length === 0) return failed({ ...error(file), ...EMPTY });
  const checks = documents.map((doc) => checkYaml(doc.contents, limits.keysMax));
  const found = checks.flatMap((check) => check.mistakes);
  const diagnostics = diagnosticsOf(found.map(mistakeAt(placeAt)), file, placeAt);
  if (found.some(({ first }) => first === undefined)) return failed(...diagnostics);
  const loaded = values(documents, checks, { file, placeAt, limits });
  return { ...loaded, diagnostics: [...diagnostics, ...loaded.diagnostics] };
}

/** A mistake at an offset of the text; at none, it concerns the file. */
interface Mistake extends Pick<Diagnostic, 'rule' | 'message' | 'hint'> {
  readonly offset: number | null;
}

const EMPTY = {
  rule: 'empty-file',
  message: 'the file holds no DAG',
  hint: 'a DAG has at least `id` and `tasks`',
};

function values(
  documents: readonly Document[],
  checks: readonly YamlCheck[],
  { file, placeAt, limits }: { file: string; placeAt: PlaceAt; limits: YamlLimits },
): LoadedYaml {
  try {
    const loaded = documents.map((doc, index) => ({
      author: doc.toJS({ maxAliasCount: limits.aliasedMax }) as unknown,
      locate: locator(doc.contents, checks[index]?.anchors ?? new Map(), placeAt),
    }));
    return { documents: loaded, diagnostics: [] };
  } catch (thrown) {
    if (!(thrown instanceof ReferenceError)) throw thrown;
    const message = `aliases (\`*name\`) stand for more than ${limits.aliasedMax} values: write them out`;
    return failed({ ...error(file), rule: 'yaml-alias', message });
  }
}

/** The refusal of a file above the size limit. */
export function tooLarge(file: string, bytes: number, bytesMax: number): Diagnostic {
  const mb = (count: number): string => `${(count / 1024 / 1024).toFixed(1)} MiB`;
  const message = `the file has ${mb(bytes)}: at most ${mb(bytesMax)} are allowed`;
  return { ...error(file), rule: 'file-too-large', message };
}

function hasContent(doc: Document): boolean {
  return doc.errors.length > 0 || (doc.contents !== null && offsetOf(doc.contents) !== null);
}

function syntaxMistakes(doc: Document): Mistake[] {
  const found = [...doc.errors, ...doc.warnings].map(syntaxMistake);
  const deep = found.find((mistake) => mistake.rule === 'yaml-too-deep');
  if (deep !== undefined) return [deep];
  const version = doc.directives?.yaml.explicit ? doc.directives.yaml.version : '1.2';
  if (version === '1.2') return found;
  const message = `YAML ${version} is not read: DAG files are YAML 1.2`;
  return [{ rule: 'yaml-version', message, offset: doc.range?.[0] ?? 0 }, ...found];
}

function syntaxMistake(problem: Pick<YAMLParseError, 'message' | 'pos'>): Mistake {
  const offset = problem.pos[0];
  if (problem.message.includes('call stack'))
    return { rule: 'yaml-too-deep', message: 'nested too deeply', offset };
  return { rule: 'yaml-syntax', message: sentence(problem.message), offset };
}

function mistakeAt(placeAt: PlaceAt): (mistake: YamlMistake) => Mistake {
  return ({ node, first, ...mistake }) => {
    const offset = offsetOf(node);
    const before = first === undefined ? null : offsetOf(first);
    if (before === null) return { ...mistake, offset };
    const { line, column } = placeAt(before);
    return {
      ...mistake,
      offset,
      hint: `the first one is at ${line}:${column}: remove or rename one of them`,
    };
  };
}

function diagnosticsOf(mistakes: readonly Mistake[], file: string, placeAt: PlaceAt): Diagnostic[] {
  const shown = mistakes.slice(0, DIAGNOSTICS_MAX).map(({ offset, ...mistake }): Diagnostic => {
    return { severity: 'error', ...mistake, ...(offset === null ? { file } : placeAt(offset)) };
  });
  const rest = mistakes.length - shown.length;
  if (rest === 0) return shown;
  return [...shown, { ...error(file), rule: 'more', message: `and ${rest} more mistakes in this file` }];
}

function sentence(message: string): string {
  const text = message.trim();
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function error(file: string): { readonly severity: 'error'; readonly file: string } {
  return { severity: 'error', file };
}

function failed(...diagnostics: Diagnostic[]): LoadedYaml {
  return { documents: [], diagnostics };
}
