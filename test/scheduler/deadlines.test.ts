import { expect, test, vi } from 'vitest';
import { tempProject } from './temp-project.ts';

vi.setConfig({ testTimeout: 60_000 });

const TASKS = "tasks:\n  first: { run: sleep 1 }\n  then: { run: 'true', after: [first] }\n";
const dag = (deadline: string): string => `id: slow\ndeadline: ${deadline}\n${TASKS}`;

test('a deadline that earlier runs would miss is told of before and when it passes', async () => {
  await using place = tempProject({ 'dags/slow.yaml': dag('1h') });
  await using orch = await place.open();
  for (let times = 0; times < 3; times++)
    expect((await orch.run('slow')).run).toMatchObject({ state: 'success' });
  const { store } = orch.project;
  expect((await store.journal({})).filter((line) => line.because.code.startsWith('deadline'))).toEqual([]);
  place.write({ 'dags/slow.yaml': dag('600ms') });
  // The first run after an edit waits for the file to be loaded.
  await orch.run('slow');
  const late = await orch.run('slow');
  expect(late.run.state).toBe('success');
  const told = (await store.journal({ runNo: late.run.runNo })).filter(({ because }) =>
    because.code.startsWith('deadline'),
  );
  expect(told.map(({ because }) => because.code)).toEqual(['deadline_at_risk', 'deadline_passed']);
  expect(told[0]?.because.text).toContain('above all first makes it late');
});
