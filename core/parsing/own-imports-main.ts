/**
 * Loaded before anything else of a process of orch: shortens how orch's own modules import, which is most
 * of the time that it takes to load them. What they name by path is taken as named: looking for it, once
 * for each import of each module, takes longer than loading it. Packages are imported from the files that
 * `cli/pack-packages.js` made of some of them; one whose file is missing or of another version is loaded as
 * it is. So are the compiled checks of large schemas. What code of a project imports is not touched.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

interface Packed {
  readonly version: string;
  readonly file: string;
}

const ROOT = new URL('../../', import.meta.url).href;
const OWN = ['core/', 'cli/', 'server/', 'operators/', 'migrations/'].map((folder) => ROOT + folder);
const READY_CHECKS = `${ROOT}core/schema/ready-checks.ts`;
const FOLDER = `${ROOT}node_modules/.cache/orch/packages/`;

const index = readJson<Record<string, Packed>>(`${FOLDER}index.json`) ?? {};
const readyChecks = readJson<{ readonly file: string }>(`${FOLDER}ready-checks.json`);
const found = new Map<string, string | null>();

registerHooks({
  resolve(specifier, context, nextResolve) {
    const { parentURL } = context;
    const packed = Object.hasOwn(index, specifier) ? index[specifier] : undefined;
    const isModule = specifier.startsWith('.') && specifier.endsWith('.ts');
    if (!(isModule || packed) || !isOwn(parentURL)) return nextResolve(specifier, context);
    if (isModule) {
      const url = new URL(specifier, parentURL).href;
      if (readyChecks && url === READY_CHECKS)
        return { url: FOLDER + readyChecks.file, format: 'module', shortCircuit: true };
      return { url, format: 'module-typescript', shortCircuit: true };
    }
    if (packed && !found.has(specifier)) found.set(specifier, urlOf(specifier, packed));
    const url = found.get(specifier);
    if (!url) return nextResolve(specifier, context);
    return { url, format: 'module', shortCircuit: true };
  },
});

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
