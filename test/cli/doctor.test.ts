import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { beforeEach, expect, test, vi } from 'vitest';
import { S } from '../../core/model/states.ts';
import { makeProject, normalized, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const FILES = {
  'dags/demo.yaml':
    'id: demo\ntasks:\n  extract: { run: "true" }\n  load: { run: "true", needs: [extract] }\n',
  'dags/wait.yaml': 'id: wait\ntasks:\n  gate: { run: "while [ ! -e go ]; do sleep 0.05; done" }\n',
};

let dir = '';

/** Runs SQL past orch, as damage to the file would. */
function damage(sql: string): void {
  const database = new DatabaseSync(join(dir, '.orch', 'orch.db'), { timeout: 5_000 });
  database.exec(sql);
  database.close();
}

const doctor = (...args: string[]) => orch(['-C', dir, 'doctor', ...args]);
const words = (text: string): string => normalized(text, dir);

beforeEach(async () => {
  dir = makeProject(FILES);
  expect((await orch(['-C', dir, 'trigger', 'demo', '--quiet'])).code).toBe(0);
});

const REOPENED = `update task_instance set state = ${S.running}, ended_at = null where node_no = 1`;
const OVERLAP = `update dag set cursor_at = 3600000 where dag_id = 'demo';
  insert into slot_span (dag_id, first_at, last_at, disposition, decided_at, because)
  values ('demo', 0, 3600000, 2, 1, 1), ('demo', 60000, 60000, 3, 1, 1)`;

const WHY_LEFT =
  'no run starts by them again, and which of them is right is not stored: ' +
  'keep a copy of what is stored and report it';

/** The lines of a repair of that damage. */
function stepLines(mark: string, topic: string): string {
  return [
    `${mark} ${topic}  instance_unlike_journal: run <run> of demo, load: running in attempt 1 added to the \
journal, which said success`,
    `${mark} ${topic}  unfinished_instance: run <run> of demo, load: cancelled, because it was running \
although its run was over`,
    `✗ left       overlapping_slots: 1 row: ${WHY_LEFT}\n`,
  ].join('\n');
}

test('doctor says which rows break rules, foretells a repair, repairs, and says what is left', async () => {
  damage(`${REOPENED}; ${OVERLAP}`);
  const found = await doctor();
  expect(found.code).toBe(1);
  const lines = [
    `✗ store      <project>/.orch/orch.db: 1 times: task instances differ from their last line in \
the journal. 1 times: finished runs have unfinished task instances. 1 times: slots of a DAG overlap.`,
    '    instance_unlike_journal: run <run> of demo, load: is running in attempt 1, its journal says success \
in attempt 1',
    '    unfinished_instance: run <run> of demo, load: is running, its run is over',
    '    overlapping_slots: slot <instant> of demo: slots up to <instant> were decided before it',
    `    'orch doctor --repair -n' lists what a repair would do; not repaired: ${WHY_LEFT}`,
  ];
  expect(words(found.stdout)).toContain(lines.join('\n').replaceAll('\n    ', `\n${' '.repeat(13)}`));

  const foretold = await doctor('--repair', '--dry-run');
  expect([foretold.code, words(foretold.stdout)]).toEqual([1, stepLines('!', 'to do    ')]);
  expect(words((await doctor()).stdout)).toBe(words(found.stdout));

  const done = await doctor('--repair');
  expect([done.code, words(done.stdout).startsWith(stepLines('✓', 'repaired '))]).toEqual([1, true]);
  expect(words(done.stdout)).toContain('orch.db: 1 times: slots of a DAG overlap.\n');
  expect((await orch(['-C', dir, 'why', 'last', 'load'])).stdout).toMatch(
    /load cancelled: Repaired by tester: cancelled, because it was running although its run was over\./,
  );
  const { counts } = JSON.parse((await orch(['-C', dir, 'status', '--json'])).stdout);
  expect(counts).toEqual({ success: 1, cancelled: 1 });

  expect((await orch(['-C', dir, 'export', 'last', '-o', 'run.gz'], { cwd: dir })).code).toBe(0);
  expect(gunzipSync(readFileSync(join(dir, 'run.gz'))).toString()).toContain('"rule":"unfinished_instance"');
  expect((await orch(['-C', dir, 'retry', 'last', '--quiet'])).code).toBe(0);

  damage('delete from slot_span');
  expect(await doctor('--repair')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^✓ repaired {3}nothing\n✓ store .* is sound\n$/),
  });
});

test('doctor --json gives rules and rows; of a repair its steps and what is left', async () => {
  damage(`${REOPENED}; ${OVERLAP}`);
  const { items } = JSON.parse((await doctor('--json')).stdout) as {
    items: { topic: string; violations?: unknown }[];
  };
  const runId = expect.stringMatching(/^[0-9a-f-]{36}$/);
  const load = { dagId: 'demo', runId, task: 'load', attempt: null, slot: null };
  const overlap = { rule: 'overlapping_slots', count: 1, text: 'slots of a DAG overlap' };
  const slot = { dagId: 'demo', runId: null, task: null, attempt: null, slot: '1970-01-01T00:01:00.000Z' };
  expect(items.find(({ topic }) => topic === 'store')?.violations).toMatchObject([
    { rule: 'instance_unlike_journal', count: 1, rows: [load] },
    {
      rule: 'unfinished_instance',
      count: 1,
      rows: [{ ...load, text: expect.stringContaining('is running') }],
    },
    { ...overlap, rows: [slot] },
  ]);
  const repaired = {
    ok: false,
    items: [
      {
        rule: 'instance_unlike_journal',
        ...load,
        what: 'running in attempt 1 added to the journal, which said success',
      },
      {
        rule: 'unfinished_instance',
        ...load,
        what: 'cancelled, because it was running although its run was over',
      },
    ],
    left: [{ rule: 'overlapping_slots', count: 1, why: expect.any(String) }],
  };
  const dry = await doctor('--repair', '-n', '--json');
  expect([dry.code, JSON.parse(dry.stdout)]).toMatchObject([1, { ...repaired, dryRun: true }]);
  const done = await doctor('--repair', '--json');
  expect([done.code, JSON.parse(done.stdout)]).toMatchObject([
    1,
    { ...repaired, dryRun: false, violations: [{ ...overlap, rows: [slot] }] },
  ]);
});

test('a repair is refused beside a process that leads, and says which', async () => {
  const leader = startOrch(['-C', dir, 'trigger', 'wait', '--json']);
  await leader.until(/"state":"running","attempt"/);
  damage(`insert into task_output (run_no, node_no, try_no, json) values (9, 0, 1, '1')`);
  const refused = await doctor('--repair');
  expect([refused.code, refused.stdout]).toEqual([5, '']);
  expect(refused.stderr).toMatch(
    new RegExp(
      `Nothing was repaired: process ${leader.pid} on .* leads .* End it, then: orch doctor --repair`,
    ),
  );
  expect((await doctor('--repair', '-n')).stdout).toContain(
    '! to do      orphaned_output: run number 9, node 0, attempt 1: output 9.0.1 removed, because',
  );
  writeFileSync(join(dir, 'go'), '');
  expect((await leader.ended).code).toBe(0);
  expect((await doctor('--repair')).code).toBe(0);
});

test('a dry run of nothing is a mistake', async () => {
  expect(await doctor('-n')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('goes with --repair'),
  });
});
