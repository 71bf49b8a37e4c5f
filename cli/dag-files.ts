import type { DagSpec } from '../core/model/dag.ts';
import { AppError, type Diagnostic } from '../core/model/errors.ts';
import { nearest } from '../core/model/nearest.ts';
import { withUniqueDags } from '../core/parsing/unique-dags.ts';
import type { CommandContext } from './context.ts';
import { fileStem, readKnownFiles } from './engine.ts';
import { projectDir } from './project-dir.ts';
import { counted } from './render/counted.ts';

/** A DAG and the file that declares it, relative to the project. */
export interface FoundDag {
  readonly file: string;
  readonly spec: DagSpec;
  readonly graphHash: string;
  readonly codeHash: string;
}

/** The DAGs of the project, and what is wrong with its files. */
export interface DagFiles {
  readonly dir: string;
  readonly dags: readonly FoundDag[];
  readonly diagnostics: readonly Diagnostic[];
  /** The same by the DAG file that was read: what is wrong may stand in a file that it imports. */
  readonly byFile?: ReadonlyMap<string, readonly Diagnostic[]>;
}

/**
 * Reads the DAG files of the project that the command line names: with `dagId` only as many of them as it
 * takes to find that DAG.
 */
export async function readDagFiles(
  context: CommandContext,
  dagId?: string,
  meanwhile?: (stateDir: string) => void,
): Promise<DagFiles> {
  const dir = projectDir(context);
  const files = withUniqueDags(await readKnownFiles(dir, context, dagId, meanwhile));
  const dags = files.flatMap(({ file, dags }) =>
    dags.map(({ spec, graphHash, code }) => ({ file, spec, graphHash, codeHash: code.digest })),
  );
  const byFile = new Map(files.map(({ file, diagnostics }) => [file, diagnostics]));
  return { dir, dags, diagnostics: [...byFile.values()].flat(), byFile };
}

/**
 * The DAG of an id. Mistakes in other files are no obstacle; if the DAG is missing and files are broken, they
 * are what the error shows, because the DAG may be in one of them.
 */
export function requireDag(files: DagFiles, dagId: string): FoundDag {
  const found = files.dags.find(({ spec }) => spec.id === dagId);
  if (found !== undefined) return found;
  const errors = files.diagnostics.filter(({ severity }) => severity === 'error');
  const ofFile = new Set(
    [...(files.byFile ?? [])].flatMap(([file, of]) => (fileStem(file) === dagId ? of : [])),
  );
  const related = errors.filter(
    (error) => ofFile.has(error) || error.file === undefined || fileStem(error.file) === dagId,
  );
  if (related.length > 0) {
    const message = `DAG '${dagId}' cannot be read: its file has ${counted(related.length, 'mistake')}.`;
    throw new AppError('invalid', message, { diagnostics: related.map((one) => ({ ...one })) });
  }
  const ids = files.dags.map(({ spec }) => spec.id);
  const similar = nearest(dagId, ids);
  const known =
    ids.length === 0
      ? 'There are no DAGs in dags/.'
      : `Known: ${ids.slice(0, 8).join(', ')}${ids.length > 8 ? ', ...' : ''}.`;
  const broken = errors.length > 0 ? ` Some files have mistakes: 'orch check' shows them.` : '';
  throw new AppError(
    'not_found',
    `There is no DAG '${dagId}'. ${similar === null ? known : `Did you mean '${similar}'?`}${broken}`,
  );
}
