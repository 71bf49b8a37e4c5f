import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { BECAUSE_CODES } from '../../core/model/because.ts';
import { eventsOf, makeProject, orch, startOrch } from './orch-process.ts';

const FILES = {
  'dags/poison.ts': `import { dag } from 'orch';
import { bad } from './poison/body.ts';
export default dag({ id: 'poison' }, (d) => {
  d.task('bad', { retries: { max: 1, delay: '1ms' } }, bad);
});
`,
  'dags/good.ts': `import { dag } from 'orch';
import { patient } from './poison/body.ts';
export default dag({ id: 'good' }, (d) => {
  const first = d.task('first', patient);
  d.task('second', { after: [first] }, () => 'done');
});
`,
  'dags/poison/body.ts': `import { existsSync } from 'node:fs';
const appears = async (file) => {
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10));
};
export const patient = (_, ctx) => appears(ctx.projectDir + '/go');
export const bad = async (_, ctx) => {
  await appears(ctx.projectDir + '/fail');
  throw new Error('bad luck');
};
`,
};

/** Runs SQL past orch, as damage to the file would. */
function damage(dir: string, sql: string): unknown[] {
  const database = new DatabaseSync(join(dir, '.orch', 'orch.db'), { timeout: 5_000 });
  const rows = database.prepare(sql).all();
  database.close();
  return rows;
}

const SET_ASIDE = `select 1 from journal where because = ${BECAUSE_CODES.indexOf('quarantined')}`;

test('a run that cannot be planned is set aside and told; the next leader tries it', async () => {
  const dir = makeProject(FILES);
  const first = startOrch(['-C', dir, 'trigger', 'poison', '--json']);
  await first.until(/"state":"running","attempt"/);
  first.child.kill('SIGKILL');
  const { stdout } = await first.ended;
  const runId = String(eventsOf(stdout.slice(0, stdout.indexOf('\n')))[0]?.['runId']);
  damage(
    dir,
    "update dag_version set spec = json_set(spec, '$.tasks[0].retries.on', 5) where dag_id = 'poison'",
  );

  const leader = startOrch(['-C', dir, 'retry', runId, '--json']);
  await leader.until(/"state":"running","attempt"/);
  const other = startOrch(['-C', dir, 'trigger', 'good', '--json']);
  await other.until(/"state":"running","attempt"/);
  writeFileSync(join(dir, 'fail'), '');
  await vi.waitFor(() => expect(damage(dir, SET_ASIDE)).toHaveLength(1), { timeout: 20_000 });
  const watched = await orch(['-C', dir, 'watch', runId]);
  expect(watched).toMatchObject({ code: 70, stderr: expect.stringContaining('was set aside: TypeError') });
  writeFileSync(join(dir, 'go'), '');
  expect(await other.ended).toMatchObject({ code: 0 });
  const left = await leader.ended;
  expect(left.code).toBe(70);
  expect(JSON.parse(left.stderr)).toMatchObject({
    type: 'urn:orch:error:internal',
    detail: expect.stringMatching(/^Run [0-9a-f-]+ was set aside: TypeError: .*orch retry/),
  });

  const doctor = await orch(['-C', dir, 'doctor']);
  expect(doctor).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/✗ runs .*of poison was set aside/),
  });
  damage(
    dir,
    "update dag_version set spec = json_remove(spec, '$.tasks[0].retries.on') where dag_id = 'poison'",
  );
  expect(await orch(['-C', dir, 'retry', runId])).toMatchObject({ code: 1 });
  expect((await orch(['-C', dir, 'doctor'])).stdout).not.toContain('set aside');
});
