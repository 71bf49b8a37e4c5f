import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeProject, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 60_000 });

const DAG = "id: rare\nschedule: '@yearly'\ntasks: { a: { run: 'true' } }\n";

/** Sets the last sign of a leader back, as if so much time had passed. */
function age(dir: string, ms: number): void {
  const at = (Date.now() - ms) / 1000;
  utimesSync(join(dir, '.orch/leader.beat'), at, at);
}

test('a leader that stands still is told of, though its process lives', async () => {
  const dir = makeProject({ 'dags/rare.yaml': DAG });
  const scheduler = startOrch(['-C', dir, 'up', '--port', '0', '--json']);
  await scheduler.until(/"state":"leading"/);
  const { url } = JSON.parse(
    (await scheduler.until(/server\.listening.*\n/)).match(/.*listening.*/)?.[0] ?? '',
  );
  const health = async () => {
    const answer = await fetch(`${url}/healthz`);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  expect(await health()).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect((await orch(['-C', dir, 'doctor'])).code).toBe(0);

  scheduler.child.kill('SIGSTOP');
  age(dir, 60_000);
  const doctor = await orch(['-C', dir, 'doctor']);
  expect(doctor.code).toBe(1);
  expect(doctor.stdout).toMatch(
    /leader +process \d+ on \S+ leads and has given no sign for 1m\d\ds: it stands still\n +if it does not/,
  );
  const { items } = JSON.parse((await orch(['-C', dir, 'doctor', '--json'])).stdout);
  expect(items).toContainEqual(expect.objectContaining({ level: 'problem', topic: 'leader' }));

  // It goes on, and says so within one beat although nothing is due.
  scheduler.child.kill('SIGCONT');
  while ((await health()).status !== 200) await new Promise((resolve) => setTimeout(resolve, 100));
  expect((await orch(['-C', dir, 'doctor'])).code).toBe(0);
  scheduler.child.kill('SIGTERM');
  await scheduler.ended;
});
