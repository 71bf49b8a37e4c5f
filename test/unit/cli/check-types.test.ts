import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { checkTypes } from '../../../cli/check-types.ts';
import { TempProject } from '../parsing/temp-project.ts';

const MODULES = join(import.meta.dirname, '..', '..', '..', 'node_modules');
const FILES = {
  'dags/x.ts':
    "import { dag } from 'orch';\nexport default dag({ id: 'x' }, (d) => {\n" +
    "  const a = d.task('a', () => ({ n: 1 }));\n" +
    "  d.task('b', { needs: { a } }, ({ a }) => a.m);\n});\n",
};

test('type mistakes of a project are found from any folder', async () => {
  await using project = await TempProject.with(FILES);
  const installed = join(project.dir, 'node_modules', 'typescript');
  mkdirSync(dirname(installed), { recursive: true });
  symlinkSync(join(MODULES, 'typescript'), installed);
  expect(await checkTypes(project.dir, ['dags/x.ts'])).toEqual([
    expect.objectContaining({ severity: 'error', rule: 'TS2339', file: 'dags/x.ts', line: 4, column: 46 }),
  ]);
}, 60_000);

test('without a compiler, or with a broken one, it is said that types were not checked', async () => {
  await using project = await TempProject.with(FILES);
  const [warning, ...others] = await checkTypes(project.dir, ['dags/x.ts']);
  expect(others).toEqual([]);
  expect(warning).toEqual({
    severity: 'warning',
    rule: 'types-unchecked',
    message: 'types of TypeScript files were not checked: the project has no typescript',
    hint: 'npm install --save-dev typescript',
  });
  await project.write({ 'node_modules/typescript/bin/tsc': "throw new Error('broken');\n" });
  expect(await checkTypes(project.dir, ['dags/x.ts'])).toEqual([
    expect.objectContaining({
      severity: 'warning',
      message: 'types of TypeScript files were not checked: its compiler does not run',
    }),
  ]);
});
