import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { orchVersion } from '../config/installation.ts';
import type { Clock } from '../model/clock.ts';
import { didYouMean } from '../model/did-you-mean.ts';
import { AppError, type Diagnostic } from '../model/errors.ts';
import type { Json } from '../model/json.ts';
import { fileHash } from '../parsing/code-manifest.ts';
import { isUnchanged } from '../parsing/code-snapshot.ts';
import { dagFileNames } from '../parsing/dag-file-names.ts';
import { parseFile } from '../parsing/parse-file.ts';
import type { ParsedDag, ParsedFile, ParseLimits } from '../parsing/parsed-file.ts';
import { DagIndex } from './dag-index.ts';

/** A DAG as its file declares it now. */
export interface LoadedDag {
  readonly file: string;
  readonly dag: ParsedDag;
}

/** Folders of orch whose change makes an earlier parse worthless: of its sources, and of its package. */
const PARSER_FOLDERS = ['authoring', 'schema', 'expression', 'parsing', 'model', 'packed'];

/**
 * The DAG files of a project. A file is evaluated when it or its code has changed, otherwise what it gave
 * before, be it DAGs or mistakes, is used again: the result of a parse is a function of the files.
 */
export class DagLibrary {
  readonly #projectDir: string;
  readonly #stateDir: string;
  readonly #limits: Partial<ParseLimits>;
  readonly #parsed = new Map<string, ParsedFile>();
  #stamp: string | null = null;

  constructor(projectDir: string, stateDir: string, limits: Partial<ParseLimits> = {}) {
    this.#projectDir = projectDir;
    this.#limits = limits;
    this.#stateDir = stateDir;
  }

  /** The DAG files of the project, relative to it. */
  files(): string[] {
    return dagFileNames(this.#projectDir);
  }

  /** What its files declare, for whoever looks at all of them again and again. */
  index(clock: Clock): DagIndex {
    const [projectDir, stateDir] = [this.#projectDir, this.#stateDir];
    this.#stamp ??= parserStamp();
    return new DagIndex({ projectDir, stateDir, stamp: this.#stamp, clock });
  }

  /** What a file gives now. With a signal its evaluation can be ended, which says nothing about the file. */
  async parse(file: string, signal?: AbortSignal): Promise<ParsedFile> {
    const known = this.#parsed.get(file) ?? this.#remembered(file);
    if (known && this.#isCurrent(known)) {
      this.#parsed.set(file, known);
      return known;
    }
    const parsing = parseFile({
      projectDir: this.#projectDir,
      file,
      limits: this.#limits,
      ...(signal === undefined ? {} : { signal }),
    });
    // Only a file that is evaluated needs the check; it gets ready while the file is.
    const { checkDagSpec, prepareDagSpecCheck } = await import('../schema/check-dag-spec.ts');
    prepareDagSpecCheck();
    const parsed = checked(await parsing, checkDagSpec);
    if (signal?.aborted) return parsed;
    this.#parsed.set(file, parsed);
    if (parsed.dags.length > 0 || parsed.inputs !== undefined) this.#remember(file, parsed);
    return parsed;
  }

  /** Whether a file declared a DAG when it was last read, changed or not. */
  hasDeclared(file: string, dagId: string): boolean {
    return this.#remembered(file)?.dags.some(({ spec }) => spec.id === dagId) ?? false;
  }

  /** Has files that could not be read evaluated again, even if nothing changed in them. */
  forgetFailures(files: readonly string[] = this.files()): void {
    for (const file of files) {
      if (this.#parsed.get(file)?.dags.length === 0) this.#parsed.delete(file);
      if (this.#remembered(file)?.dags.length === 0) rmSync(this.#cacheFile(file), { force: true });
    }
  }

  #isCurrent({ dags, inputs = {} }: ParsedFile): boolean {
    if (dags.length > 0) {
      return isUnchanged(
        this.#projectDir,
        dags.map(({ code }) => code),
      );
    }
    const hashes = Object.entries(inputs);
    return hashes.length > 0 && hashes.every(([path, sha256]) => fileHash(this.#projectDir, path) === sha256);
  }

  /**
   * The DAG of an id; looks first into the file that is known to declare it, if one is, then into that of the
   * same name, then into all.
   * @throws AppError `not_found` with the nearest id; `invalid` with `details.diagnostics` when the file that
   * declares it (or, if none does, some file) has mistakes.
   */
  async load(dagId: string, known?: string): Promise<LoadedDag> {
    const files = this.files();
    const named = files.filter((file) => file.slice('dags/'.length).replace(/\.[^.]+$/, '') === dagId);
    const likely = files.filter((file) => file === known).concat(named.filter((file) => file !== known));
    const broken: Diagnostic[] = [];
    const ids: string[] = [];
    for (const file of [...likely, ...files.filter((one) => !likely.includes(one))]) {
      const parsed = await this.parse(file);
      const dag = parsed.dags.find((one) => one.spec.id === dagId);
      if (dag) return { file, dag };
      ids.push(...parsed.dags.map((one) => one.spec.id));
      const errors = parsed.diagnostics.filter((one) => one.severity === 'error');
      if (likely.includes(file) && errors.length > 0) throw invalid(dagId, errors);
      broken.push(...errors);
    }
    if (ids.length === 0 && broken.length > 0) throw invalid(dagId, broken);
    const hint = files.length === 0 ? 'the project has no files in dags/' : didYouMean(dagId, ids);
    throw new AppError('not_found', `there is no DAG ${dagId}${hint ? `: ${hint}` : ''}`, { dagId });
  }

  #cacheFile(file: string): string {
    const name = createHash('sha256').update(file).digest('hex').slice(0, 32);
    return join(this.#stateDir, 'parsed', `${name}.json`);
  }

  #remembered(file: string): ParsedFile | null {
    try {
      const stored = JSON.parse(readFileSync(this.#cacheFile(file), 'utf8')) as {
        stamp: string;
        parsed: ParsedFile;
      };
      const isKnown = stored.parsed.file === file && stored.stamp === this.#stampOf(stored.parsed);
      return isKnown ? stored.parsed : null;
    } catch {
      return null;
    }
  }

  /** A file that failed may be right within other limits. */
  #stampOf({ dags }: ParsedFile): string {
    this.#stamp ??= parserStamp();
    return dags.length > 0 ? this.#stamp : `${this.#stamp}/${JSON.stringify(this.#limits)}`;
  }

  #remember(file: string, parsed: ParsedFile): void {
    const path = this.#cacheFile(file);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify({ stamp: this.#stampOf(parsed), parsed }), { mode: 0o600 });
    renameSync(temporary, path);
  }
}

type CheckDagSpec = typeof import('../schema/check-dag-spec.ts')['checkDagSpec'];

/** Refuses graphs that cannot be right: the process that made them ran code of the file. */
function checked(parsed: ParsedFile, checkDagSpec: CheckDagSpec): ParsedFile {
  const damaged = parsed.dags.flatMap(({ spec }): Diagnostic[] => {
    const result = checkDagSpec(spec);
    if (result.ok) return [];
    const message = `it gives a damaged graph: ${result.message}`;
    return [{ severity: 'error', rule: 'bad-answer', message, file: parsed.file }];
  });
  if (damaged.length === 0) return parsed;
  return { file: parsed.file, dags: [], diagnostics: [...parsed.diagnostics, ...damaged] };
}

function invalid(dagId: string, diagnostics: readonly Diagnostic[]): AppError {
  const [first] = diagnostics;
  const where =
    first?.file === undefined
      ? ''
      : ` in ${first.file}${first.line === undefined ? '' : `:${first.line}:${first.column}`}`;
  const details = { dagId, diagnostics: diagnostics as unknown as Json };
  return new AppError(
    'invalid',
    `DAG ${dagId} cannot be loaded${where}: ${first?.message ?? 'unknown mistake'}`,
    details,
  );
}

/**
 * Names the parser that made a result: the versions of Node and orch, and the newest change of orch's own
 * sources. An installer may give every file of a package the same time, so the time alone is not enough.
 */
function parserStamp(): string {
  let newest = 0;
  for (const folder of PARSER_FOLDERS) {
    const dir = join(import.meta.dirname, '..', folder);
    if (!existsSync(dir)) continue;
    for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' }))
      newest = Math.max(newest, statSync(join(dir, name)).mtimeMs);
  }
  return `${process.version}/${orchVersion()}/${newest}`;
}
