import type { FileFacts } from './parsed-file.ts';
import { placeInSource, type SourceOf } from './place-in-source.ts';

/** By DAG id, the file that is known to declare it. */
type Owners = Pick<ReadonlyMap<string, string>, 'get'>;

/** The ids of DAGs that are declared more than once. */
export function idsOfSeveral(files: readonly FileFacts[]): ReadonlySet<string> {
  const ids = new Set<string>();
  const several = new Set<string>();
  for (const { dags } of files)
    for (const { spec } of dags) {
      if (ids.has(spec.id)) several.add(spec.id);
      ids.add(spec.id);
    }
  return several;
}

/**
 * Leaves each id to one file, and makes its being declared in any other one a mistake of that. The file that
 * is known to declare it keeps it, whatever is added beside it; of others the first has it. Where the sources
 * are given, a mistake has the place of the id.
 */
export function withUniqueDags<File extends FileFacts>(
  files: readonly File[],
  known: Owners = new Map(),
  sourceOf: SourceOf = () => null,
): File[] {
  const owners = new Map<string, string>();
  for (const { file, dags } of files)
    for (const { spec } of dags)
      if (!owners.has(spec.id) || known.get(spec.id) === file) owners.set(spec.id, file);
  return files.map((parsed) => {
    const { file } = parsed;
    const dags = parsed.dags.filter(({ spec }) => owners.get(spec.id) === file);
    if (dags.length === parsed.dags.length) return parsed;
    const mistakes = parsed.dags.flatMap(({ spec: { id } }) => {
      const owner = owners.get(id);
      if (owner === file) return [];
      const message = `DAG '${id}' is declared in ${owner} too: ids are unique in a project`;
      const place = placeInSource(sourceOf(file), new RegExp(`\\bid['"]?\\s*:\\s*['"]?${id}(?![\\w-])`));
      return [{ severity: 'error', rule: 'duplicate-dag', message, file, ...place } as const];
    });
    return { ...parsed, dags, diagnostics: [...parsed.diagnostics, ...mistakes] };
  });
}
