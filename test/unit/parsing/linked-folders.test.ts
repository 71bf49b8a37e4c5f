import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ProjectWatch } from '../../../core/parsing/project-watch.ts';
import { linesOf, TempProject } from './temp-project.ts';

const uses = (id: string, path: string) => `id: ${id}\ntasks: { a: { uses: '${path}#go' } }\n`;
const CODE = 'export const go = () => 1;\n';

test('folders behind links are loaded and watched where they lie in the project, and no others', async () => {
  await using project = await TempProject.with({
    'dags/inside.yaml': uses('inside', './in/work.ts'),
    'dags/outside.yaml': uses('outside', './out/work.ts'),
    'scripts/work.ts': CODE,
  });
  const elsewhere = mkdtempSync(join(tmpdir(), 'orch-elsewhere-'));
  writeFileSync(join(elsewhere, 'work.ts'), CODE);
  mkdirSync(join(project.dir, 'operators'));
  symlinkSync('../scripts', join(project.dir, 'dags/in'));
  symlinkSync(elsewhere, join(project.dir, 'dags/out'));
  // Whoever follows these does not come to an end.
  symlinkSync('/', join(project.dir, 'dags/root'));
  symlinkSync('..', join(project.dir, 'dags/up'));
  symlinkSync('../dags', join(project.dir, 'scripts/back'));

  expect(linesOf(await project.parse('dags/inside.yaml'))).toEqual([]);
  expect(linesOf(await project.parse('dags/outside.yaml'))).toEqual([
    expect.stringContaining("'dags/out/work.ts' is outside the project"),
  ]);

  const changed: string[] = [];
  const seen = Promise.withResolvers<void>();
  const watch = new ProjectWatch(
    project.dir,
    (paths) => {
      changed.push(...paths);
      if (changed.includes('dags/in/work.ts')) seen.resolve();
    },
    seen.reject,
  );
  await watch.ready;
  writeFileSync(join(elsewhere, 'work.ts'), '// other\n');
  writeFileSync(join(project.dir, 'scripts/work.ts'), '// other\n');
  await seen.promise;
  await watch.close();
  rmSync(elsewhere, { recursive: true });
  expect(changed.filter((path) => !path.startsWith('dags/in/'))).toEqual([]);
});
