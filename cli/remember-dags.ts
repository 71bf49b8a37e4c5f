import { join } from 'node:path';
import { rememberNames } from './completion/names-cache.ts';
import type { DagFiles } from './dag-files.ts';

/**
 * Keeps the names of the DAGs for completion where the default state folder is: `all` of the project, or only
 * `some`, beside those that are known.
 */
export function rememberDags(files: DagFiles, which: 'all' | 'some'): void {
  if (files.dags.length === 0) return;
  const specs = files.dags.map(({ spec }) => spec);
  rememberNames(join(files.dir, '.orch'), specs, which);
}
