import type { Diagnostic } from '../core/model/errors.ts';
import type { Project } from '../core/scheduler/project.ts';

/** What the files make of a DAG, compared with its newest stored version. */
export interface DagChange {
  readonly dagId: string;
  readonly change: 'new' | 'graph' | 'code' | 'gone' | 'none';
  readonly file: string;
  /** Task paths that come and go, for `graph`. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface ChangedDags {
  readonly changes: readonly DagChange[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Compares the DAG files of a project with what is stored; changes nothing. */
export async function changedDags({ library, store }: Project): Promise<ChangedDags> {
  const files = await Promise.all(library.files().map((file) => library.parse(file)));
  const stored = new Map((await store.dags()).map((dag) => [dag.dagId, dag]));
  const changes: DagChange[] = [];
  for (const { file, dags } of files) {
    for (const { spec, graphHash, code } of dags) {
      const known = stored.get(spec.id);
      stored.delete(spec.id);
      const version = known === undefined ? null : await store.version(known.versionNo);
      const before = new Set(version?.spec.tasks.map(({ path }) => path) ?? []);
      const now = new Set(spec.tasks.map(({ path }) => path));
      const isSameGraph = version?.graphHash === graphHash;
      const change =
        version === null
          ? 'new'
          : !isSameGraph
            ? 'graph'
            : version.codeHash === code.digest
              ? 'none'
              : 'code';
      const added = change === 'graph' ? [...now].filter((path) => !before.has(path)) : [];
      const removed = change === 'graph' ? [...before].filter((path) => !now.has(path)) : [];
      changes.push({ dagId: spec.id, change, file, added, removed });
    }
  }
  for (const { dagId, file } of stored.values())
    changes.push({ dagId, change: 'gone', file, added: [], removed: [] });
  return { changes, diagnostics: files.flatMap(({ diagnostics }) => diagnostics) };
}
