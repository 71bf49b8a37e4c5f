import { setTimeout as later } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { makeProject, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const URL_LINE = /^(http:\/\/\S+)$/m;
/** When the server is killed, in milliseconds after a request was sent. */
const MOMENTS = [0, 8, 40];

interface Answer {
  readonly status: number;
  readonly runId: string;
}

async function trigger(url: string, key: string): Promise<Answer> {
  const response = await fetch(`${url}/api/v1/dags/one/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: '{}',
  });
  const { runId } = (await response.json()) as { readonly runId: string };
  return { status: response.status, runId };
}

test('kill -9 in the middle of a request: sent again with its key it makes one run', async () => {
  const dir = makeProject({ 'dags/one.yaml': "id: one\ntasks: { a: { run: 'true' } }\n" });
  const start = async () => {
    const up = startOrch(['-C', dir, 'up', '--port', '0']);
    return { up, url: URL_LINE.exec(await up.until(URL_LINE))?.[1] ?? '' };
  };
  const answered: string[] = [];
  let { up, url } = await start();
  for (const [no, ms] of MOMENTS.entries()) {
    // The files are read: what follows is about the request alone.
    await up.until(/leads 1 DAG/);
    const first = trigger(url, `key-${no}`).catch(() => null);
    await later(ms);
    up.child.kill('SIGKILL');
    await up.ended;
    ({ up, url } = await start());
    const again = await trigger(url, `key-${no}`);
    expect(again.status).toBe(201);
    expect((await first)?.runId ?? again.runId).toBe(again.runId);
    expect(await trigger(url, `key-${no}`)).toEqual(again);
    answered.push(again.runId);
  }
  const { items } = JSON.parse((await orch(['-C', dir, 'runs', '--json'])).stdout) as {
    readonly items: readonly { readonly runId: string }[];
  };
  expect(items.map(({ runId }) => runId).toSorted()).toEqual(answered.toSorted());
});
