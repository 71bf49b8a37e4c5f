import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '../../..');
const HOOK = 'core/parsing/own-imports-main.ts';
const CACHE = 'node_modules/.cache/orch/packages';

/** A checkout with one package, `foo`, of version 1.0.0, and these files. */
function makeCheckout(files: { readonly [path: string]: string } = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'orch-packed-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const all = {
    'package.json': '{"type":"module"}',
    'node_modules/foo/package.json':
      '{"name":"foo","version":"1.0.0","type":"module","exports":"./index.js"}',
    'node_modules/foo/index.js': `export const from = 'package';`,
    'core/own.ts': `import { from } from 'foo'; console.log(from);`,
    'dags/body.ts': `import { from } from 'foo'; console.log(from);`,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  cpSync(join(PROJECT, HOOK), join(dir, HOOK));
  return dir;
}

function packedAs(version: string): { readonly [path: string]: string } {
  return {
    [`${CACHE}/index.json`]: JSON.stringify({ foo: { version, file: 'foo.mjs' } }),
    [`${CACHE}/foo.mjs`]: `export const from = 'packed';`,
  };
}

/** What a file prints when it is run behind the hook. */
function said(dir: string, file: string): string {
  const args = ['--import', join(dir, HOOK), join(dir, file)];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
}

test('modules of orch import the packed file of a package, code of a project the package', () => {
  const dir = makeCheckout(packedAs('1.0.0'));
  expect(said(dir, 'core/own.ts')).toBe('packed');
  expect(said(dir, 'dags/body.ts')).toBe('package');
});

test('without a packed file, or with one of another version, the package is imported', () => {
  expect(said(makeCheckout(), 'core/own.ts')).toBe('package');
  expect(said(makeCheckout(packedAs('0.9.0')), 'core/own.ts')).toBe('package');
  const damaged = { [`${CACHE}/index.json`]: '{"foo":' };
  expect(said(makeCheckout(damaged), 'core/own.ts')).toBe('package');
});

test('what modules of orch import by path is taken as named, what others import is looked for', () => {
  const importer = `import { url } from './linked.ts'; console.log(url);`;
  const dir = makeCheckout({
    'core/linking.ts': importer,
    'dags/linking.ts': importer,
    'elsewhere.ts': 'export const url: string = import.meta.url;',
  });
  for (const folder of ['core', 'dags'])
    symlinkSync(join(dir, 'elsewhere.ts'), join(dir, folder, 'linked.ts'));
  expect(said(dir, 'core/linking.ts')).toContain('core/linked.ts');
  expect(said(dir, 'dags/linking.ts')).toContain('elsewhere.ts');
});

const PACKED = ['ajv', 'chokidar', 'commander', 'kysely', 'pino', 'typebox', 'yaml'];

/** A checkout with the script that packs, and links to installed packages. */
function withScript(packages: readonly string[]): string {
  const dir = makeCheckout();
  for (const path of [
    'cli/pack-packages.js',
    'cli/packed-packages.json',
    'cli/pack-checks.js',
    'core/schema',
    'core/model',
  ])
    cpSync(join(PROJECT, path), join(dir, path), { recursive: true });
  for (const name of packages)
    symlinkSync(join(PROJECT, 'node_modules', name), join(dir, 'node_modules', name));
  return dir;
}

function pack(dir: string) {
  return spawnSync(process.execPath, [join(dir, 'cli/pack-packages.js')], { encoding: 'utf8' });
}

test('the packages are packed with all that they export, and named by version', {
  timeout: 60_000,
}, async () => {
  const dir = withScript([...PACKED, 'rolldown']);
  const { status, stderr } = pack(dir);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const index = JSON.parse(readFileSync(join(dir, CACHE, 'index.json'), 'utf8'));
  expect(Object.keys(index)).toEqual(PACKED);
  for (const name of PACKED) {
    const installed = JSON.parse(readFileSync(join(PROJECT, 'node_modules', name, 'package.json'), 'utf8'));
    expect(index[name]).toEqual({ version: installed.version, file: `${name}-${installed.version}.mjs` });
  }
  const program = `
    import { parse } from 'yaml';
    console.log(parse('a: [1, 2]').a.length, import.meta.resolve('yaml'));`;
  writeFileSync(join(dir, 'core/own.ts'), program);
  expect(said(dir, 'core/own.ts')).toMatch(/^2 file:.*\/packages\/yaml-/);
  writeFileSync(
    join(dir, 'core/own.ts'),
    `import { READY_CHECKS } from './schema/ready-checks.ts';
    const [check] = Object.values(READY_CHECKS);
    console.log(Object.keys(READY_CHECKS).length, check(null));`,
  );
  expect(said(dir, 'core/own.ts')).toBe('5 false');
});

test('packing again takes nothing from an orch that starts meanwhile, and clears old versions away', {
  timeout: 60_000,
}, () => {
  const dir = withScript([...PACKED, 'rolldown']);
  pack(dir);
  const folder = join(dir, CACHE);
  const inodes = () => readdirSync(folder).map((file) => [file, statSync(join(folder, file)).ino]);
  const before = Object.fromEntries(inodes());
  writeFileSync(join(folder, 'yaml-1.0.0.mjs'), '');
  expect(pack(dir).stderr).toBe('');
  const after = inodes().filter(([file]) => !String(file).endsWith('.json'));
  expect(before).toMatchObject(Object.fromEntries(after));
  const packages = after.map(([file]) => String(file)).filter((file) => !/check/.test(file));
  expect(packages).toHaveLength(PACKED.length);
});

test('an install without the bundler is no failure', () => {
  const { status, stderr } = pack(withScript(PACKED));
  expect(status).toBe(0);
  expect(stderr).toContain('orch starts without packed packages');
});
