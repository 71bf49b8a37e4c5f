import { realpathSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { entryUrl } from '../config/installation.ts';
import { isInPackages, pathOfModule, projectPath } from './project-path.ts';

export interface ResolverOptions {
  /** The folder with `dags/`. */
  readonly projectDir: string;
  /**
   * A snapshot of the project's code, if code is loaded from one: its files count as if at their original
   * place.
   */
  readonly codeRoot?: string;
}

/** Query that tells evaluations of the same module apart; inherited by what the module imports. */
const EVALUATION = 'orch-evaluation';

/** The URL of a module for its `number`-th evaluation in this process. */
export function evaluationUrl(path: string, number: number): string {
  return `${pathToFileURL(path).href}?${EVALUATION}=${number}`;
}

/**
 * Teaches this process to load code of a project: `orch` is this very orch, so a project needs no
 * node_modules; `.ts` files are ES modules whatever package.json says; packages imported from a snapshot are
 * found as if the importing file were in the project. Call once, before any code of the project is imported.
 */
export function registerOrchResolver(options: ResolverOptions): void {
  const projectDir = realpathSync(options.projectDir);
  const codeRoot = options.codeRoot === undefined ? undefined : realpathSync(options.codeRoot);
  const isOwn = (url: string): boolean => {
    if (!url.startsWith('file:')) return false;
    const path = pathOfModule(url);
    if (isInPackages(path)) return codeRoot !== undefined && projectPath(codeRoot, path) !== null;
    return [codeRoot, projectDir].some((dir) => dir !== undefined && projectPath(dir, path) !== null);
  };

  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier === 'orch') return { url: ORCH_URL, shortCircuit: true };
      if (specifier.startsWith('orch/')) return nextResolve(specifier, { ...context, parentURL: ORCH_URL });
      const parent = context.parentURL;
      const found = nextResolve(specifier, { ...context, ...placeInProject(specifier, parent) });
      const evaluation = parent && new URL(parent).searchParams.get(EVALUATION);
      if (!evaluation || found.url.includes('?') || !isOwn(found.url)) return found;
      return { ...found, url: `${found.url}?${EVALUATION}=${evaluation}` };
    },
    load(url, context, nextLoad) {
      if (!/\.m?ts(\?|$)/.test(url) || !isOwn(url)) return nextLoad(url, context);
      return nextLoad(url, { ...context, format: 'module-typescript' });
    },
  });

  function placeInProject(specifier: string, parent: string | undefined): { parentURL?: string } {
    if (codeRoot === undefined || !parent?.startsWith('file:') || !isBare(specifier)) return {};
    const path = projectPath(codeRoot, pathOfModule(parent));
    return path === null ? {} : { parentURL: pathToFileURL(`${projectDir}/${path}`).href };
  }
}

/** True for names of packages, `orch` and modules of Node included. */
export function isBare(specifier: string): boolean {
  return !/^(\.{0,2}\/|\.{1,2}$|#|[A-Za-z][A-Za-z0-9+.-]+:)/.test(specifier);
}

const ORCH_URL = entryUrl('core/authoring/index');
