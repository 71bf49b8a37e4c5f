import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closureDigest } from '../../../core/parsing/closure-digest.ts';
import { saveSnapshot } from '../../../core/parsing/code-snapshot.ts';
import { TempProject } from './temp-project.ts';

const FILES = {
  'dags/x.yaml': 'id: x\ntasks:\n  a: { uses: ./x/a.ts#run }\n  b: { uses: ./x/b.ts#run }\n',
  'dags/x/a.ts': "import { deep } from './deep/one.ts';\nexport const run = () => deep;\n",
  'dags/x/b.ts': 'export const run = () => 2;\n',
  'dags/x/deep/one.ts': "export { two as deep } from './two.ts';\n",
  'dags/x/deep/two.ts': 'export const two = 2;\n',
};

/** The digests of the code of both tasks, with some files changed. */
async function digests(changed: { readonly [path: string]: string } = {}, withFacts = true) {
  await using project = await TempProject.with({ ...FILES, ...changed });
  const parsed = await project.parse('dags/x.yaml');
  expect(parsed.diagnostics).toEqual([]);
  const code = parsed.dags[0]?.code;
  if (!code) throw new Error('there is no code');
  const root = await saveSnapshot(join(project.dir, '.orch'), project.dir, code);
  if (!withFacts) await rm(join(root, '.orch-code.json'));
  const of = (path: string) => closureDigest(root, path, code.digest);
  return { a: of('dags/x/a.ts'), b: of('dags/x/b.ts'), whole: code.digest };
}

test('a nested import changes it, and what the task does not import does not', async () => {
  const before = await digests();
  expect(await digests()).toEqual(before);
  const nested = await digests({ 'dags/x/deep/two.ts': 'export const two = 3;\n' });
  expect(nested.a).not.toEqual(before.a);
  expect(nested.b).toEqual(before.b);
  const beside = await digests({ 'dags/x/b.ts': '// a comment\nexport const run = () => 2;\n' });
  expect(beside.a).toEqual(before.a);
  expect(beside.b).not.toEqual(before.b);
});

test('a lockfile counts for code that imports packages only', async () => {
  const uses = { 'dags/x/a.ts': "import left from 'left';\nexport const run = () => left;\n" };
  const left = { ...uses, 'node_modules/left/package.json': '{"name":"left"}', 'package-lock.json': '{}' };
  const before = await digests(left);
  const other = await digests({ ...left, 'package-lock.json': '{"v":2}' });
  expect(other.a).not.toEqual(before.a);
  expect(other.b).toEqual(before.b);
});

test('an import that only a run can name has no digest, with a sentence that says so', async () => {
  const { a, b } = await digests({ 'dags/x/deep/two.ts': 'export const two = await import(`./${1}.ts`);\n' });
  expect(a).toEqual({
    problem: 'dags/x/deep/two.ts imports a module whose name is known only when it runs',
  });
  expect(b).toHaveProperty('digest');
});

test('code that was kept without its imports has the digest of the whole', async () => {
  const { a, b, whole } = await digests({}, false);
  expect([a, b]).toEqual([{ digest: whole }, { digest: whole }]);
});

test('a file that is not part of the code is told', async () => {
  await using project = await TempProject.with(FILES);
  const code = (await project.parse('dags/x.yaml')).dags[0]?.code;
  if (!code) throw new Error('there is no code');
  const root = await saveSnapshot(join(project.dir, '.orch'), project.dir, code);
  expect(closureDigest(root, 'dags/x/none.ts', code.digest)).toEqual({
    problem: 'dags/x/none.ts is not part of the code of the version',
  });
});
