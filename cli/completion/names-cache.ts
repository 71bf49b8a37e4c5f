import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DagSpec } from '../../core/model/dag.ts';

/** DAG id → names that a scope may use, as of the last time the files were read. */
export type KnownNames = { readonly [dagId: string]: readonly string[] };

const FILE = 'names.json';
const NAMES_MAX = 2_000;

/**
 * Remembers the names of DAGs and tasks for completion: these only (`all` that there are), or these beside
 * those that are known. Failing to do so is no failure of the command.
 */
export function rememberNames(stateDir: string, specs: readonly DagSpec[], which: 'all' | 'some'): void {
  const others = which === 'all' ? {} : knownNames(stateDir);
  const names = { ...others, ...Object.fromEntries(specs.map((spec) => [spec.id, namesOf(spec)])) };
  const path = join(stateDir, FILE);
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const text = JSON.stringify(names);
    if (readText(path) === text) return;
    writeFileSync(`${path}.${process.pid}`, text, { mode: 0o600 });
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    return;
  }
}

/** What {@link rememberNames} kept, or `null`. */
export function knownNames(stateDir: string): KnownNames | null {
  const text = readText(join(stateDir, FILE));
  if (text === null) return null;
  try {
    return JSON.parse(text) as KnownNames;
  } catch {
    return null;
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function namesOf(spec: DagSpec): string[] {
  const names = new Set<string>();
  for (const { path, stage } of spec.tasks.slice(0, NAMES_MAX)) {
    names.add(path);
    names.add(path.slice(path.lastIndexOf('.') + 1));
    if (stage !== undefined) names.add(stage);
  }
  return [...names];
}
