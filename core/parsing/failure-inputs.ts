import { readdirSync } from 'node:fs';
import { fileHash } from './code-manifest.ts';
import { ImportGraph } from './import-graph.ts';
import { absolutePath } from './project-path.ts';
import { SourceTexts } from './source-text.ts';

const CODE = /\.m?[jt]s$/;

/**
 * The files that are run when a DAG file is loaded, each with its sha256: the file, what it imports, and the
 * operators of the project. `undefined` if they cannot all be read.
 */
export function failureInputs(projectDir: string, file: string): { [path: string]: string } | undefined {
  const entryHash = fileHash(projectDir, file);
  if (entryHash === null) return undefined;
  const graph = new ImportGraph(projectDir, new SourceTexts(projectDir), new Map());
  try {
    for (const path of [file, ...operatorFiles(projectDir)]) if (CODE.test(path)) graph.add(path);
  } catch {
    return undefined;
  }
  return { ...graph.hashes(), [file]: entryHash };
}

function operatorFiles(projectDir: string): string[] {
  try {
    return readdirSync(absolutePath(projectDir, 'operators')).map((name) => `operators/${name}`);
  } catch {
    return [];
  }
}
