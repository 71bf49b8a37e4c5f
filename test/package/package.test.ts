import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { LARGE_SCHEMAS } from '../../core/schema/large-schemas.ts';
import { checkKey } from '../../core/schema/validate.ts';

const keyOf = ({ schema, allErrors }: (typeof LARGE_SCHEMAS)[number]): string => checkKey(schema, allErrors);

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const ROOT = resolve(import.meta.dirname, '../..');
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly dependencies: { readonly [name: string]: string };
};
const PACKED_PACKAGES = JSON.parse(
  readFileSync(join(ROOT, 'cli/packed-packages.json'), 'utf8'),
) as readonly string[];
/** A scheduler is five times as large. */
const START_BYTES_MAX = 400_000;
/** What npm says when it does not get at packages, for whatever reason outside of orch. */
const UNREACHABLE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENETUNREACH|ENOTCACHED)\b/;

const scratch = mkdtempSync(join(tmpdir(), 'orch-package-'));
/** As unhandy as a folder may be: blanks, other letters, and CommonJS by its package.json. */
const project = join(scratch, 'mein Ordner für orch');
let packed: readonly string[] = [];
let unreachable = '';

/** What a project may hold of its own; the top-level `await` needs an ES module. */
const OWN = {
  'operators/shout.ts': `import { defineOperator, Type } from 'orch';

export default defineOperator({
  params: Type.Object({ text: Type.String() }),
  execute: async ({ text }) => text.toUpperCase(),
});
`,
  'dags/own/where.ts': `import { basename } from 'node:path';

const here = await Promise.resolve(import.meta.filename);

export function where(): string {
  return basename(here);
}
`,
  'dags/own.ts': `import { dag } from 'orch';
import { where } from './own/where.ts';

export default dag({ id: 'own' }, (d) => {
  const place = d.task('where', {}, (_, ctx) => {
    ctx.log.info(where());
    return where();
  });
  d.task('shout', { uses: 'shout', with: { text: place.output } });
});
`,
};
const WRONG = `import { dag } from 'orch';

export default dag({ id: 'wrong' }, (d) => {
  const text = d.task('text', {}, () => 'x');
  d.task('sum', { needs: { text } }, ({ text }) => text - 1);
});
`;

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, args: readonly string[], cwd: string): Promise<Finished> {
  const { NODE_ENV: _, ...inherited } = process.env;
  const env = { ...inherited, PATH: dirname(process.execPath) + delimiter + process.env['PATH'] };
  return new Promise((done) => {
    execFile(command, args, { cwd, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const { code } = error ?? { code: 0 };
      done({ code: typeof code === 'number' ? code : 1, stdout, stderr });
    });
  });
}

const orch = (...args: string[]): Promise<Finished> =>
  run(join(project, 'node_modules/.bin/orch'), args, project);
const compile = (): Promise<Finished> =>
  run(join(project, 'node_modules/typescript/bin/tsc'), ['--noEmit', '--pretty', 'false'], project);

function write(path: string, text: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), text);
}

/** The text of a file of the package without its block comments, which may show imports. */
function codeOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
}

/** The modules that Node loads with a file of `dist`, this one included. */
function loadedWith(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, path = ''] of codeOf(file).matchAll(/^(?:import|export) (?:.*from )?["'](\.[^"']+)["']/gm))
    loadedWith(join(dirname(file), path), found);
  return found;
}

beforeAll(async () => {
  const pack = await run('npm', ['pack', '--json', '--pack-destination', scratch], ROOT);
  expect(pack.code, pack.stderr).toBe(0);
  const answer = JSON.parse(pack.stdout.slice(pack.stdout.search(/^[[{]/m))) as object;
  const [tarball] = Object.values(answer) as { filename: string; files: { path: string }[] }[];
  packed = tarball?.files.map((file) => file.path) ?? [];
  write('package.json', JSON.stringify({ name: 'prices', private: true, type: 'commonjs' }));
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts'];
  const quick = [...quiet, '--prefer-offline', '--fetch-retries=0', '--fetch-timeout=30000'];
  const install = await run('npm', ['install', ...quick, join(scratch, tarball?.filename ?? '')], project);
  if (install.code !== 0) unreachable = UNREACHABLE.exec(install.stderr)?.[0] ?? '';
  if (unreachable === '') expect(install.code, install.stderr).toBe(0);
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('the files of the package', () => {
  test('are the packed modules, the types of the authoring API, schemas, docs and the page', () => {
    const entries = [
      'cli/main',
      'core/authoring/index',
      'core/executors/keeper-main',
      'core/executors/runner-main',
      'core/parsing/parse-child',
    ].map((entry) => `dist/${entry}.js`);
    const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
    const texts = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', 'dist/THIRD-PARTY-NOTICES.txt'];
    const own = ['cli/orch.js', 'dag.schema.json', 'openapi.json'];
    const page = readdirSync(join(ROOT, 'server/page')).map((name) => `server/page/${name}`);
    const types = packed.filter((file) => /^dist\/core\/(authoring|model)\/[\w-]+\.d\.ts$/.test(file));
    expect(types).toContain('dist/core/authoring/index.d.ts');
    const docs = pages.map((name) => `docs/${name}`);
    const modules = packed.filter((file) => /^dist\/core\/packed\/[\w.-]+\.js$/.test(file));
    const checks = packed.filter((file) => /^dist\/core\/packed\/check-[\w.-]+\.cjs$/.test(file));
    expect(checks).toHaveLength(new Set(LARGE_SCHEMAS.map(keyOf)).size);
    const expected = [...entries, ...modules, ...types, ...texts, ...own, ...page, ...docs, ...checks];
    expect([...packed].sort()).toEqual(expected.sort());
  });

  test('name the licence of every package that is packed with them', () => {
    const notices = readFileSync(join(ROOT, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const name of PACKED_PACKAGES) expect(notices).toMatch(new RegExp(`^${name} \\d\\S+ \\(`, 'm'));
    expect(notices).toContain('fast-uri');
  });

  test('have every check of a large schema compiled, so that no start compiles one', async () => {
    const compiled = join(ROOT, 'dist/core/packed/ready-checks.js');
    const { READY_CHECKS } = (await import(pathToFileURL(compiled).href)) as {
      READY_CHECKS: { readonly [key: string]: (value: unknown) => boolean };
    };
    expect(Object.keys(READY_CHECKS).sort()).toEqual(LARGE_SCHEMAS.map(keyOf).sort());
    for (const check of Object.values(READY_CHECKS)) expect(check(7)).toBe(false);
  });

  test('let keepers, runners and the evaluation of files load nothing that decides', () => {
    const namesOf = (file: string): string[] =>
      [...loadedWith(file)].map((one) => /([\w-]+?)(?:-[\w-]{8})?\.js$/.exec(one)?.[1] ?? one).sort();
    expect(namesOf('dist/core/executors/keeper-main.js')).toEqual(['attempts', 'keeper-main']);
    expect(namesOf('dist/core/executors/runner-main.js')).toEqual(['attempts', 'runner-main']);
    expect(namesOf('dist/core/parsing/parse-child.js')).not.toContain('engine');
    // A command that leads begins with these, and starts its keeper before it loads more.
    expect(namesOf('dist/cli/main.js')).toEqual(['attempts', 'commands', 'main']);
    const sizes = [...loadedWith('dist/cli/main.js')].map((file) => statSync(join(ROOT, file)).size);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(START_BYTES_MAX);
  });

  test('import only what package.json has installed with them', () => {
    const names = packed
      .filter((file) => /^dist\/.*\.(js|d\.ts)$/.test(file))
      .flatMap((file) => [...codeOf(file).matchAll(/(?:^import (?:.*from )?|\bimport\()["']([^"'.]+)["']/gm)])
      .map(([, specifier = '']) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '')
      .filter((name) => !isBuiltin(name) && name !== 'orch');
    expect(names).toContain('hono');
    expect([...new Set(names)].filter((name) => !(name in MANIFEST.dependencies))).toEqual([]);
  });
});

describe('the installed package', () => {
  beforeEach((context) => {
    if (unreachable !== '') context.skip(`npm cannot get the dependencies of orch here: ${unreachable}`);
  });

  test('makes a project that names its schema and runs a DAG of each language', async () => {
    const made = await orch('init');
    expect(made, made.stderr).toMatchObject({ code: 0, stderr: '' });
    const yaml = readFileSync(join(project, 'dags/disk_report.yaml'), 'utf8');
    const [, schema = ''] = /\$schema=(\S+)/.exec(yaml) ?? [];
    expect(schema).toBe('../node_modules/orch/dag.schema.json');
    expect(existsSync(join(project, 'dags', schema))).toBe(true);
    expect((await orch('check', '--no-types')).stdout).toBe('✓ 2 files, 2 DAGs, 4 tasks: no mistakes\n');
    expect((await orch('trigger', 'hello')).stdout).toContain('SUCCESS 3 ok');
    expect((await orch('logs', 'last', 'person[Ada].greet')).stdout).toBe('Hello, Ada!\n');
    expect((await orch('trigger', 'disk_report')).stdout).toContain('SUCCESS 2 ok');
    expect((await orch('trigger', 'hello', '--detach')).code).toBe(0);
    expect((await orch('watch', 'last')).code).toBe(0);
  });

  test('runs the functions and operators of the project', async () => {
    for (const [path, text] of Object.entries(OWN)) write(path, text);
    const own = await orch('trigger', 'own');
    expect(own.stdout, own.stderr).toContain('SUCCESS 2 ok');
    expect((await orch('logs', 'last', 'where')).stdout).toBe('where.ts\n');
  });

  test('has the types of orch for the project, for tsc as for orch check', async () => {
    for (const name of ['typescript', '@types'])
      if (!existsSync(join(project, 'node_modules', name)))
        symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name));
    expect((await orch('check')).stdout).toBe('✓ 3 files, 3 DAGs, 6 tasks: no mistakes\n');
    write('dags/wrong.ts', WRONG);
    const problem = 'The left-hand side of an arithmetic operation must be';
    // The mistake is the only one: everything else is right for tsc too.
    const [{ stdout }, checked] = await Promise.all([compile(), orch('check')]);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stdout).toContain(`dags/wrong.ts(5,52): error TS2362: ${problem}`);
    expect(checked.stdout).toContain(`dags/wrong.ts:5:52  error  ${problem}`);
    await rm(join(project, 'dags/wrong.ts'));
  });

  test('answers for itself', async () => {
    expect((await orch('--version')).stdout).toBe(`${MANIFEST.version}\n`);
    const help = await orch('--help');
    expect(help.stdout).toContain('orch <command>');
    const [page = ''] = /docs\/[\w-]+\.md/.exec(help.stdout) ?? [];
    expect(packed).toContain(page);
    expect((await orch('list')).stdout).toMatch(/^hello +by hand +- +2 +dags\/hello\.ts/m);
    expect((await orch('graph', 'hello')).stdout).toContain('person.greet');
    expect(await orch('doctor')).toMatchObject({ code: 0, stderr: '' });
  });

  test('says in a folder of the project where the project is', async () => {
    const found = await run(join(project, 'node_modules/.bin/orch'), ['list'], join(project, 'operators'));
    expect(found).toMatchObject({ code: 4, stdout: '' });
    expect(found.stderr).toContain('orch -C ..');
  });
});
