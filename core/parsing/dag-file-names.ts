import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const DAG_FILE = /^[^._].*\.(ya?ml|m?[jt]s)$/s;
const NOT_DAG_FILE = /\.(d|test|spec)\.m?ts$/;

/** The DAG files of a project, relative to it, in the order of their names: those directly in `dags/`. */
export function dagFileNames(projectDir: string): string[] {
  const folder = join(projectDir, 'dags');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && DAG_FILE.test(entry.name) && !NOT_DAG_FILE.test(entry.name))
    .map((entry) => `dags/${entry.name}`)
    .sort();
}
