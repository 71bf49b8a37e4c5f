import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Place } from '../authoring/place.ts';
import { didYouMean } from '../model/did-you-mean.ts';
import type { Diagnostic } from '../model/errors.ts';
import { absolutePath, isInPackages, projectPath } from './project-path.ts';
import { isBare } from './resolver.ts';
import { ScanError, type ScannedImport, type ScannedModule, scanModule } from './scan-module.ts';
import type { SourceTexts } from './source-text.ts';

/** A file of the project and what it imports. */
export interface GraphFile {
  readonly sha256: string;
  readonly module: ScannedModule;
  /** Project paths of imported files; those of `export * from` first in `reExports`. */
  readonly imports: readonly string[];
  readonly reExports: readonly string[];
  readonly usesPackages: boolean;
}

const SCANNED = /\.[cm]?[jt]s$/;
const NOTHING: ScannedModule = { imports: [], exports: null };

/**
 * The import graph of the project's code, read from the text of the files without running them. What is wrong
 * with an import is reported where it stands.
 */
export class ImportGraph {
  readonly #projectDir: string;
  readonly #texts: SourceTexts;
  /** Files that may import only `orch` and what lies under this folder: DAG files. */
  readonly #dagFiles: ReadonlyMap<string, string>;
  readonly #files = new Map<string, GraphFile>();
  readonly diagnostics: Diagnostic[] = [];

  /** @param dagFiles Project path of each DAG file → the folder that it may import from. */
  constructor(projectDir: string, texts: SourceTexts, dagFiles: ReadonlyMap<string, string>) {
    this.#projectDir = projectDir;
    this.#texts = texts;
    this.#dagFiles = dagFiles;
  }

  /** Adds a file and everything it imports. */
  add(path: string): void {
    const open = [path];
    while (open.length > 0) {
      const next = open.pop() as string;
      if (this.#files.has(next)) continue;
      const file = this.#read(next);
      this.#files.set(next, file);
      open.push(...file.imports);
    }
  }

  file(path: string): GraphFile | undefined {
    return this.#files.get(path);
  }

  /** The sha256 of every file of the graph. */
  hashes(): { [path: string]: string } {
    return Object.fromEntries([...this.#files].map(([path, { sha256 }]) => [path, sha256]));
  }

  /** The given files and everything they import. */
  closure(paths: Iterable<string>): Map<string, GraphFile> {
    const found = new Map<string, GraphFile>();
    const open = [...paths];
    while (open.length > 0) {
      const path = open.pop() as string;
      const file = this.#files.get(path);
      if (file === undefined || found.has(path)) continue;
      found.set(path, file);
      open.push(...file.imports);
    }
    return found;
  }

  /** The names that a file exports, `export *` included; `null` if only running it could tell. */
  exportsOf(path: string): ReadonlySet<string> | null {
    const names = new Set<string>();
    const seen = new Set<string>();
    const open = [path];
    while (open.length > 0) {
      const next = open.pop() as string;
      if (seen.has(next)) continue;
      seen.add(next);
      const file = this.#files.get(next);
      if (!file?.module.exports) return null;
      for (const name of file.module.exports) if (next === path || name !== 'default') names.add(name);
      const stars = file.module.imports.filter((one) => one.reExportsAll);
      if (stars.length > file.reExports.length) return null;
      open.push(...file.reExports);
    }
    return names;
  }

  #read(path: string): GraphFile {
    const content = readFileSync(absolutePath(this.#projectDir, path));
    const text = content.toString('utf8');
    const module = this.#scan(path, text);
    const imports = new Set<string>();
    const reExports = new Set<string>();
    let usesPackages = false;
    for (const one of module.imports) {
      const target = this.#resolve(path, one, text);
      if (target === 'package') usesPackages = true;
      else if (target !== null) (one.reExportsAll ? reExports : imports).add(target);
    }
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { sha256, module, imports: [...reExports, ...imports], reExports: [...reExports], usesPackages };
  }

  #scan(path: string, text: string): ScannedModule {
    if (!SCANNED.test(path)) return NOTHING;
    try {
      return scanModule(path, text);
    } catch (error) {
      if (!(error instanceof ScanError)) throw error;
      const place = this.#texts.placeAt(path, error.line, error.column);
      this.#report({ rule: 'syntax', message: error.message, ...hintFor(error.message) }, place);
      return NOTHING;
    }
  }

  /** The project path that an import means, `package`, or `null` if it adds no file or is wrong. */
  #resolve(from: string, one: ScannedImport, text: string): string | null {
    const { specifier } = one;
    const wrong = (rule: string, message: string, hint?: string): null => {
      const before = text.slice(0, one.offset).split('\n');
      const place = this.#texts.placeAt(from, before.length, (before.at(-1) ?? '').length + 1);
      this.#report({ rule, message, ...(hint === undefined ? {} : { hint }) }, place);
      return null;
    };
    if (specifier === 'orch' || specifier.startsWith('orch/')) return null;
    const folder = this.#dagFiles.get(from);
    if (isBare(specifier) || specifier.startsWith('node:')) {
      if (folder !== undefined) {
        const hint = `move the code into a file under '${folder}/${stem(from)}/' and name it by \`uses\``;
        return wrong('import-in-dag', `a DAG file imports only 'orch' and files, not '${specifier}'`, hint);
      }
      if (isBuiltin(specifier)) return null;
      if (isInstalled(absolutePath(this.#projectDir, from), specifier)) return 'package';
      const name = packageName(specifier);
      return wrong('unknown-package', `package '${name}' is not installed`, `npm install ${name}`);
    }
    if (specifier.startsWith('#')) {
      return wrong('import-map', `'${specifier}' is an import map: import the file by its path`);
    }
    const found = this.resolveFile(from, specifier);
    if ('problem' in found) return wrong(found.rule, found.problem, found.hint);
    if (folder !== undefined && !found.path.startsWith(`${folder}/`)) {
      return wrong('import-in-dag', `a DAG file imports only files under '${folder}/', not '${found.path}'`);
    }
    return found.path;
  }

  /** The project path of a file named relative to the folder of `from`. */
  resolveFile(
    from: string,
    specifier: string,
  ): { path: string } | { problem: string; rule: string; hint?: string } {
    const base = dirname(absolutePath(this.#projectDir, from));
    const absolute = specifier.startsWith('file:') ? fileURLToPath(specifier) : resolve(base, specifier);
    const file = projectPath(this.#projectDir, absolute) ?? absolute;
    if (!isFile(absolute)) {
      const hint = nearFile(absolute) ?? 'write that file, or mend the path: it is relative to this one';
      return { problem: `there is no file '${file}'`, rule: 'unknown-file', hint };
    }
    const path = projectPath(this.#projectDir, realpathSync(absolute));
    if (path === null) return { problem: `'${file}' is outside the project`, rule: 'outside-project' };
    if (isInPackages(absolute)) return { problem: `'${file}' belongs to a package`, rule: 'outside-project' };
    if (/\.[jt]sx$/.test(path)) return { problem: `'${file}': JSX is not supported`, rule: 'unknown-file' };
    return { path };
  }

  #report(mistake: Pick<Diagnostic, 'rule' | 'message' | 'hint'>, place: Place): void {
    this.diagnostics.push({ severity: 'error', ...mistake, ...place });
  }
}

function hintFor(message: string): { hint?: string } {
  if (!/not supported in strip-only mode/.test(message)) return {};
  return {
    hint: 'types are only stripped: use a union or an object for an enum, fields for parameter properties',
  };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** What may have been meant by a file that does not exist: the same with its extension, or a similar name. */
function nearFile(absolute: string): string | undefined {
  for (const extension of ['.ts', '.mts', '.js', '/index.ts']) {
    if (isFile(absolute + extension)) return `imports name the whole file: write '${extension}' at the end`;
  }
  const typescript = absolute.replace(/\.([cm]?)js$/, '.$1ts');
  if (typescript !== absolute && isFile(typescript)) return 'imports name the file as it is: write .ts';
  return similarFile(absolute);
}

function similarFile(absolute: string): string | undefined {
  const folder = dirname(absolute);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return didYouMean(absolute.slice(folder.length + 1), names);
}

function stem(path: string): string {
  return path.replace(/^.*\//, '').replace(/\.[^.]+$/, '');
}

function packageName(specifier: string): string {
  const [first = '', second] = specifier.split('/');
  return first.startsWith('@') && second !== undefined ? `${first}/${second}` : first;
}

function isInstalled(from: string, specifier: string): boolean {
  const name = packageName(specifier);
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules', name))) return true;
    if (dirname(folder) === folder) return false;
  }
}
