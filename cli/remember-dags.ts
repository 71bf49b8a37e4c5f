import { join } from 'node:path';
import { rememberNames } from './completion/names-cache.ts';
import type { CommandContext } from './context.ts';
import type { DagFiles } from './dag-files.ts';

/** Keeps the names of the DAGs for completion where the default state folder is. */
export function rememberDags(_context: CommandContext, files: DagFiles): void {
  if (files.dags.length > 0)
    rememberNames(
      join(files.dir, '.orch'),
      files.dags.map(({ spec }) => spec),
    );
}
