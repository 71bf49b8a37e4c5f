import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Modules that are started or imported by their path. */
type Entry =
  | 'core/authoring/index'
  | 'core/executors/keeper-main'
  | 'core/executors/runner-main'
  | 'core/parsing/parse-child';

/**
 * The repository holds modules as `.ts` at its top. The package holds them packed into few files of
 * `dist/core/packed`, and under `dist/` those that are an `Entry`. All have the extension of this one.
 */
const EXTENSION = extname(import.meta.filename);
const MODULES = new URL('../../', import.meta.url);
/** Whether orch runs from its repository, not from an installed package. */
export const isCheckout: boolean = EXTENSION === '.ts';
const PACKAGE = isCheckout ? MODULES : new URL('../', MODULES);

/** The URL of a module of the running orch. */
export function entryUrl(entry: Entry): string {
  return new URL(entry + EXTENSION, MODULES).href;
}

/** The file of a module of the running orch. */
export function entryPath(entry: Entry): string {
  return fileURLToPath(entryUrl(entry));
}

/** The folder of the operators that orch brings along; a package without any has none. */
export function operatorsFolder(): string {
  return fileURLToPath(new URL('operators/', MODULES));
}

/** The file that tells a compiler the types of what DAG files import from `orch`. */
export function typesPath(): string {
  const source = entryPath('core/authoring/index');
  return isCheckout ? source : source.replace(/js$/, 'd.ts');
}

/** A file or folder that lies at the same place in the repository and in the package. */
export function packagePath(
  file: 'cli/orch.js' | 'dag.schema.json' | 'node_modules/.cache/orch' | 'openapi.json' | 'server/page',
): string {
  return fileURLToPath(new URL(file, PACKAGE));
}

/** The version of the running orch. */
export function orchVersion(): string {
  const manifest = readFileSync(new URL('package.json', PACKAGE), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
