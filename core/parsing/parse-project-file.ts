import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { didYouMean } from '../model/did-you-mean.ts';
import type { Diagnostic } from '../model/errors.ts';
import { codeManifest, fileHash } from './code-manifest.ts';
import { ImportGraph } from './import-graph.ts';
import type { Declared, DeclaredDag } from './load-typescript.ts';
import { notUtf8 } from './not-utf8.ts';
import type { ParsedDag, ParsedFile, ParseRequest } from './parsed-file.ts';
import { absolutePath } from './project-path.ts';
import { authorReferences, type CodeReference, codeReference } from './references.ts';
import { SourceTexts } from './source-text.ts';
import { UsedOperators } from './used-operators.ts';

const YAML = /\.ya?ml$/;

/**
 * Turns one DAG file into canonical graphs or diagnostics. Runs the code of the file if it is TypeScript:
 * call it in a process that the file may end, after `registerOrchResolver`.
 */
export async function parseProjectFile(request: ParseRequest): Promise<ParsedFile> {
  return new FileParser(request).parse();
}

/** Mistakes that may be mended without a change of any file that was read. */
const MENDED_ELSEWHERE: ReadonlySet<string> = new Set([
  'unknown-file',
  'unknown-package',
  'outside-project',
  'unknown-operator',
  'bad-operator',
  'bad-params',
  'changed',
]);

type Problem = Pick<Diagnostic, 'rule' | 'message' | 'hint'>;

class FileParser {
  readonly #request: ParseRequest;
  readonly #texts: SourceTexts;
  readonly #graph: ImportGraph;
  readonly #operators: UsedOperators;
  /** References of the file are relative to the folder of this path. */
  readonly #entry: string;

  constructor(request: ParseRequest) {
    const { file, codeDir, projectDir } = request;
    this.#request = request;
    this.#texts = new SourceTexts(projectDir);
    this.#operators = new UsedOperators(projectDir);
    this.#entry = codeDir === undefined ? file : posix.join(codeDir, posix.basename(file));
    this.#graph = new ImportGraph(projectDir, this.#texts, new Map([[file, posix.dirname(this.#entry)]]));
  }

  async parse(): Promise<ParsedFile> {
    const { file, projectDir, limits } = this.#request;
    const absolute = absolutePath(projectDir, file);
    const { size } = statSync(absolute);
    if (size > limits.fileBytesMax) {
      const { tooLarge } = await import('../authoring/load-yaml.ts');
      return this.#refused([tooLarge(file, size, limits.fileBytesMax)]);
    }
    const content = readFileSync(absolute);
    const declared = YAML.test(file) ? await this.#loadYaml(content) : await this.#loadCode();
    const parsed: ParsedDag[] = [];
    const diagnostics: Diagnostic[] = [...declared.diagnostics, ...declaredTwice(declared.dags)];
    const entryHash = createHash('sha256').update(content).digest('hex');
    for (const dag of declared.dags) diagnostics.push(...(await this.#compile(dag, entryHash, parsed)));
    diagnostics.push(...this.#graph.diagnostics, ...this.#changed(entryHash, parsed));
    const failed = diagnostics.some((one) => one.severity === 'error');
    if (!failed) return { file, dags: parsed, diagnostics: diagnostics.sort(byPlace) };
    const inputs = { ...this.#graph.hashes(), [file]: entryHash };
    const isOwnFault = diagnostics.every(({ rule }) => !MENDED_ELSEWHERE.has(rule));
    return { ...this.#refused(diagnostics.sort(byPlace)), ...(isOwnFault ? { inputs } : {}) };
  }

  async #loadYaml(content: Buffer): Promise<Declared> {
    const { loadYaml, YAML_LIMITS } = await import('../authoring/load-yaml.ts');
    const { file, limits } = this.#request;
    const refusal = notUtf8(file, content);
    if (refusal !== null) return { dags: [], diagnostics: [refusal] };
    const loaded = loadYaml(content.toString('utf8'), file, {
      ...YAML_LIMITS,
      bytesMax: limits.fileBytesMax,
    });
    return { dags: loaded.documents, diagnostics: loaded.diagnostics };
  }

  async #loadCode(): Promise<Declared> {
    const { file, projectDir } = this.#request;
    this.#graph.add(file);
    if (this.#graph.diagnostics.length > 0) return { dags: [], diagnostics: [] };
    const { loadTypescript } = await import('./load-typescript.ts');
    const files = [...this.#graph.closure([file]).keys()];
    return loadTypescript({ projectDir, files, texts: this.#texts });
  }

  async #compile(dag: DeclaredDag, entryHash: string, parsed: ParsedDag[]): Promise<readonly Diagnostic[]> {
    const { compileDag } = await import('../authoring/compile.ts');
    const { graphHash } = await import('../authoring/canonical.ts');
    const { projectDir, file } = this.#request;
    const code = new Set(YAML.test(file) ? [] : [file]);
    const diagnostics = await this.#follow(dag, code);
    const compiled = compileDag(dag.author, { locate: dag.locate, operators: this.#operators });
    if (compiled.spec !== null) {
      const entry = { path: this.#entry, sha256: entryHash };
      const manifest = codeManifest(projectDir, entry, this.#graph.closure(code));
      parsed.push({ spec: compiled.spec, graphHash: graphHash(compiled.spec), code: manifest });
    }
    return [...compiled.diagnostics, ...diagnostics];
  }

  /** Follows every `uses` of a DAG: its files become part of the code, its operators are loaded. */
  async #follow(dag: DeclaredDag, code: Set<string>): Promise<Diagnostic[]> {
    const diagnostics: Diagnostic[] = [];
    const checked = new Map<string, Problem | null>();
    for (const { uses, path } of authorReferences(dag.author)) {
      if (uses.startsWith('#')) continue;
      let problem = checked.get(uses);
      if (problem === undefined) {
        const reference = codeReference(uses);
        problem = reference ? this.#codeProblem(reference, code) : await this.#operatorProblem(uses, code);
        checked.set(uses, problem);
      }
      if (problem !== null) diagnostics.push({ severity: 'error', ...problem, ...dag.locate(path) });
    }
    return diagnostics;
  }

  #codeProblem(reference: CodeReference, code: Set<string>): Problem | null {
    const found = this.#graph.resolveFile(this.#entry, reference.file);
    if ('problem' in found) {
      return { rule: found.rule, message: found.problem, ...(found.hint ? { hint: found.hint } : {}) };
    }
    code.add(found.path);
    this.#graph.add(found.path);
    const exports = this.#graph.exportsOf(found.path);
    if (exports === null || exports.has(reference.name)) return null;
    const hint = didYouMean(reference.name, exports) ?? `it exports ${[...exports].join(', ') || 'nothing'}`;
    return { rule: 'unknown-export', message: `'${found.path}' does not export '${reference.name}'`, hint };
  }

  async #operatorProblem(name: string, code: Set<string>): Promise<Problem | null> {
    const operators = this.#operators;
    if (!operators.has(name)) return null;
    const file = operators.ownFile(name);
    if (file !== null) {
      code.add(file);
      const before = this.#graph.diagnostics.length;
      this.#graph.add(file);
      if (this.#graph.diagnostics.length > before) return null;
    }
    try {
      await operators.load(name);
      return null;
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      return { rule: 'bad-operator', message: `operator '${name}' cannot be loaded: ${cause}` };
    }
  }

  /**
   * What was hashed must be what was evaluated: a file that changed in between makes the answer worthless.
   */
  #changed(entryHash: string, parsed: readonly ParsedDag[]): Diagnostic[] {
    const { projectDir, file } = this.#request;
    const hashes = new Map(parsed.flatMap((dag) => Object.entries(dag.code.files)));
    hashes.set(file, entryHash);
    const changed = [...hashes].filter(([path, sha256]) => fileHash(projectDir, path) !== sha256);
    const message = 'the file changed while it was read: try again';
    return changed.map(([path]) => ({ severity: 'error', rule: 'changed', message, file: path }));
  }

  #refused(diagnostics: readonly Diagnostic[]): ParsedFile {
    return { file: this.#request.file, dags: [], diagnostics };
  }
}

/** DAGs whose id an earlier one of the same file has. */
function declaredTwice(dags: readonly DeclaredDag[]): Diagnostic[] {
  const ids = new Set<unknown>();
  return dags.flatMap(({ author, locate }) => {
    const { id } = (author ?? {}) as { readonly id?: unknown };
    if (typeof id !== 'string' || !ids.has(id)) {
      ids.add(id);
      return [];
    }
    const message = `DAG '${id}' is declared twice in this file: ids are unique in a project`;
    return [{ severity: 'error', rule: 'duplicate-dag', message, ...locate(['id']) } as const];
  });
}

/** In the order of the file; what concerns another file, or the whole file, first. */
function byPlace(a: Diagnostic, b: Diagnostic): number {
  if (a.file !== b.file) return (a.file ?? '') < (b.file ?? '') ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
