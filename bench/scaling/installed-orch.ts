import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** orch as users install it. */
export interface InstalledOrch {
  /** The script of its command. */
  readonly command: string;
  remove(): void;
}

/**
 * Makes the npm package and unpacks it into a folder of its own. What it depends on is linked from this
 * clone.
 */
export function installedOrch(): InstalledOrch {
  const folder = mkdtempSync(join(tmpdir(), 'orch-installed-'));
  const pack = ['pack', '--silent', '--pack-destination', folder];
  const file = execFileSync('npm', pack, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n').at(-1) ?? '';
  const home = join(folder, 'node_modules', 'orch');
  mkdirSync(home, { recursive: true });
  execFileSync('tar', ['xzf', join(folder, file), '--strip-components=1', '-C', home]);
  const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as {
    readonly dependencies: { readonly [name: string]: string };
  };
  for (const name of Object.keys(dependencies)) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), link);
  }
  return {
    command: join(home, 'cli', 'orch.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
