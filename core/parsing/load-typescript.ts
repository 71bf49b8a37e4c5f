import { type Dag, exportedDags, mistakeDiagnostic } from '../authoring/builder.ts';
import type { CodePlace } from '../authoring/builder-place.ts';
import type { Locate, Place } from '../authoring/place.ts';
import type { Diagnostic } from '../model/errors.ts';
import { firstDifference } from './first-difference.ts';
import { type LoadedFiles, loadProblem } from './load-problem.ts';
import { onAnotherDay } from './other-day.ts';
import { absolutePath } from './project-path.ts';
import { evaluationUrl } from './resolver.ts';
import type { SourceTexts } from './source-text.ts';

/** A DAG as its file declares it, in either language, ready to be compiled. */
export interface DeclaredDag {
  readonly author: unknown;
  readonly locate: Locate;
}

export interface Declared {
  readonly dags: readonly DeclaredDag[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Evaluates a TypeScript DAG file twice, the second time on another day, and gives its DAGs if both
 * evaluations declare the same. The DAG file is the first of the files.
 */
export async function loadTypescript(loaded: LoadedFiles): Promise<Declared> {
  const { projectDir, texts } = loaded;
  const [file = ''] = loaded.files;
  const refused = (diagnostic: Diagnostic): Declared => ({ dags: [], diagnostics: [diagnostic] });
  const load = async (evaluation: number): Promise<readonly Dag[] | Diagnostic> => {
    try {
      const url = evaluationUrl(absolutePath(projectDir, file), evaluation);
      const module = (await import(url)) as { readonly default?: unknown };
      return exportedDags(module.default) ?? noDag(module, file);
    } catch (thrown) {
      return loadProblem(thrown, loaded);
    }
  };
  const first = await load(1);
  if ('severity' in first) return refused(first);
  const second = await onAnotherDay(() => load(2));
  if ('severity' in second) return refused(second);
  const changed = changedGraph(first, second, file, texts);
  if (changed !== null) return refused(changed);
  const diagnostics = first.flatMap((dag) =>
    dag.mistakes.map((mistake) => mistakeDiagnostic(mistake, (place) => placeIn(place, texts) ?? { file })),
  );
  return {
    dags: first.map((dag) => ({ author: dag.author, locate: locator(dag, file, texts) })),
    diagnostics,
  };
}

function noDag(module: { readonly default?: unknown }, file: string): Diagnostic {
  const found =
    'default' in module ? 'its default export is not what dag() returns' : 'it has no default export';
  const hint = 'write `export default dag({ id: ... }, (d) => { ... })`';
  return { severity: 'error', rule: 'no-dag', message: `the file declares no DAG: ${found}`, file, hint };
}

function changedGraph(
  first: readonly Dag[],
  second: readonly Dag[],
  file: string,
  texts: SourceTexts,
): Diagnostic | null {
  const [before, after] = [authorText(first), authorText(second)];
  if (before === after) return null;
  const found = firstDifference(JSON.parse(before), JSON.parse(after)) ?? {
    path: [],
    first: 'this',
    second: 'that',
  };
  const [index, ...path] = found.path;
  const dag = first[Number(index ?? 0)];
  const place = dag === undefined ? { file } : (locator(dag, file, texts)(path) ?? { file });
  const what = path.length === 0 ? 'the DAG' : path.join('.');
  const message =
    `the DAG differs from load to load: ${what} is ${show(found.first)} and then ${show(found.second)}; ` +
    'it must not depend on time, chance or anything outside the file';
  return { severity: 'error', rule: 'not-deterministic', message, ...place };
}

function authorText(dags: readonly Dag[]): string {
  return JSON.stringify(dags.map((dag) => dag.author));
}

function show(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value).slice(0, 80);
}

function locator(dag: Dag, file: string, texts: SourceTexts): Locate {
  return (path) => {
    const place = dag.placeOf(path);
    return (place && placeIn(place, texts)) ?? { file };
  };
}

function placeIn(place: CodePlace, texts: SourceTexts): Place | null {
  return texts.placeIn(place.module, place.line, place.column);
}
