import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { dagFileNames } from './dag-file-names.ts';
import { parseFile } from './parse-file.ts';
import type { ParsedFile, ParseLimits } from './parsed-file.ts';
import { sourcesIn } from './place-in-source.ts';
import { withUniqueDags } from './unique-dags.ts';

export interface ParseProjectOptions {
  readonly projectDir: string;
  /** Only these DAG files, relative to the project; all of `dags/` if absent. */
  readonly files?: readonly string[];
  /** Files evaluated at once. */
  readonly concurrency?: number;
  readonly limits?: Partial<ParseLimits>;
  readonly signal?: AbortSignal;
}

/**
 * Evaluates the DAG files of a project, each in a process of its own, a few at a time. An id that a second
 * file declares too is a mistake of that file. Never rejects because of a file.
 */
export async function parseProject(options: ParseProjectOptions): Promise<ParsedFile[]> {
  const projectDir = realpathSync(options.projectDir);
  const { limits, signal } = options;
  const common = { projectDir, ...(limits ? { limits } : {}), ...(signal ? { signal } : {}) };
  const limit = pLimit(options.concurrency ?? Math.max(1, availableParallelism()));
  const files = options.files ?? dagFileNames(projectDir);
  const parsed = await Promise.all(files.map((file) => limit(() => parseFile({ ...common, file }))));
  return withUniqueDags(parsed, undefined, sourcesIn(projectDir));
}
