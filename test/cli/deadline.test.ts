import { expect, test, vi } from 'vitest';
import { makeProject, orch } from './orch-process.ts';

vi.setConfig({ testTimeout: 60_000 });

const dag = (deadline: string): string =>
  `id: d\ndeadline: ${deadline}\ntasks: { a: { run: 'echo going; sleep 0.3' } }\n`;

test('orch status says how a run stands to its deadline', async () => {
  const late = makeProject({ 'dags/d.yaml': dag('50ms') });
  await orch(['-C', late, 'trigger', 'd']);
  expect((await orch(['-C', late, 'status'])).stdout).toMatch(/\n {2}deadline \S+Z: missed\n/);
  const { deadline } = JSON.parse((await orch(['-C', late, 'status', '--json'])).stdout);
  expect(deadline).toEqual({ at: expect.stringMatching(/Z$/), state: 'missed', foretold: false });
  const early = makeProject({
    'dags/d.yaml': dag('1h'),
    'dags/none.yaml': "id: n\ntasks: { a: { run: 'true' } }\n",
  });
  await orch(['-C', early, 'trigger', 'd']);
  expect((await orch(['-C', early, 'status'])).stdout).toMatch(/\n {2}deadline \S+Z: met\n/);
  await orch(['-C', early, 'trigger', 'n']);
  expect((await orch(['-C', early, 'status'])).stdout).not.toContain('deadline');
  expect(JSON.parse((await orch(['-C', early, 'status', '--json'])).stdout).deadline).toBeNull();
});
