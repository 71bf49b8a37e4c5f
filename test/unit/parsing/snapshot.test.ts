import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isUnchanged, saveSnapshot } from '../../../core/parsing/code-snapshot.ts';
import type { CodeManifest } from '../../../core/parsing/parsed-file.ts';
import { TempProject } from './temp-project.ts';

const run = promisify(execFile);
const core = resolve(import.meta.dirname, '../../../core');
const urlText = (path: string): string => JSON.stringify(pathToFileURL(path).href);

const FILES = {
  'dags/x.yaml': 'id: x\ntasks:\n  a: { uses: ./x/a.ts#run }\n',
  'dags/x/a.ts': "import { b } from './deep/b.ts';\nexport const run = () => b;\n",
  'dags/x/deep/b.ts': 'export const b = 1;\n',
};

async function manifestOf(project: TempProject, file = 'dags/x.yaml'): Promise<CodeManifest> {
  const parsed = await project.parse(file);
  expect(parsed.diagnostics).toEqual([]);
  return parsed.dags[0]?.code as CodeManifest;
}

describe('saveSnapshot', () => {
  it('copies the code, for this user only, and is done the second time', async () => {
    await using project = await TempProject.with(FILES);
    const state = join(project.dir, '.orch');
    const manifest = await manifestOf(project);
    const folder = await saveSnapshot(state, project.dir, manifest);
    expect(folder).toBe(join(state, 'code', manifest.digest));
    expect((await readdir(folder, { recursive: true })).sort()).toEqual([
      '.orch-code.json',
      'dags',
      'dags/x',
      'dags/x/a.ts',
      'dags/x/deep',
      'dags/x/deep/b.ts',
    ]);
    expect(await readFile(join(folder, 'dags/x/deep/b.ts'), 'utf8')).toBe(FILES['dags/x/deep/b.ts']);
    expect((await stat(join(folder, 'dags/x/a.ts'))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const { mtimeMs } = await stat(folder);
    expect(await saveSnapshot(state, project.dir, manifest)).toBe(folder);
    expect((await stat(folder)).mtimeMs).toBe(mtimeMs);
    expect(await readdir(join(state, 'tmp'))).toEqual([]);
  });

  it('refuses a file that changed since it was parsed, and leaves nothing', async () => {
    await using project = await TempProject.with(FILES);
    const state = join(project.dir, '.orch');
    const manifest = await manifestOf(project);
    await project.write({ 'dags/x/deep/b.ts': 'export const b = 2;\n' });
    await expect(saveSnapshot(state, project.dir, manifest)).rejects.toMatchObject({
      code: 'conflict',
      message: 'dags/x/deep/b.ts has changed since it was read: try again',
    });
    expect(await readdir(join(state, 'code'))).toEqual([]);
    expect(await readdir(join(state, 'tmp'))).toEqual([]);
  });

  it('may run in many processes at once', async () => {
    await using project = await TempProject.with(FILES);
    const state = join(project.dir, '.orch');
    const manifest = await manifestOf(project);
    const script =
      `import { saveSnapshot } from ${urlText(join(core, 'parsing/code-snapshot.ts'))};\n` +
      `const args = ${JSON.stringify([state, project.dir, manifest])};\n` +
      'const all = await Promise.all(Array.from({ length: 20 }, () => saveSnapshot(...args)));\n' +
      'console.log(new Set(all).size);\n';
    const runs = await Promise.all(
      [1, 2, 3, 4].map(() => run(process.execPath, ['--input-type=module', '-e', script])),
    );
    expect(runs.map((one) => one.stdout.trim())).toEqual(['1', '1', '1', '1']);
    expect(await readdir(join(state, 'code'))).toEqual([manifest.digest]);
    expect(await readdir(join(state, 'tmp'))).toEqual([]);
  });
});

describe('isUnchanged', () => {
  it.each(['dags/x.yaml', 'dags/x/a.ts', 'dags/x/deep/b.ts'])('sees a change of %s', async (path) => {
    await using project = await TempProject.with(FILES);
    const manifest = await manifestOf(project);
    expect(isUnchanged(project.dir, [manifest])).toBe(true);
    await project.write({ [path]: `${FILES[path as keyof typeof FILES]}\n` });
    expect(isUnchanged(project.dir, [manifest])).toBe(false);
  });

  it('sees a removed file and a new lockfile', async () => {
    await using project = await TempProject.with({
      ...FILES,
      'dags/x/deep/b.ts': "export { b } from 'pack';\n",
      'node_modules/pack/package.json': '{}',
      'package-lock.json': '1',
    });
    const manifest = await manifestOf(project);
    expect(isUnchanged(project.dir, [manifest])).toBe(true);
    await project.write({ 'package-lock.json': '2' });
    expect(isUnchanged(project.dir, [manifest])).toBe(false);
    expect(isUnchanged(join(project.dir, 'nowhere'), [manifest])).toBe(false);
  });
});

describe('the resolver', () => {
  /** Imports a module of a snapshot in a fresh process and prints what it exports. */
  async function exportsOf(project: TempProject, codeRoot: string, path: string): Promise<unknown> {
    const script =
      `import { registerOrchResolver } from ${urlText(join(core, 'parsing/resolver.ts'))};\n` +
      `registerOrchResolver(${JSON.stringify({ projectDir: project.dir, codeRoot })});\n` +
      `console.log(JSON.stringify(await import(${urlText(join(codeRoot, path))})));\n`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
    return JSON.parse(stdout);
  }

  const CODE = {
    'package.json': '{"type":"commonjs"}',
    'dags/x.yaml': 'id: x\ntasks:\n  a: { uses: ./x/a.ts#value }\n',
    'dags/x/a.ts':
      "import { Type, FatalError } from 'orch';\nimport { name } from 'pack';\n" +
      "import { b } from './b.ts';\n" +
      'export const value: unknown[] = [name, b, typeof Type.String, FatalError.name];\n',
    'dags/x/b.ts': 'export const b: number = 1;\n',
    'dags/node_modules/pack/package.json': '{"name":"pack","type":"module","exports":"./index.js"}',
    'dags/node_modules/pack/index.js': "export const name = 'pack of the project';\n",
  };

  it('finds packages, orch and TypeScript modules from a snapshot, wherever that is', async () => {
    await using project = await TempProject.with(CODE);
    await using elsewhere = await TempProject.with({});
    const manifest = await manifestOf(project);
    for (const state of [join(project.dir, '.orch'), elsewhere.dir]) {
      await mkdir(state, { recursive: true });
      const root = await saveSnapshot(state, project.dir, manifest);
      await project.write({ 'dags/x/b.ts': 'export const b: number = 2;\n' });
      expect(await exportsOf(project, root, 'dags/x/a.ts')).toEqual({
        value: ['pack of the project', 1, 'function', 'FatalError'],
      });
      await project.write({ 'dags/x/b.ts': CODE['dags/x/b.ts'] });
    }
  });
});
