import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeProject } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const BIN = resolve(import.meta.dirname, '../../cli/orch.js');
const SECRET = 'Kanari/+7';

test('values are set from stdin, listed without them, and secret ones never shown', () => {
  const dir = makeProject({ 'airflow.yaml': 'variables: { region: eu }\n' });
  const run = (words: readonly string[], input = '', env = {}) => {
    const options = { input, encoding: 'utf8', env: { ...process.env, ...env } } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, '-C', dir, ...words], options);
    expect(stdout + stderr).not.toContain(SECRET);
    return [status, stdout, stderr] as const;
  };
  expect(run(['variable', 'set', 'api_key', '--secret'], `${SECRET}\n`)).toEqual([
    0,
    '',
    'variable api_key is new: a secret\n',
  ]);
  const [exit, , refused] = run(['variable', 'get', 'api_key']);
  expect([exit, refused]).toEqual([5, expect.stringContaining('is a secret: its value is not shown')]);
  expect(run(['variable', 'set', 'api_key'], 'x')[0]).toBe(2);
  expect(run(['variable', 'get', 'region'])[1]).toBe('eu\n');
  const env = { ORCH_VAR_region: 'us', ORCH_CONN_db: `postgres://me:${encodeURIComponent(SECRET)}@h` };
  const list = JSON.parse(run(['variable', 'list', '--json'], '', env)[1]) as { items: object[] };
  expect(list.items).toMatchObject([
    { name: 'api_key', secret: true, from: 'store' },
    { name: 'region', secret: false, from: 'ORCH_VAR_region', changedAt: null },
  ]);
  expect(JSON.parse(run(['connection', 'show', 'db', '--json'], '', env)[1])).toEqual({
    ...{ name: 'db', type: 'postgres', host: 'h', port: 5_432, user: 'me', password: '***' },
  });
  expect(run(['config', 'show'], '', env)[1]).toMatch(/connections\.db +\*\*\*/);
  const [wrong, , said] = run(['connection', 'set', 'db'], `{"type":"postgres","pass":"${SECRET}"}`);
  expect([wrong, said]).toEqual([2, expect.stringContaining("has no field 'pass'")]);
  expect(run(['variable', 'delete', 'api_key'])[0]).toBe(0);
  expect(run(['variable', 'delete', 'api_key'])[0]).toBe(4);
});
