import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeProject, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const TOLD = `id: told
onFailure: { run: 'echo "dag $ORCH_NEW_STATE" >> told.txt' }
onSuccess: { run: 'echo "dag never" >> told.txt' }
tasks:
  fetch:
    run: exit 3
    retries: { max: 1, delay: 20ms }
    onRetry: { run: 'echo "again $ORCH_TASK $ORCH_TRY $ORCH_CAUSE" >> told.txt' }
    onFailure:
      - { uses: './told/hooks.ts#tell' }
      - { run: 'echo hook says no; exit 4', retries: { max: 0 } }
  after: { run: 'true', after: [fetch], onSkip: { run: 'echo "skip $ORCH_NEW_STATE" >> told.txt' } }
`;
const HOOKS = `import { appendFileSync } from 'node:fs';
export const tell = ({ event }: { event: { task: string; try: number; reason: string; because: string } }) =>
  appendFileSync('told.txt', ['function', event.task, event.try, event.reason].join(' ') + '\\n');
`;

/** What hooks have written, in any order: those of one moment run side by side. */
const toldIn = (dir: string): string[] =>
  readFileSync(join(dir, 'told.txt'), 'utf8').trim().split('\n').sort();

test('hooks run for what happens, change nothing of the run, and show what became of them', async () => {
  const dir = makeProject({ 'dags/told.yaml': TOLD, 'dags/told/hooks.ts': HOOKS });
  const run = await orch(['-C', dir, 'trigger', 'told']);
  expect(run.code).toBe(1);
  expect(run.stderr).toContain(
    'warning  hook: fetch onFailure failed after 1 try: the command ended with exit code 4\n',
  );
  expect(toldIn(dir)).toEqual([
    'again fetch 1 retry_wait',
    'dag failed',
    'function fetch 2 error',
    'skip upstream_failed',
  ]);
  const { stdout } = await orch(['-C', dir, 'status']);
  expect(stdout).toContain('Hooks: 4 success, 1 failed');
  expect(stdout).toContain('fetch onFailure failed after 1 try: the command ended with exit code 4');
  const { hooks } = JSON.parse((await orch(['-C', dir, 'status', '--json'])).stdout);
  expect(hooks).toHaveLength(5);
  expect(new Set(hooks.map(({ id }: { id: string }) => id)).size).toBe(5);
  expect(await orch(['-C', dir, 'logs', 'last', '--hooks'])).toMatchObject({
    code: 0,
    stdout: 'fetch onFailure | hook says no\n',
  });
  expect(await orch(['-C', dir, 'logs', 'last', 'after', '--hooks'])).toMatchObject({ code: 0, stdout: '' });
  expect(await orch(['-C', dir, 'logs', 'last', '--hooks', '-f'])).toMatchObject({ code: 2 });
});

const NOTE = `import { appendFileSync } from 'node:fs';
export const note = (text: string) => appendFileSync('told.txt', text + '\\n');
`;
const INLINE = `import { dag, FatalError, type HookEvent } from 'orch';
import { note } from './inline/note.ts';
const tell = ({ event }: { event: HookEvent }) =>
  note([event.hook, event.task, event.state, event.cause].join(' '));
export default dag({ id: 'inline', onFailure: tell }, (d) => {
  d.task('fails', { retries: 0, onFailure: [tell, { uses: tell, retries: 0 }] }, () => {
    throw new FatalError('no');
  });
});
`;

test('functions that stand in a TypeScript file are hooks too', async () => {
  const dir = makeProject({ 'dags/inline.ts': INLINE, 'dags/inline/note.ts': NOTE });
  expect((await orch(['-C', dir, 'trigger', 'inline'])).code).toBe(1);
  const ofTask = 'onFailure fails failed final_failure';
  expect(toldIn(dir)).toEqual(['onFailure  failed leaf_failed', ofTask, ofTask]);
});

test('a hook that a crash cut off is run again by the next leader, with the same id', async () => {
  const hook =
    'echo "$ORCH_HOOK_ID" >> ids.txt; until [ -e go ]; do sleep 0.05; done; echo "$ORCH_HOOK_ID" >> over.txt';
  const dir = makeProject({
    'dags/cut.yaml': `id: cut\ntasks:\n  a: { run: 'true', onSuccess: { run: '${hook}' } }\n`,
    'dags/other.yaml': "id: other\ntasks:\n  a: { run: 'true' }\n",
  });
  const killed = startOrch(['-C', dir, 'trigger', 'cut']);
  await vi.waitUntil(() => existsSync(join(dir, 'ids.txt')), { timeout: 60_000, interval: 20 });
  killed.child.kill('SIGKILL');
  await killed.ended;
  writeFileSync(join(dir, 'go'), '');
  expect(await orch(['-C', dir, 'trigger', 'other'])).toMatchObject({ code: 0 });
  const ids = readFileSync(join(dir, 'ids.txt'), 'utf8').trim().split('\n');
  const over = readFileSync(join(dir, 'over.txt'), 'utf8').trim().split('\n');
  expect(ids).toHaveLength(2);
  expect(new Set([...ids, ...over]).size).toBe(1);
  const { hooks } = JSON.parse(
    (await orch(['-C', dir, 'status', ids[0]?.slice(0, 18) ?? '', '--json'])).stdout,
  );
  expect(hooks).toMatchObject([{ hook: 'onSuccess', taskId: 'a', state: 'success' }]);
});
