import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeProject, orch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const DAG = (hour: number, task: string): string =>
  `id: demo\nschedule: "0 ${hour} * * *"\ntasks:\n  a: { run: 'true' }\n` +
  `  ${task}: { run: 'true', after: [a] }\n`;

function project() {
  const dir = makeProject({ 'dags/demo.yaml': DAG(6, 'b') });
  return {
    run: (...args: string[]) => orch(['-C', dir, ...args]),
    write: (text: string) => writeFileSync(join(dir, 'dags/demo.yaml'), text),
  };
}

const plain = (text: string): string => text.replaceAll(/\d{4}-\d{2}-\d{2} \d{2}:\d{2}/g, '<instant>');

test('orch rollback lists versions, previews, rolls back and ends that', async () => {
  const { run, write } = project();
  expect(await run('rollback', 'demo')).toMatchObject({ code: 4, stdout: '' });
  await run('trigger', 'demo');
  write(DAG(7, 'c'));
  const slots = '<instant>, <instant>, <instant>';
  const preview = await run('rollback', 'demo', '--to', '1', '-n');
  expect(plain(preview.stdout)).toBe(
    [
      'New runs of DAG demo would have version 1 until its file changes',
      '~ demo  the graph changes: +b -c  dags/demo.yaml',
      `    runs by schedule: next ${slots}; until now next ${slots}`,
      '',
    ].join('\n'),
  );
  expect((await run('trigger', 'demo', '--json')).stdout).toContain('"taskId":"c"');

  const done = await run('rollback', 'demo', '--to', '1');
  expect(done.code, done.stderr).toBe(0);
  expect(done.stdout).toContain('New runs of DAG demo have version 1 until its file changes\n~ demo');
  expect(plain((await run('rollback', 'demo')).stdout)).toBe(
    'version  since             changed\n' +
      '      2  <instant>  +c -b    its file declares it\n      1  <instant>  new      new runs have it\n',
  );
  expect((await run('trigger', 'demo', '--json')).stdout).toContain('"taskId":"b"');
  expect((await run('show', 'demo')).stdout).toContain(
    'version        rolled back to version 1; its file declares version 2 (orch rollback demo --off)',
  );
  const list = await run('list');
  expect(list.stdout).toContain('demo  0 6 * * *');
  expect(list.stderr).toContain('DAG demo is rolled back to version 1; its file declares version 2');
  const { items } = JSON.parse((await run('list', '--json')).stdout) as { items: object[] };
  expect(items).toMatchObject([{ dagId: 'demo', rolledBackTo: 1 }]);
  expect((await run('plan', '--exit-code')).stdout).toBe(
    '  demo is rolled back to version 1\n0 DAGs would change, 1 would not\n',
  );
  expect((await run('plan', 'demo')).stdout).toMatch(/ 2 {2}b /);

  const off = await run('rollback', 'demo', '--off', '--json');
  expect(JSON.parse(off.stdout)).toMatchObject({
    dagId: 'demo',
    version: null,
    isRolledBack: false,
    change: { change: 'graph', added: ['c'], removed: ['b'] },
  });
  expect((await run('show', 'demo')).stdout).not.toContain('rolled back');
  expect(await run('rollback', 'demo', '--off')).toMatchObject({
    code: 5,
    stderr: 'error  DAG demo is not rolled back.\n',
  });
});

test('what cannot be is refused, and a file that changes ends the rollback', async () => {
  const { run, write } = project();
  await run('trigger', 'demo');
  write(DAG(7, 'c'));
  await run('trigger', 'demo');
  expect(await run('rollback', 'demo', '--to', '9')).toMatchObject({
    code: 4,
    stderr: "error  DAG 'demo' has no version 9. It has 2, 1.\n",
  });
  expect((await run('rollback', 'demo', '--to', 'old')).code).toBe(2);
  expect((await run('rollback', 'demo', '--to', '1', '--off')).code).toBe(2);
  expect((await run('rollback', 'demo', '--to', '1')).code).toBe(0);
  write(DAG(8, 'd'));
  expect((await run('list')).stderr).toBe('');
  expect((await run('plan')).stdout).toContain('~ demo  the graph changes: +d -b');
  expect((await run('trigger', 'demo', '--json')).stdout).toContain('"taskId":"d"');
  const listed = JSON.parse((await run('rollback', 'demo', '--json')).stdout) as object;
  expect(listed).toMatchObject({
    rolledBackTo: null,
    items: [{ version: 3, inForce: true, declared: true, added: ['d'], removed: ['c'] }, {}, {}],
  });
});
