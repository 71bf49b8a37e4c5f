import { expect, onTestFinished, test, vi } from 'vitest';
import type { CommandContext } from '../../../cli/context.ts';
import { tellRuns } from '../../../cli/tell-runs.ts';
import type { Store } from '../../../core/store/store.ts';

test('a run that ends before it is known who leads is told of then, if it is this process', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  for (const isMine of [true, false]) {
    const run = { runNo: 1, uid: 'u', dagId: 'd', state: 'running', logicalAt: null, createdAt: 0 };
    let written = (): void => {};
    const store = {
      runs: async () => [{ ...run }],
      listen: (wakes: { written: () => void }) => {
        written = wakes.written;
        return { close: async () => {} };
      },
    };
    const told: unknown[] = [];
    const context = { flags: { json: true }, json: (event: object) => told.push(event) };
    let leads: boolean | null = null;
    const runs = tellRuns(context as never as CommandContext, store as never as Store, () => leads);
    await vi.advanceTimersByTimeAsync(100);
    run.state = 'success';
    written();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([]);
    leads = isMine;
    await vi.advanceTimersByTimeAsync(100);
    expect(told).toMatchObject(isMine ? [{ type: 'run.changed', runId: 'u', state: 'success' }] : []);
    await runs.close();
  }
});
