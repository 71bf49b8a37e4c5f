import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../core/model/clock.ts';
import { openStore } from '../../core/store/open-store.ts';
import { eventsOf, makeProject, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

/** Due every other second; each attempt notes itself outside of the store, at its start and at its end. */
const WITNESSED = `id: w
schedule: '*/2 * * * * *'
catchup: true
tasks:
  a: { run: 'echo "start $ORCH_ATTEMPT" >> witness; sleep 0.2; echo "end $ORCH_ATTEMPT" >> witness' }
`;

const TWO_STEPS = `id: two
tasks:
  a: { run: 'echo "start $ORCH_ATTEMPT" >> witness; until [ -e go ]; do sleep 0.05; done' }
  b: { run: 'echo "start $ORCH_ATTEMPT" >> witness', after: [a] }
`;

interface Listed {
  readonly items: readonly { readonly runId: string; readonly state: string; readonly trigger: string }[];
}

/** Looks at what the witness noted, until there are so many ends and starts. */
async function witnessed(dir: string, ends: number, starts = 0): Promise<string[]> {
  for (;;) {
    const lines = readFileSync(join(dir, 'witness'), 'utf8').trim().split('\n');
    const count = (word: string): number => lines.filter((line) => line.startsWith(word)).length;
    if (count('end') >= ends && count('start') >= starts) return lines;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('orch scheduler', () => {
  test('says when it pauses a DAG whose runs fail one after the other', async () => {
    const failing =
      "id: bad\nschedule: '* * * * * *'\npauseAfterFailures: 2\ntasks: { a: { run: 'exit 3' } }\n";
    const dir = makeProject({ 'dags/bad.yaml': failing });
    const people = startOrch(['-C', dir, 'scheduler']);
    await people.until(/Z paused bad: 2 of its runs failed one after the other.*: orch unpause bad\n/);
    people.child.kill('SIGTERM');
    await people.ended;
    const failed = 'because 2 runs had failed one after the other';
    expect((await orch(['-C', dir, 'why', 'bad'])).stdout).toMatch(
      /^DAG bad was paused at 20\S+Z: 2 runs failed one after the other\. .*: orch unpause bad\n$/,
    );
    const unpaused = await orch(['-C', dir, 'unpause', 'bad']);
    expect(unpaused.stdout).toMatch(/^DAG bad is not paused any more; it was, since 20\S+Z, /);
    expect(unpaused.stdout).toContain(failed);
    const programs = startOrch(['-C', dir, 'scheduler', '--json']);
    await programs.until(/"dag\.paused"/);
    programs.child.kill('SIGTERM');
    const events = eventsOf((await programs.ended).stdout);
    const paused = events.filter(({ type }) => type === 'dag.paused');
    expect(paused).toMatchObject([{ v: 1, dagId: 'bad', failures: 2, at: expect.any(String) }]);
  });

  test('leaves its compiled code to the next one before it ends: it may be killed', async () => {
    const dir = makeProject({ 'dags/two.yaml': TWO_STEPS });
    const cache = mkdtempSync(join(tmpdir(), 'orch-code-'));
    onTestFinished(() => rmSync(cache, { recursive: true, force: true, maxRetries: 3 }));
    const scheduler = startOrch(['-C', dir, 'scheduler'], { env: { NODE_COMPILE_CACHE: cache } });
    await scheduler.until(/leads 1 DAG/);
    // Of the keeper, the runners and what evaluates files it has the code too.
    const isThere = (): boolean =>
      readdirSync(cache, { recursive: true, encoding: 'utf8' })
        .map((name) => join(cache, name))
        .filter((path) => statSync(path).isFile())
        .some((path) => readFileSync(path, 'latin1').includes('stands by: another process leads'));
    await vi.waitFor(() => expect(isThere()).toBe(true), { timeout: 60_000 });
    expect([scheduler.child.exitCode, scheduler.child.signalCode]).toEqual([null, null]);
  });

  test('that cannot begin to lead ends with the error, and keeps nobody else from it', async () => {
    const dir = makeProject({ 'dags/w.yaml': WITNESSED });
    const first = startOrch(['-C', dir, 'scheduler']);
    await first.until(/leads 1 DAG/);
    const second = startOrch(['-C', dir, 'scheduler']);
    await second.until(/stands by/);
    // Where lists of processes are read, which whoever begins to lead has to kill.
    const unreadable = join(dir, '.orch/groups/unreadable');
    mkdirSync(unreadable);
    first.child.kill('SIGKILL');
    const stopped = await second.ended;
    expect([stopped.code, stopped.stderr]).toEqual([70, expect.stringContaining('EISDIR')]);
    rmSync(unreadable, { recursive: true });
    const third = startOrch(['-C', dir, 'scheduler']);
    await third.until(/leads 1 DAG/);
  });

  test('runs DAGs; killed, a second one takes over at once, and nothing starts twice', async () => {
    const dir = makeProject({ 'dags/w.yaml': WITNESSED });
    appendFileSync(join(dir, 'witness'), '');
    const first = startOrch(['-C', dir, 'scheduler']);
    await first.until(/leads 1 DAG/);
    const second = startOrch(['-C', dir, 'scheduler']);
    await second.until(/stands by/);
    await first.until(/ok {4}w [0-9a-f-]+ of \d{4}-\d\d-\d\d \d\d:\d\d in \d/);
    await witnessed(dir, 2);
    first.child.kill('SIGKILL');
    await first.ended;
    await second.until(/leads 1 DAG/);
    const before = (await witnessed(dir, 0)).filter((line) => line.startsWith('end')).length;
    await witnessed(dir, before + 3);
    second.child.kill('SIGTERM');
    expect((await second.ended).code).toBe(143);

    const { items } = JSON.parse(
      (await orch(['-C', dir, 'runs', '--limit', '500', '--json'])).stdout,
    ) as Listed;
    const settled = items.filter(({ state }) => state === 'success' || state === 'failed');
    expect(items.every(({ trigger }) => trigger === 'schedule')).toBe(true);
    expect(settled.filter(({ state }) => state === 'failed')).toEqual([]);
    const starts = (await witnessed(dir, 0)).filter((line) => line.startsWith('start'));
    expect(new Set(starts).size).toBe(starts.length);
    const doctor = await orch(['-C', dir, 'doctor']);
    expect(doctor.stdout).toContain('is sound');
  });

  test('one that stands by ends when it is told to; a mistake in a file costs no other', async () => {
    const dir = makeProject({
      'dags/good.yaml': "id: good\ntasks: { a: { run: 'true' } }\n",
      'dags/bad.yaml': 'id: [',
    });
    const first = startOrch(['-C', dir, 'scheduler', '--json']);
    await first.until(/"state":"leading"/);
    const second = startOrch(['-C', dir, 'scheduler']);
    await second.until(/stands by/);
    second.child.kill('SIGINT');
    expect((await second.ended).code).toBe(130);
    const run = await orch(['-C', dir, 'trigger', 'good']);
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('SUCCESS')]);
    await first.until(/"run.changed".*"state":"success"/);
    first.child.kill('SIGTERM');
    const ended = await first.ended;
    const events = eventsOf(ended.stdout);
    expect(events.filter(({ type }) => type === 'scheduler.changed')).toMatchObject([
      { v: 1, state: 'leading' },
      { v: 1, state: 'draining' },
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({
        v: 1,
        type: 'run.changed',
        dagId: 'good',
        state: 'success',
        trigger: 'manual',
      }),
    );
    const again = startOrch(['-C', dir, 'scheduler']);
    await again.until(/leads 1 DAG; 1 file cannot be loaded: orch check/);
  });

  test('says when a file that is saved cannot be loaded, and when it can again', async () => {
    const good = "id: good\ntasks: { a: { run: 'true' } }\n";
    const dir = makeProject({ 'dags/good.yaml': good });
    const people = startOrch(['-C', dir, 'scheduler']);
    await people.until(/leads 1 DAG/);
    writeFileSync(join(dir, 'dags/good.yaml'), 'id: good\ntaks: {}\n');
    await people.until(/Z dags\/good\.yaml:2:1 cannot be loaded: .*taks.* go on as they were: orch check\n/);
    const plan = await orch(['-C', dir, 'plan']);
    expect([plan.code, plan.stdout]).toEqual([
      3,
      '! good  its file cannot be read; it goes on as it is  dags/good.yaml\n' +
        '0 DAGs would change, 1 would not\n',
    ]);
    writeFileSync(join(dir, 'dags/good.yaml'), good);
    await people.until(/Z dags\/good\.yaml can be loaded again\n/);
    writeFileSync(join(dir, 'dags/more.yaml'), "id: more\ntasks: { a: { run: 'true' } }\n");
    await people.until(/Z DAG more is new \(version 2\)\n/);
    writeFileSync(join(dir, 'dags/more.yaml'), "id: more\ntasks: { a: { run: 'date' } }\n");
    await people.until(/Z DAG more has changed \(version 3\)\n/);
    writeFileSync(join(dir, 'dags/more.yaml'), 'id: [');
    await people.until(/Z dags\/more\.yaml.* cannot be loaded/);
    rmSync(join(dir, 'dags/more.yaml'));
    await people.until(/Z DAG more is gone: no file declares it\n/);
    await people.until(/Z dags\/more\.yaml is gone\n/);
    people.child.kill('SIGTERM');
    await people.ended;
    const programs = startOrch(['-C', dir, 'scheduler', '--json']);
    await programs.until(/"leading"/);
    writeFileSync(join(dir, 'dags/good.yaml'), 'id: [');
    await programs.until(/"type":"file.changed","file":"dags\/good.yaml","mistakes":\[\{/);
  });

  test('stands by for a leader that it cannot reach, and leads when that one is gone', async () => {
    const dir = makeProject({ 'dags/good.yaml': "id: good\ntasks: { a: { run: 'true' } }\n" });
    mkdirSync(join(dir, '.orch'));
    const path = join(dir, '.orch', 'orch.db');
    const store = await openStore({ kind: 'sqlite', path, durability: 'normal', clock: systemClock });
    // This process leads without a door, as one does that has just begun to, or that is stopped.
    const lease = await store.tryLead();
    const scheduler = startOrch(['-C', dir, 'scheduler']);
    await scheduler.until(/stands by/);
    await lease?.release();
    await scheduler.until(/leads 1 DAG/);
    await store.close();
  });

  test('ends at once when it is told to while a file is being evaluated', async () => {
    const slow = 'await new Promise((resolve) => setTimeout(resolve, 25_000));\nexport default null;\n';
    const dir = makeProject({ 'dags/slow.ts': slow });
    const scheduler = startOrch(['-C', dir, 'scheduler', '--json']);
    const isLed = (): boolean => existsSync(join(dir, '.orch', 'leader.sock'));
    while (!isLed()) await new Promise((resolve) => setTimeout(resolve, 20));
    const toldAt = performance.now();
    scheduler.child.kill('SIGTERM');
    expect((await scheduler.ended).code).toBe(143);
    expect(performance.now() - toldAt).toBeLessThan(20_000);
  });

  test('a command that leads hands over to a scheduler, and follows its run to the end', async () => {
    const dir = makeProject({ 'dags/two.yaml': TWO_STEPS });
    appendFileSync(join(dir, 'witness'), '');
    const command = startOrch(['-C', dir, 'trigger', 'two']);
    await command.until(/started/);
    await witnessed(dir, 0, 1);
    const scheduler = startOrch(['-C', dir, 'scheduler']);
    await scheduler.until(/stands by/);
    expect(await witnessed(dir, 0)).toHaveLength(1);
    writeFileSync(join(dir, 'go'), '');
    await scheduler.until(/leads 1 DAG/);
    const { code, stdout } = await command.ended;
    expect([code, stdout]).toEqual([0, expect.stringContaining('SUCCESS 2 ok')]);
    expect(await witnessed(dir, 0)).toEqual(['start 1.0.1', 'start 1.1.1']);
    await scheduler.until(/ok {4}two/);
    const second = startOrch(['-C', dir, 'scheduler']);
    await second.until(/stands by/);
    const answered = await orch(['-C', dir, 'trigger', 'two']);
    expect(answered.code).toBe(0);
    expect((await witnessed(dir, 0)).length).toBe(4);
  });

  test('a scheduler that dies is followed by the one that stands by, even past faster commands', async () => {
    const dir = makeProject({ 'dags/two.yaml': TWO_STEPS });
    appendFileSync(join(dir, 'witness'), '');
    const first = startOrch(['-C', dir, 'scheduler']);
    await first.until(/leads 1 DAG/);
    const second = startOrch(['-C', dir, 'scheduler']);
    await second.until(/stands by/);
    const commands = [1, 2, 3].map(() => startOrch(['-C', dir, 'trigger', 'two', '--new']));
    for (const command of commands) await command.until(/started/);
    first.child.kill('SIGKILL');
    writeFileSync(join(dir, 'go'), '');
    await second.until(/leads 1 DAG/);
    for (const command of commands) expect((await command.ended).code).toBeOneOf([0, 7]);
    const starts = await witnessed(dir, 0);
    expect(new Set(starts).size).toBe(starts.length);
  });

  test('up runs DAGs and serves what they did; its port must be free', async () => {
    const dir = makeProject({ 'dags/w.yaml': WITNESSED });
    appendFileSync(join(dir, 'witness'), '');
    const first = startOrch(['-C', dir, 'up', '--port', '0', '--json']);
    await first.until(/"state":"leading"/);
    const said = await first.until(/"run.changed".*"state":"success"/);
    const url = said.match(/"server.listening","url":"([^"]+)"/)?.[1] ?? '';
    const answer = await fetch(`${url}/api/v1/runs?state=success&limit=1`);
    expect(await answer.json()).toMatchObject({ items: [{ dagId: 'w', trigger: 'schedule' }] });
    const second = await orch(['-C', dir, 'up', '--port', new URL(url).port]);
    expect([second.code, second.stderr]).toEqual([5, expect.stringContaining('is in use')]);
    first.child.kill('SIGINT');
    expect((await first.ended).code).toBe(130);
    await expect(fetch(url)).rejects.toThrow();
  });

  test('pause and unpause tell what holds now', async () => {
    const dir = makeProject({
      'dags/good.yaml': "id: good\nschedule: '@daily'\ntasks: { a: { run: 'true' } }\n",
    });
    expect(await orch(['-C', dir, 'pause', 'good'])).toMatchObject({
      code: 0,
      stdout: 'DAG good is paused\n',
    });
    expect((await orch(['-C', dir, 'why', 'good'])).stdout).toMatch(
      /^DAG good is paused since 20\S+Z, by tester\. To go on: orch unpause good\n$/,
    );
    expect(JSON.parse((await orch(['-C', dir, 'unpause', 'good', '--json'])).stdout)).toEqual({
      dagId: 'good',
      paused: false,
    });
    expect((await orch(['-C', dir, 'unpause', 'good'])).stdout).toBe('DAG good was not paused\n');
    const unknown = await orch(['-C', dir, 'pause', 'god']);
    expect([unknown.code, unknown.stderr]).toEqual([4, expect.stringContaining("Did you mean 'good'?")]);
    writeFileSync(join(dir, 'dags/bad.yaml'), 'id: [');
    expect((await orch(['-C', dir, 'pause', 'bad'])).code).toBe(3);
  });

  test('pause and unpause need no file that declares the DAG: its runs may wait for them', async () => {
    const dir = makeProject({
      'dags/good.yaml': "id: good\nschedule: '@daily'\ntasks: { a: { run: 'true' } }\n",
    });
    expect((await orch(['-C', dir, 'pause', 'good'])).code).toBe(0);
    rmSync(join(dir, 'dags/good.yaml'));
    const [off, on] = [await orch(['-C', dir, 'unpause', 'good']), await orch(['-C', dir, 'pause', 'good'])];
    expect(off.stdout).toMatch(/^DAG good is not paused any more; it was, since 20\S+Z, by tester\n$/);
    expect(on.stdout).toBe('DAG good is paused\n');
    const unknown = await orch(['-C', dir, 'unpause', 'god']);
    expect(unknown.code).toBe(4);
  });
});
