import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeProject, orch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

test('orch list keeps a DAG whose file cannot be read any more, and marks it', async () => {
  const dag = (id: string) => `id: ${id}\nschedule: '@daily'\ntasks: { a: { run: 'true' } }\n`;
  const dir = makeProject({ 'dags/good.yaml': dag('good'), 'dags/bad.yaml': dag('bad') });
  const list = (...words: string[]) => orch(['-C', dir, 'list', ...words]);
  for (const id of ['good', 'bad']) expect((await orch(['-C', dir, 'trigger', id, '-q'])).code).toBe(0);
  const whole = await list();
  expect(whole.stdout).not.toContain('cannot be read');
  writeFileSync(join(dir, 'dags/bad.yaml'), 'id: [');
  const { code, stdout, stderr } = await list();
  expect(code).toBe(0);
  expect(stdout).toMatch(/^bad +0 0 .*dags\/bad\.yaml \(cannot be read: as it was before; orch check\)/m);
  expect(stdout).toMatch(/^good +0 0 .*dags\/good\.yaml *$/m);
  expect(stderr).toContain("a file cannot be read: 'orch check' says why; listed as before: bad\n");
  const { items } = JSON.parse((await list('--json')).stdout);
  expect(items).toMatchObject([
    { dagId: 'bad', broken: true, tasks: 1, file: 'dags/bad.yaml' },
    { dagId: 'good', broken: false },
  ]);
});
