import { describe, expect, test, vi } from 'vitest';
import { makeProject, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const DAG = `id: w
tasks:
  look:
    run: 'test "$ORCH_CALLS" -ge 2 || { echo "look $ORCH_CALLS" >&2; exit 1; }'
    sensor: { every: 50ms, timeout: 1m }
  seen: { uses: ./w/steps.ts#seen, sensor: { every: 50ms, timeout: 1m } }
  job: { uses: ./w/steps.ts#job }
  count: { uses: ./w/steps.ts#count, loop: { until: output.n >= 3 } }
  never: { run: exit 1, sensor: { every: 50ms, timeout: 200ms, softFail: true } }
  ask:
    after: [look, seen, job, count]
    approval: { title: Publish?, options: ['publish', 'hold'] }
  publish: { run: echo published, when: "ask == 'publish'" }
`;
const STEPS = `import { notYet, type TaskContext } from 'orch';
export const seen = (_: unknown, ctx: TaskContext) =>
  ctx.calls < 2
    ? notYet('look ' + ctx.calls, { last: ctx.calls })
    : { attempt: ctx.attempt, state: ctx.state };
export const job = (_: unknown, ctx: TaskContext) =>
  ctx.state === null ? ctx.defer({ afterMs: 50, state: { job: 7 }, message: 'job 7 runs' }) : ctx.state;
type Count = { n: number } | null;
export const count = (_: unknown, ctx: TaskContext) => ({ n: ((ctx.state as Count)?.n ?? 0) + 1 });
`;
const project = () => makeProject({ 'dags/w.yaml': DAG, 'dags/w/steps.ts': STEPS });

interface Status {
  readonly tasks: readonly { readonly taskId: string; readonly state: string; readonly output: unknown }[];
}

async function outputs(dir: string): Promise<Record<string, unknown>> {
  const status = JSON.parse((await orch(['-C', dir, 'status', 'last', '--json'])).stdout) as Status;
  return Object.fromEntries(status.tasks.map(({ taskId, state, output }) => [taskId, output ?? state]));
}

describe('waiting tasks', () => {
  test('look, put themselves off, loop and ask, and go on with what they left', async () => {
    const dir = project();
    const run = startOrch(['-C', dir, 'trigger', 'w']);
    await run.until(/ask: Waits for an answer: Publish\? \(publish, hold\)/);
    const listed = JSON.parse((await orch(['-C', dir, 'approve', '--json'])).stdout);
    expect(listed.items).toMatchObject([
      { dagId: 'w', instance: 'ask', title: 'Publish?', options: ['publish', 'hold'], until: null },
    ]);
    expect((await orch(['-C', dir, 'approve'])).stdout).toMatch(/w: ask +Publish\? +publish, hold +no limit/);
    const why = await orch(['-C', dir, 'why', 'last', 'ask']);
    expect(why.stdout).toContain('ask waiting: Waits for an answer: Publish?');
    const wrong = await orch(['-C', dir, 'approve', 'last', 'ask', 'maybe']);
    expect(wrong).toMatchObject({ code: 3, stderr: expect.stringContaining("no option 'maybe'") });
    const given = await orch(['-C', dir, 'approve', 'last', 'ask', 'publish', '-m', 'looks right']);
    expect(given).toMatchObject({ code: 0, stderr: '' });
    expect(await run.ended).toMatchObject({ code: 0 });
    expect(await outputs(dir)).toMatchObject({
      look: 'success',
      seen: { attempt: 1, state: { last: 1 } },
      job: { job: 7 },
      count: { n: 3 },
      never: 'skipped',
      ask: 'publish',
      publish: 'success',
    });
    const answered = await orch(['-C', dir, 'why', 'last', 'ask']);
    expect(answered.stdout).toMatch(/ask success: .* decided for publish: looks right/);
    const again = await orch(['-C', dir, 'approve', 'last', 'ask', 'hold']);
    expect(again).toMatchObject({ code: 5, stderr: expect.stringContaining('does not wait for an answer') });
    expect((await orch(['-C', dir, 'approve'])).stdout).toBe('Nothing waits for an answer.\n');
  });

  test('killed while it waits, a run goes on where it was', async () => {
    const dir = project();
    const run = startOrch(['-C', dir, 'trigger', 'w']);
    await run.until(/ask: Waits for an answer/);
    run.child.kill('SIGKILL');
    await run.ended;
    const given = await orch(['-C', dir, 'approve', 'last', 'ask', 'hold']);
    expect(given).toMatchObject({ code: 0, stderr: '' });
    expect((await orch(['-C', dir, 'runs', '--json'])).stdout).toContain('"state":"success"');
    expect(await outputs(dir)).toMatchObject({ count: { n: 3 }, ask: 'hold', publish: 'skipped' });
  });
});
