import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROJECT = join(import.meta.dirname, 'fixtures', 'project');

/** A project of its own for a round; `yaml` is its config. */
export function makeProject(yaml: string): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'orch-kill-')));
  cpSync(PROJECT, dir, { recursive: true });
  writeFileSync(join(dir, 'airflow.yaml'), yaml);
  return dir;
}

/** Removes the project of a round. */
export function removeProject(dir: string): void {
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}
