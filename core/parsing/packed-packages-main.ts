/**
 * Loaded before anything else of a process of orch: has orch's own modules import the files that
 * `cli/pack-packages.js` made of some packages. A package whose file is missing or of another version is
 * loaded as it is; what code of a project imports is not touched.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

interface Packed {
  readonly version: string;
  readonly file: string;
}

const ROOT = new URL('../../', import.meta.url).href;
const OWN = ['core/', 'cli/', 'server/', 'operators/', 'migrations/'].map((folder) => ROOT + folder);
const FOLDER = `${ROOT}node_modules/.cache/orch/packages/`;

const index = readJson<Record<string, Packed>>(`${FOLDER}index.json`);
if (index !== null) {
  const found = new Map<string, string | null>();
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const packed = Object.hasOwn(index, specifier) ? index[specifier] : undefined;
      if (packed === undefined || !isOwn(context.parentURL)) return nextResolve(specifier, context);
      if (!found.has(specifier)) found.set(specifier, urlOf(specifier, packed));
      const url = found.get(specifier);
      if (!url) return nextResolve(specifier, context);
      return { url, format: 'module', shortCircuit: true };
    },
  });
}

function isOwn(parentUrl: string | undefined): boolean {
  return parentUrl !== undefined && OWN.some((folder) => parentUrl.startsWith(folder));
}

/** The file of a package if it was made from the version that is installed. */
function urlOf(name: string, { version, file }: Packed): string | null {
  const installed = readJson<{ readonly version: string }>(`${ROOT}node_modules/${name}/package.json`);
  return installed?.version === version ? FOLDER + file : null;
}

function readJson<T>(url: string): T | null {
  try {
    return JSON.parse(readFileSync(new URL(url), 'utf8')) as T;
  } catch {
    return null;
  }
}
