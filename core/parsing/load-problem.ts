import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import type { Place } from '../authoring/place.ts';
import { AppError, type Diagnostic } from '../model/errors.ts';
import { absolutePath } from './project-path.ts';
import { caretOf } from './scan-module.ts';
import type { SourceTexts } from './source-text.ts';

/** The code that was being loaded: the DAG file first, then what it imports. */
export interface LoadedFiles {
  readonly projectDir: string;
  /** Project paths. */
  readonly files: readonly string[];
  readonly texts: SourceTexts;
}

/** What code threw while it was loaded, as a diagnostic at the first place of the project in its stack. */
export function loadProblem(thrown: unknown, loaded: LoadedFiles): Diagnostic {
  const { message, stack } = described(thrown);
  const [file = ''] = loaded.files;
  const place = placeOf(stack, loaded.texts) ?? syntaxPlace(thrown, loaded) ?? { file };
  const rule = thrown instanceof SyntaxError ? 'syntax' : 'load-failed';
  return { severity: 'error', rule, message, ...place };
}

function described(thrown: unknown): { message: string; stack: string } {
  if (!(thrown instanceof Error)) return { message: `threw ${print(thrown)}`, stack: '' };
  const stack = String(thrown.stack ?? '');
  if (thrown instanceof AppError || thrown instanceof SyntaxError) return { message: thrown.message, stack };
  return { message: `loading it failed: ${thrown.name}: ${thrown.message}`, stack };
}

function print(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return typeof value;
  }
}

function placeOf(stack: string, texts: SourceTexts): Place | null {
  const caret = caretOf(stack);
  const pointed = caret && texts.placeIn(caret.file, caret.line, caret.column);
  if (pointed) return pointed;
  for (const [, module = '', line, column] of stack.matchAll(/^ +at (?:.*\()?(\S+?):(\d+):(\d+)\)?$/gm)) {
    const place = texts.placeIn(module, Number(line), Number(column));
    if (place !== null && !place.file?.startsWith('node_modules/')) return place;
  }
  return null;
}

/** Files of one graph that are compiled again to find the place of an error. */
const CHECKED_MAX = 20;

/**
 * Errors such as a name declared twice are found by the engine only, and it names no place: ask it file by
 * file.
 */
function syntaxPlace(thrown: unknown, { projectDir, files, texts }: LoadedFiles): Place | null {
  if (!(thrown instanceof SyntaxError)) return null;
  for (const file of files.slice(0, CHECKED_MAX)) {
    const text = readFileSync(absolutePath(projectDir, file), 'utf8');
    const input = /\.m?ts$/.test(file) ? stripTypeScriptTypes(text) : text;
    const options = { input, encoding: 'utf8', timeout: 5_000, stdio: 'pipe' } as const;
    const { stderr } = spawnSync(process.execPath, ['--check', '--input-type=module', '-'], options);
    const caret = stderr.includes('SyntaxError') ? caretOf(stderr) : undefined;
    if (caret !== undefined) return texts.placeAt(file, caret.line, caret.column);
  }
  return null;
}
