import { createHash } from 'node:crypto';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CodeManifest, ParsedFile } from '../../../core/parsing/parsed-file.ts';
import { linesOf, TempProject } from './temp-project.ts';

const YAML = 'id: x\ntasks:\n  a: { uses: ./x/a.ts#run }\n';
const sha = (text: string) => createHash('sha256').update(text).digest('hex');

function codeOf(parsed: ParsedFile): CodeManifest {
  expect(linesOf(parsed)).toEqual([]);
  return parsed.dags[0]?.code as CodeManifest;
}

describe('the code of a DAG', () => {
  const files = {
    'dags/x.yaml': YAML,
    'dags/x/a.ts':
      "import { b } from './b.ts';\nimport type { T } from './types.ts';\nexport { c } from './c.mts';\n" +
      "export const run = async (): Promise<T> => (await import('./late.js')).late + b;\n",
    'dags/x/b.ts':
      "import data from '../../lib/data.json' with { type: 'json' };\nexport const b = data.n;\n",
    'dags/x/c.mts': "export * from './c2.ts';\nexport const c = 1;\n",
    'dags/x/c2.ts': "import './a.ts';\nexport const c2 = 2;\n",
    'dags/x/late.js': 'export const late = 1;\n',
    'dags/x/types.ts': 'export type T = number;\n',
    'dags/x/unused.ts': 'export const unused = 1;\n',
    'lib/data.json': '{"n":1}',
    'package-lock.json': '{}',
  };

  it('is everything that it imports, types and the YAML itself left out', async () => {
    await using project = await TempProject.with(files);
    const code = codeOf(await project.parse('dags/x.yaml'));
    expect(code.entry).toBe('dags/x.yaml');
    expect(code.entryHash).toBe(sha(YAML));
    expect(code.lockfile).toBeUndefined();
    const paths = ['a.ts', 'b.ts', 'c.mts', 'c2.ts', 'late.js'].map((name) => `dags/x/${name}`);
    expect(Object.keys(code.files)).toEqual([...paths, 'lib/data.json']);
    expect(code.files['lib/data.json']).toBe(sha('{"n":1}'));
  });

  it('decides the digest; nothing else does', async () => {
    await using project = await TempProject.with(files);
    const digest = async () => codeOf(await project.parse('dags/x.yaml')).digest;
    const before = await digest();
    await project.write({
      'dags/x/unused.ts': '//',
      'dags/x/types.ts': 'export type T = 1 | number;\n',
      'package-lock.json': '1',
    });
    await project.write({ 'dags/x.yaml': `# comment\n${YAML}` });
    expect(await digest()).toBe(before);
    await project.write({ 'dags/x/c2.ts': 'export const c2 = 3;\n' });
    expect(await digest()).not.toBe(before);
  });

  it('includes the lockfile once it imports packages', async () => {
    const text =
      "import { pack } from 'pack';\nimport { readFile } from 'node:fs/promises';\n" +
      'export const run = () => pack(readFile);\n';
    await using project = await TempProject.with({
      'dags/x.yaml': YAML,
      'dags/x/a.ts': text,
      'node_modules/pack/package.json': '{"name":"pack"}',
      'package-lock.json': '{"v":1}',
    });
    const code = codeOf(await project.parse('dags/x.yaml'));
    expect(code.lockfile).toEqual({ path: 'package-lock.json', sha256: sha('{"v":1}') });
    await project.write({ 'package-lock.json': '{"v":2}' });
    expect(codeOf(await project.parse('dags/x.yaml')).digest).not.toBe(code.digest);
  });

  it('of a TypeScript file begins with the file itself', async () => {
    await using project = await TempProject.with({
      ...files,
      'dags/t.ts':
        "import { dag } from 'orch';\nimport { c2 } from './x/c2.ts';\n" +
        "export default dag({ id: 't' }, (d) => {\n  d.task('in', () => c2);\n" +
        "  d.task('by', { uses: './x/late.js#late' });\n});\n",
    });
    const code = codeOf(await project.parse('dags/t.ts'));
    expect(Object.keys(code.files)).toContain('dags/t.ts');
    expect(Object.keys(code.files)).toContain('dags/x/late.js');
  });

  it('includes operators of the project with what they import', async () => {
    const operator = (types: string) =>
      "import { defineOperator, Type } from 'orch';\nimport { greeting } from './parts/greeting.ts';\n" +
      `export const greet = defineOperator({\n  params: Type.Object({ name: ${types} }),\n` +
      "  isolation: 'shared',\n" +
      "  validate: ({ name }) => {\n    if (/\\d/.test(name)) throw new Error('a name has no digits');\n" +
      "    return name === 'nobody' ? ['nobody cannot be greeted'] : [];\n  },\n" +
      '  execute: ({ name }) => greeting + name,\n});\n';
    await using project = await TempProject.with({
      'dags/x.yaml':
        'id: x\n' +
        'tasks:\n' +
        '  a: { uses: greet, with: { name: "${{ run.id }}" } }\n' +
        '  b: { uses: greet, with: { name: eve } }\n',
      'operators/greet.ts': operator('Type.String()'),
      'operators/parts/greeting.ts': "export const greeting = 'hello ';\n",
    });
    const code = codeOf(await project.parse('dags/x.yaml'));
    expect(Object.keys(code.files)).toEqual(['operators/greet.ts', 'operators/parts/greeting.ts']);
    await project.write({
      'dags/x.yaml':
        'id: x\n' +
        'tasks:\n' +
        '  a: { uses: greet, with: { nme: x } }\n' +
        '  b: { uses: greet, with: { name: nobody } }\n' +
        '  d: { uses: greet, with: { name: r2 } }\n' +
        '  c: { uses: gret }\n',
    });
    const lines = linesOf(await project.parse('dags/x.yaml'));
    expect(lines).toEqual([
      "dags/x.yaml:3:34 'with.nme' of task 'a': unknown key 'nme' in operator 'greet' (did you mean 'name'?)",
      "dags/x.yaml:4:27 task 'b': nobody cannot be greeted",
      "dags/x.yaml:5:27 task 'd': a name has no digits",
      "dags/x.yaml:6:14 there is no operator 'gret' (did you mean 'greet'?)",
    ]);
    await project.write({
      'operators/greet.ts': "throw new Error('broken');\n",
      'dags/x.yaml': 'id: x\ntasks: { a: { uses: greet } }\n',
    });
    expect(linesOf(await project.parse('dags/x.yaml'))).toEqual([
      expect.stringMatching(/^dags\/x\.yaml:2:21 operator 'greet' cannot be loaded: broken/),
    ]);
  });
});

describe('references', () => {
  it.each([
    [
      './x/nope.ts#run',
      "there is no file 'dags/x/nope.ts' (write that file, or mend the path: it is relative to this one)",
    ],
    ['./x/aa.ts#run', "there is no file 'dags/x/aa.ts' (did you mean 'a.ts'?)"],
    ['./x/a.ts#rum', "'dags/x/a.ts' does not export 'rum' (did you mean 'run'?)"],
    ['./x/a.ts#zzzzzz', "'dags/x/a.ts' does not export 'zzzzzz' (it exports run)"],
    ['../../outside.ts#run', expect.stringContaining('outside.ts')],
    ['./x/link.ts#run', "'dags/x/link.ts' is outside the project"],
  ])('%s', async (uses, message) => {
    await using outside = await TempProject.with({ 'elsewhere.ts': 'export const run = 1;\n' });
    await using project = await TempProject.with({
      'dags/x.yaml': YAML.replace('./x/a.ts#run', uses),
      'dags/x/a.ts': 'export const run = () => 1;\n',
    });
    await symlink(join(outside.dir, 'elsewhere.ts'), join(project.dir, 'dags/x/link.ts'));
    const lines = linesOf(await project.parse('dags/x.yaml'));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.replace(/^dags\/x\.yaml:3:14 /, '')).toEqual(message);
    expect(lines[0]).toMatch(/^dags\/x\.yaml:3:14 /);
  });

  it.each([
    ['export { run } from "./b.ts";', []],
    ['export * from "./b.ts";', []],
    ['const go = 1; export { go as run };', []],
    ['export async function* run() {}', []],
    ['export * from "pack";', []],
    ['export default 1;', ["'dags/x/a.ts' does not export 'run' (it exports default)"]],
    ['export type run = 1;', ["'dags/x/a.ts' does not export 'run' (it exports nothing)"]],
  ])('export check of %s', async (text, messages) => {
    await using project = await TempProject.with({
      'dags/x.yaml': YAML,
      'dags/x/a.ts': `${text}\n`,
      'dags/x/b.ts': 'export const run = 1;\n',
      'node_modules/pack/package.json': '{}',
    });
    const lines = linesOf(await project.parse('dags/x.yaml'));
    expect(lines.map((line) => line.replace(/^\S+ /, ''))).toEqual(messages);
  });

  it('report mistakes inside the code at their place', async () => {
    await using project = await TempProject.with({
      'dags/x.yaml': YAML,
      'dags/x/a.ts':
        "import pad from 'left-pad';\nimport './b';\nimport '#inner';\nimport x from './view.tsx';\n" +
        'export const run = () => pad(x);\n',
      'dags/x/b.ts': '',
      'dags/x/view.tsx': '',
    });
    expect(linesOf(await project.parse('dags/x.yaml'))).toEqual([
      "dags/x/a.ts:1:18 package 'left-pad' is not installed (npm install left-pad)",
      "dags/x/a.ts:2:9 there is no file 'dags/x/b' (imports name the whole file: write '.ts' at the end)",
      "dags/x/a.ts:3:9 '#inner' is an import map: import the file by its path",
      "dags/x/a.ts:4:16 'dags/x/view.tsx': JSX is not supported",
    ]);
    await project.write({ 'dags/x/a.ts': '\n  enum Run { run }\nexport { Run as run };\n' });
    expect(linesOf(await project.parse('dags/x.yaml'))).toContainEqual(
      expect.stringMatching(/^dags\/x\/a\.ts:2:3 TypeScript enum is not supported/),
    );
  });

  it('are relative to `codeDir` where it is given', async () => {
    await using project = await TempProject.with({
      'test/twins/x.ts':
        "import { dag } from 'orch';\n" +
        "export default dag({ id: 'x' }, (d) => { d.task('a', { uses: './x/a.ts#run' }); });\n",
      'dags/x.yaml': YAML,
      'dags/x/a.ts': 'export const run = 1;\n',
    });
    const [twin, yaml] = [
      await project.parse('test/twins/x.ts', { codeDir: 'dags' }),
      await project.parse('dags/x.yaml'),
    ];
    expect(codeOf(twin).files).toHaveProperty('dags/x/a.ts');
    expect(twin.dags[0]?.spec).toEqual(yaml.dags[0]?.spec);
    expect(twin.dags[0]?.graphHash).toBe(yaml.dags[0]?.graphHash);
    expect(linesOf(await project.parse('test/twins/x.ts'))).toEqual([
      expect.stringContaining("no file 'test/twins/x/a.ts'"),
    ]);
  });
});

it('what is no handle in TypeScript is said once', async () => {
  await using project = await TempProject.with({
    'dags/x.ts':
      "import { dag } from 'orch';\nexport default dag({ id: 'x' }, (d) => {\n" +
      "  d.task('b', { run: 'x', after: ['zzz' as never] });\n" +
      "  d.task('c', { needs: { b: 'b' as never } }, () => 1);\n});\n",
  });
  expect(linesOf(await project.parse('dags/x.ts'))).toEqual([
    "dags/x.ts:3:5 after[0] of 'b' must be what d.task() returned, not a string",
    "dags/x.ts:4:5 needs.b of 'c' must be what d.task() returned, not a string",
  ]);
});

it('a key that is given twice in YAML is reported with all other mistakes', async () => {
  await using project = await TempProject.with({
    'dags/x.yaml':
      'id: x\nid: y\ntasks:\n  a: { run: x, bogus: 1 }\n  b: { run: x, after: [zz] }\n' +
      '  a1: { uses: ./x/n.ts#n }\n',
  });
  const parsed = await project.parse('dags/x.yaml');
  expect(parsed.dags).toEqual([]);
  expect(parsed.diagnostics.map(({ rule, line }) => `${rule}:${line}`)).toEqual([
    'duplicate-key:2',
    'unknown-key:4',
    'unknown-task:5',
    'unknown-file:6',
  ]);
});

it('an id that a file declares twice is a mistake of the second', async () => {
  const dag = (id: string) => `id: ${id}\ntasks: { a: { run: "true" } }\n`;
  await using project = await TempProject.with({
    'dags/x.yaml': [dag('x'), dag('y'), dag('x')].join('---\n'),
  });
  expect(linesOf(await project.parse('dags/x.yaml'))).toEqual([
    "dags/x.yaml:7:5 DAG 'x' is declared twice in this file: ids are unique in a project",
  ]);
});
