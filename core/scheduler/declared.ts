import type { Diagnostic } from '../model/errors.ts';
import type { DagFacts } from '../parsing/parsed-file.ts';
import type { DagRecord } from '../store/store.ts';
import type { IndexedDag, IndexedFile } from './dag-index.ts';

/** A DAG and the file that declares it. */
export interface Declared {
  readonly file: string;
  readonly dag: IndexedDag;
}

/** Whether the version in force is the one that a file declares now. */
export function isDeclaredSo(record: DagRecord, file: string, { graphHash, code }: DagFacts): boolean {
  return record.file === file && record.graphHash === graphHash && record.codeHash === code.digest;
}

/** Whether what was told of a DAG is what a file declares now. */
export function isTold(told: Declared | null | undefined, { file, dag }: Declared): boolean {
  if (told === null || told === undefined || told.file !== file) return false;
  return told.dag.graphHash === dag.graphHash && told.dag.code.digest === dag.code.digest;
}

/** The DAGs of all files, and the mistakes in them. */
export function declaredIn(files: readonly IndexedFile[]): {
  readonly declared: readonly Declared[];
  readonly mistakes: ReadonlyMap<string, readonly Diagnostic[]>;
} {
  const declared = files.flatMap(({ file, dags }) => dags.map((dag) => ({ file, dag })));
  const mistakes = new Map<string, readonly Diagnostic[]>();
  for (const { file, diagnostics } of files) {
    const found = diagnostics.filter(({ severity }) => severity === 'error');
    if (found.length > 0) mistakes.set(file, found);
  }
  return { declared, mistakes };
}
