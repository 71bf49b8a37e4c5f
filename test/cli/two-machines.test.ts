import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { startPostgres } from '../postgres/embedded-postgres.ts';
import { makeProject, orch, type Running, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const server = await startPostgres({ fsync: false });
const reason = 'unavailable' in server ? ` (skipped: ${server.unavailable})` : '';

afterAll(async () => {
  if ('stop' in server) await server.stop();
});

/** Notes ten times a second that it lives, until there is a file `open`. */
const LONG = `id: long
tasks:
  body:
    retries: 0
    run: 'while test ! -e open; do echo "$ORCH_ATTEMPT $(date +%s%3N)" >> witness; sleep 0.1; done'
`;
/** Notes where it ran. A run of it whose attempt is held keeps no other from starting. */
const OFTEN = `id: often
schedule: '* * * * * *'
maxActiveRuns: 100
tasks: { a: { run: 'echo "$ORCH_ATTEMPT $(date +%s%3N)" >> often' } }
`;

interface Line {
  readonly attempt: string;
  readonly at: number;
}

function linesOf(dir: string, file: string): Line[] {
  const path = join(dir, file);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => ({ attempt: line.split(' ')[0] ?? '', at: Number(line.split(' ')[1]) }));
}

/** Resolves once a file of a project has a line. */
async function written(dir: string, file: string): Promise<void> {
  while (linesOf(dir, file).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** A folder of its own on one database is a machine of its own, but for its processes' numbers. */
function machine(): string {
  const url = 'url' in server ? server.url : '';
  const config = `store: { kind: postgres, url: "${url}" }\n`;
  return makeProject({ 'airflow.yaml': config, 'dags/long.yaml': LONG, 'dags/often.yaml': OFTEN });
}

function scheduler(dir: string): Running {
  return startOrch(['-C', dir, 'scheduler']);
}

// Skipped only where no PostgreSQL can be started; the title says why.
describe.skipIf(reason !== '')(`two machines on one PostgreSQL${reason}`, () => {
  test('a stopped leader is replaced; its attempts are gone before they are tried again', async () => {
    const [one, two] = [machine(), machine()];
    const first = scheduler(one);
    await first.until(/leads 2 DAGs/);
    const second = scheduler(two);
    await second.until(/stands by/);
    expect((await orch(['-C', one, 'trigger', 'long', '--detach'])).code).toBe(0);
    await written(one, 'witness');
    first.child.kill('SIGSTOP');
    const stoppedAt = Date.now();
    await second.until(/leads 2 DAGs/);
    const tookMs = Date.now() - stoppedAt;
    console.info(`another machine led ${tookMs} ms after the leader had been stopped`);
    expect(tookMs).toBeLessThan(15_000);
    await written(two, 'often');
    expect(linesOf(two, 'witness')).toEqual([]);
    // What the stopped leader has started lives until its hold is over; only then the task is tried again.
    await written(two, 'witness');
    const [old, young] = [linesOf(one, 'witness'), linesOf(two, 'witness')];
    expect(new Set(old.map(({ attempt }) => attempt)).size).toBe(1);
    expect(young[0]?.attempt).not.toBe(old[0]?.attempt);
    expect(young[0]?.at).toBeGreaterThan(old.at(-1)?.at ?? Number.NaN);
    expect(young[0]?.at).toBeLessThan(stoppedAt + 60_000);
    first.child.kill('SIGCONT');
    await first.until(/leads no more/);
    writeFileSync(join(two, 'open'), '');
    const runs = async () => JSON.parse((await orch(['-C', two, 'runs', '--dag', 'long', '--json'])).stdout);
    while ((await runs()).items[0].state !== 'success');
    expect(linesOf(one, 'witness')).toEqual(old);
    const slots = [...linesOf(one, 'often'), ...linesOf(two, 'often')].map(({ attempt }) => attempt);
    expect(new Set(slots).size).toBe(slots.length);
    expect((await orch(['-C', two, 'doctor'])).stdout).toContain('PostgreSQL is sound');
    for (const running of [first, second]) running.child.kill('SIGTERM');
    expect((await second.ended).code).toBe(143);
    expect((await first.ended).code).toBe(143);
  });
});
