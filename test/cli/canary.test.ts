import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeProject, normalized, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const DAG = (run: string): string => `id: demo
params: { symbols: { type: array, items: { type: string }, default: [BTC, ETH] } }
tasks:
  symbol:
    forEach:
      over: \${{ params.symbols }}
      tasks:
        clean: { run: ${JSON.stringify(run)} }
`;

function project(first = DAG('true')) {
  const dir = makeProject({ 'dags/demo.yaml': first });
  return {
    dir,
    run: (...args: string[]) => orch(['-C', dir, ...args]),
    write: (run: string) => writeFileSync(join(dir, 'dags/demo.yaml'), DAG(run)),
    go: () => writeFileSync(join(dir, 'go'), ''),
    versions: async () => {
      const { stdout } = await orch(['-C', dir, 'runs', '--json']);
      const { items } = JSON.parse(stdout) as { items: { version: number; state: string }[] };
      return items.map(({ version, state }) => `${version} ${state}`);
    },
  };
}

test('a version is tried for one key, and given to all once it has succeeded', async () => {
  const { run, write, versions } = project();
  await run('trigger', 'demo');
  expect(await run('canary', 'demo', '--key', 'BTC')).toMatchObject({
    code: 5,
    stderr: 'error  DAG demo has one version only: there is none that new runs could keep.\n',
  });
  write('exit 3');
  const failed = await run('canary', 'demo', '--key', 'BTC');
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain('New runs of DAG demo have version 1; this run has 2.');
  expect(failed.stderr).toContain('Then: orch canary demo --abort');
  expect((await run('trigger', 'demo')).stdout).toContain('SUCCESS 2 ok');
  const refused = await run('canary', 'demo', '--promote');
  expect([refused.code, normalized(refused.stderr)]).toEqual([
    5,
    'error  Run <run> of the canary is failed: it has to succeed first. ' +
      'In spite of it: orch rollback demo --off.\n',
  ]);
  write('exit 0');
  expect((await run('show', 'demo')).stdout).toContain(
    'held at version 1 while another one is tried: orch canary demo',
  );
  await run('trigger', 'demo', '--key', 'ETH');
  const mended = await run('canary', 'demo', '--key', 'BTC', '--key', 'ETH');
  expect([mended.code, mended.stdout]).toEqual([0, expect.stringContaining('SUCCESS 2 ok')]);
  expect(normalized((await run('canary', 'demo')).stdout)).toBe(
    'New runs of DAG demo have version 1; its file declares 3\n  ✓ version 3  run <run>  BTC, ETH  success\n',
  );
  expect(await run('canary', 'demo', '--promote')).toMatchObject({
    code: 0,
    stdout: 'New runs of DAG demo have version 3; they had 1\n',
  });
  await run('trigger', 'demo', '--key', 'ETH');
  expect(await versions()).toEqual([
    '3 success',
    '3 success',
    '1 success',
    '1 success',
    '2 failed',
    '1 success',
  ]);
  expect((await run('canary', 'demo', '--abort')).stderr).toContain('DAG demo has no canary');
});

test('an abort ends its runs, and new runs keep the old version', async () => {
  const { dir, run, write, go, versions } = project();
  await run('trigger', 'demo');
  write('while [ ! -e go ]; do sleep 0.05; done');
  const trying = startOrch(['-C', dir, 'canary', 'demo', '--key', 'BTC', '--verbose']);
  await trying.until(/start {1,2}symbol\[BTC\]/);
  const before = await run('trigger', 'demo', '--key', 'ETH');
  expect([before.code, before.stdout]).toEqual([0, expect.stringContaining('SUCCESS 1 ok')]);
  const aborted = await run('canary', 'demo', '--abort');
  expect(aborted.code, aborted.stderr).toBe(0);
  expect(normalized(aborted.stdout)).toBe(
    'New runs of DAG demo keep version 1 until its file changes; cancelled: <run>\n',
  );
  expect((await trying.ended).code).toBe(7);
  go();
  await run('trigger', 'demo');
  expect(await versions()).toEqual(['1 success', '1 success', '2 cancelled', '1 success']);
});

test('a scheduler that has taken a version up goes on with the one before while it is tried', async () => {
  const { dir, run, write, versions } = project();
  const scheduler = startOrch(['-C', dir, 'scheduler']);
  await scheduler.until(/leads 1 DAG/);
  await run('trigger', 'demo');
  write('exit 0');
  const tried = await run('canary', 'demo', '--key', 'BTC');
  expect([tried.code, tried.stdout]).toEqual([0, expect.stringContaining('SUCCESS 1 ok')]);
  await run('trigger', 'demo');
  expect((await run('canary', 'demo', '--promote')).code).toBe(0);
  await run('trigger', 'demo');
  expect(await versions()).toEqual(['2 success', '1 success', '2 success', '1 success']);
});

test('older versions can be tried, and nothing else than keys makes a canary', async () => {
  const { run, write } = project();
  await run('trigger', 'demo');
  write('exit 0');
  await run('trigger', 'demo');
  expect((await run('canary', 'demo')).code).toBe(5);
  expect((await run('canary', 'demo', '--key', 'BTC', '--abort')).code).toBe(2);
  expect((await run('canary', 'demo', '--key', 'SOL')).code).toBe(4);
  expect((await run('canary', 'demo', '--key', 'BTC', '--try', '7')).code).toBe(4);
  expect((await run('canary', 'demo')).code).toBe(5);
  const old = await run('canary', 'demo', '--key', 'BTC', '--base', '2', '--try', '1');
  expect(old).toMatchObject({ code: 5, stderr: expect.stringContaining('there is nothing to try') });
  const { stdout } = await run('canary', 'demo', '--key', 'BTC', '--try', '2', '--json');
  expect(stdout).toContain('"type":"run.finished"');
  const { items, version } = JSON.parse((await run('canary', 'demo', '--json')).stdout) as {
    version: number;
    items: object[];
  };
  expect(version).toBe(1);
  expect(items).toMatchObject([{ version: 2, keys: ['BTC'], state: 'success' }]);
});
