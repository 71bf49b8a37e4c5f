import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test, vi } from 'vitest';
import { eventsOf, makeProject, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

/** `first` ends by itself; `gate` waits for the file `go`; `last` follows. */
const GATED = `id: gated
params: { name: { type: string, default: x } }
tasks:
  first: { run: "echo first" }
  gate: { run: "while [ ! -e go ]; do sleep 0.05; done", needs: [first] }
  last: { run: "echo last", needs: [gate] }
`;

/** A task that no polite signal ends. */
const STUBBORN = `id: stubborn
tasks:
  deaf: { run: "trap '' TERM INT; echo deaf; while [ ! -e go ]; do sleep 0.05; done", killGrace: 1h }
`;

const gated = (): string => makeProject({ 'dags/gated.yaml': GATED, 'dags/stubborn.yaml': STUBBORN });
const FIRST_DONE = /ok {4}first/;

/** A Node that is too old for orch, if the machine has one. */
function olderNode(): string | null {
  try {
    const paths = execFileSync('which', ['-a', 'node'], { encoding: 'utf8' }).trim().split('\n');
    const isOld = (path: string): boolean =>
      Number(execFileSync(path, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' })) < 24;
    return paths.find(isOld) ?? null;
  } catch {
    return null;
  }
}
const OLD_NODE = olderNode();

describe('Ctrl-C', () => {
  test('once cancels with grace: the run is cancelled, exit 130', async () => {
    const dir = gated();
    const run = startOrch(['-C', dir, 'trigger', 'gated', '--json']);
    await run.until(/"task.finished".*"first"/);
    run.child.kill('SIGINT');
    const { code, stdout } = await run.ended;
    expect(code).toBe(130);
    expect(eventsOf(stdout).at(-1)).toMatchObject({
      type: 'run.finished',
      state: 'cancelled',
      counts: { success: 1, cancelled: 2 },
    });
  });

  test('twice kills a task that ignores signals', async () => {
    const run = startOrch(['-C', gated(), 'trigger', 'stubborn', '--verbose']);
    await run.until(/start {1,2}deaf/);
    run.child.kill('SIGINT');
    await run.until(/cancelling; Ctrl-C again kills/);
    run.child.kill('SIGINT');
    const { code, stdout } = await run.ended;
    expect(code).toBe(130);
    expect(stdout).toContain('CANCELLED');
  });

  test('of a follower detaches: the run goes on where it runs', async () => {
    const dir = gated();
    const leader = startOrch(['-C', dir, 'trigger', 'gated']);
    await leader.until(FIRST_DONE);
    const follower = startOrch(['-C', dir, 'trigger', 'gated', '-p', 'name=other']);
    await follower.until(FIRST_DONE);
    follower.child.kill('SIGINT');
    const left = await follower.ended;
    expect(left.code).toBe(130);
    expect(left.stderr).toMatch(
      /goes on in another process\. Follow it: orch watch \S+ Cancel it: orch cancel \S+/,
    );
    writeFileSync(join(dir, 'go'), '');
    expect((await leader.ended).code).toBe(0);
    const watched = await orch(['-C', dir, 'runs', '--json']);
    const { items } = JSON.parse(watched.stdout) as { items: { state: string }[] };
    expect(items).toHaveLength(2);
  });

  // Needs a Node below 24 on this machine, from which orch starts the one of its own package.
  test.skipIf(OLD_NODE === null)(
    'through an older Node is one interrupt, with the exit code passed on',
    async () => {
      const run = startOrch(['-C', gated(), 'trigger', 'gated'], { node: OLD_NODE ?? '' });
      await run.until(FIRST_DONE);
      run.child.kill('SIGINT');
      const { code, stdout } = await run.ended;
      expect(code).toBe(130);
      expect(stdout).toContain('CANCELLED 1 ok, 2 cancelled');
    },
  );
});

describe('after a crash', () => {
  test('the same command resumes the run and says so on its first line; finished tasks stay', async () => {
    const dir = gated();
    const first = startOrch(['-C', dir, 'trigger', 'gated']);
    await first.until(FIRST_DONE);
    first.child.kill('SIGKILL');
    await first.ended;
    writeFileSync(join(dir, 'go'), '');
    const second = await orch(['-C', dir, 'trigger', 'gated']);
    expect(second.code, second.stderr).toBe(0);
    const [line = ''] = second.stdout.split('\n');
    expect(line).toMatch(/run {3}gated [0-9a-f-]{36} resumed: it was interrupted after 1 of 3 tasks/);
    expect(second.stdout).not.toMatch(FIRST_DONE);
    expect(second.stdout).toContain('SUCCESS 3 ok');
  });

  test('other params make another run; --new replaces the interrupted one', async () => {
    const dir = gated();
    const first = startOrch(['-C', dir, 'trigger', 'gated']);
    await first.until(FIRST_DONE);
    first.child.kill('SIGKILL');
    await first.ended;
    writeFileSync(join(dir, 'go'), '');
    const other = await orch(['-C', dir, 'trigger', 'gated', '-p', 'name=other']);
    expect(other.stdout).toContain(' started: 3 tasks');
    const fresh = await orch(['-C', dir, 'trigger', 'gated', '--new']);
    expect(fresh.stdout).toContain(' started: 3 tasks');
    const { items } = JSON.parse((await orch(['-C', dir, 'runs', '--json'])).stdout) as {
      items: { state: string }[];
    };
    expect(items.map(({ state }) => state)).toEqual(['success', 'success', 'cancelled']);
  });

  test('status says that no process runs it; retry goes on to the end', async () => {
    const dir = gated();
    const first = startOrch(['-C', dir, 'trigger', 'gated']);
    await first.until(FIRST_DONE);
    first.child.kill('SIGKILL');
    await first.ended;
    expect((await orch(['-C', dir, 'status'])).stdout).toContain('No process runs it. Go on: orch retry');
    expect((await orch(['-C', dir, 'why', 'last', 'last'])).stdout).toContain('No process leads this store');
    expect((await orch(['-C', dir, 'watch'])).code).toBe(5);
    writeFileSync(join(dir, 'go'), '');
    const second = await orch(['-C', dir, 'retry', 'last']);
    expect(second.code, second.stderr).toBe(0);
    expect(second.stdout).toContain('SUCCESS 3 ok');
  });
});

describe('other ends', () => {
  test('SIGTERM waits for running tasks and leaves the run to be gone on with', async () => {
    const dir = gated();
    const run = startOrch(['-C', dir, 'trigger', 'gated']);
    await run.until(FIRST_DONE);
    run.child.kill('SIGTERM');
    await run.until(/stopping once running tasks are done/);
    writeFileSync(join(dir, 'go'), '');
    const { code, stderr } = await run.ended;
    expect(code).toBe(143);
    expect(stderr).toMatch(/Run \S+ is unfinished: 'orch retry \S+' goes on with it\./);
    expect((await orch(['-C', dir, 'trigger', 'gated'])).stdout).toContain(
      ' resumed: it was interrupted after 2 of 3 tasks',
    );
  });

  test('the same command beside one that ends waits for it, and goes on with its run', async () => {
    const dir = gated();
    const first = startOrch(['-C', dir, 'trigger', 'gated']);
    await first.until(FIRST_DONE);
    first.child.kill('SIGTERM');
    await first.until(/stopping once running tasks are done/);
    const second = startOrch(['-C', dir, 'trigger', 'gated']);
    const store = new DatabaseSync(join(dir, '.orch/orch.db'), { readOnly: true });
    const waiting = store.prepare('select count(*) as n from inbox where answer is null');
    while (waiting.get()?.['n'] === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    store.close();
    writeFileSync(join(dir, 'go'), '');
    expect((await first.ended).code).toBe(143);
    const { code, stdout } = await second.ended;
    expect([code, stdout]).toEqual([0, expect.stringContaining(' resumed: it was interrupted after 2 of 3')]);
    const { items } = JSON.parse((await orch(['-C', dir, 'runs', '--json'])).stdout) as { items: unknown[] };
    expect(items).toMatchObject([{ state: 'success' }]);
  });

  test('--timeout cancels a run of its own and exits 124', async () => {
    const { code, stdout } = await orch(['-C', gated(), 'trigger', 'gated', '--timeout', '800ms']);
    expect(code).toBe(124);
    expect(stdout).toContain('CANCELLED');
  });

  test('cancelled by somebody else: exit 7', async () => {
    const dir = gated();
    const run = startOrch(['-C', dir, 'trigger', 'gated']);
    await run.until(FIRST_DONE);
    const cancel = await orch(['-C', dir, 'cancel', 'last', '--json']);
    expect(JSON.parse(cancel.stdout)).toMatchObject({
      state: 'cancelled',
      counts: { success: 1, cancelled: 2 },
    });
    expect((await run.ended).code).toBe(7);
    const again = await orch(['-C', dir, 'cancel', 'last']);
    expect(again.code).toBe(5);
  });

  test('--detach prints the id; the run outlives the command', async () => {
    const dir = gated();
    const { code, stdout } = await orch(['-C', dir, 'trigger', 'gated', '--detach']);
    expect(code).toBe(0);
    const id = stdout.trim();
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    writeFileSync(join(dir, 'go'), '');
    const watched = await orch(['-C', dir, 'watch', id]);
    expect(watched.code, watched.stderr).toBe(0);
    expect(watched.stdout).toContain('SUCCESS 3 ok');
  });

  test('a reader that goes away is no failure', async () => {
    const dir = gated();
    writeFileSync(join(dir, 'go'), '');
    const run = startOrch(['-C', dir, 'trigger', 'gated']);
    run.child.stdout?.destroy();
    expect((await run.ended).code).toBe(0);
  });

  test('marking by hand', async () => {
    const dir = gated();
    writeFileSync(join(dir, 'go'), '');
    await orch(['-C', dir, 'trigger', 'gated', '--quiet']);
    expect((await orch(['-C', dir, 'mark', 'last', 'last', 'failed'])).code).toBe(0);
    const status = JSON.parse((await orch(['-C', dir, 'status', '--json'])).stdout) as {
      tasks: { taskId: string; state: string }[];
    };
    expect(status.tasks.find(({ taskId }) => taskId === 'last')?.state).toBe('failed');
  });
});

test('check --watch checks again after every change, also in code, until it is told to end', async () => {
  const good = 'id: w\ntasks: { a: { uses: ./w/f.ts#x } }\n';
  const dir = makeProject({ 'dags/w.yaml': good, 'dags/w/f.ts': 'export const x = () => 1;\n' });
  const watching = startOrch(['-C', dir, 'check', '--watch', '--no-types']);
  await watching.until(/no mistakes/);
  writeFileSync(join(dir, 'dags/w.yaml'), good.replace('tasks', 'taks'));
  await watching.until(/no mistakes[\s\S]*dags\/w.yaml:2:1 .*unknown key 'taks'/);
  writeFileSync(join(dir, 'dags/w.yaml'), good);
  await watching.until(/unknown key[\s\S]*no mistakes/);
  writeFileSync(join(dir, 'dags/w/f.ts'), 'export const y = () => 1;\n');
  await watching.until(/unknown key[\s\S]*no mistakes[\s\S]*does not export/);
  watching.child.kill('SIGINT');
  expect((await watching.ended).code).toBe(130);
});

test('check --watch outlives a config that it refuses to read', async () => {
  const dir = makeProject({ 'dags/w.yaml': 'id: w\ntasks: { a: { run: "true" } }\n' });
  const watching = startOrch(['-C', dir, 'check', '--watch']);
  const refused = new Promise<void>((seen) => {
    watching.child.stderr?.on('data', (text: string) => text.includes('larger than') && seen());
  });
  await watching.until(/no mistakes/);
  writeFileSync(join(dir, 'airflow.yaml'), `# ${'x'.repeat(1_100_000)}\n`);
  await refused;
  writeFileSync(join(dir, 'dags/v.yaml'), 'id: v\ntasks: { a: { run: "true" } }\n');
  writeFileSync(join(dir, 'airflow.yaml'), '{}\n');
  await watching.until(/2 files, 2 DAGs, 2 tasks: no mistakes/);
  watching.child.kill('SIGINT');
  expect((await watching.ended).code).toBe(130);
});
