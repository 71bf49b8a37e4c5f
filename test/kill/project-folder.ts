import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FIXTURES = join(import.meta.dirname, 'fixtures');

/** A project of its own for a round, made of some fixtures; `yaml` is its config. */
export function makeProject(yaml: string, fixtures: readonly string[] = ['project']): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'orch-kill-')));
  for (const name of fixtures) cpSync(join(FIXTURES, name), dir, { recursive: true });
  writeFileSync(join(dir, 'airflow.yaml'), yaml);
  return dir;
}

/** Removes the project of a round. */
export function removeProject(dir: string): void {
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}
