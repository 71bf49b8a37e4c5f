import { beforeEach, describe, expect, it } from 'vitest';
import type { Action, RunChange } from '../../../core/model/action.ts';
import type { VersionNo } from '../../../core/model/ids.ts';
import { S } from '../../../core/model/states.ts';
import type { Store } from '../../../core/store/store.ts';
import { databases } from './databases.ts';
import { create, type Leader, queued, runNo, succeeded, T0, versionOf } from './fixture.ts';
import { useLedStore } from './led-store.ts';

const [V1, V2] = [1 as VersionNo, 2 as VersionNo];
const PARAMS = { symbols: ['A'], note: '"quoted" é', nothing: null };

const ENDED: RunChange = {
  type: 'run.change',
  runNo: runNo(1),
  from: 'queued',
  to: 'failed',
  code: 'leaf_failed',
  facts: null,
  endedAt: T0 + 9,
};
const REOPENED: RunChange = { ...ENDED, from: 'failed', to: 'queued', code: 'retried', endedAt: null };
const repinned = (from = V1): RunChange => ({
  type: 'run.change',
  runNo: runNo(1),
  from: 'queued',
  to: 'queued',
  code: 'repinned',
  facts: { from, to: V2, by: 'ann' },
  repin: { from, to: V2, params: PARAMS },
});
const RESET: Action = succeeded(1, 0, { from: S.success, to: S.none, endedAt: null, log: null });

describe.each(databases)('a run that moves to another version on $name', ({ newPlace }) => {
  let store: Store;
  let leader: Leader;

  useLedStore(newPlace, (led) => {
    ({ store, leader } = led);
  });
  beforeEach(async () => {
    await store.saveVersion(leader.lease, versionOf('prices', 'g2'));
    await leader.tick(create(1), queued(1, 0), succeeded(1, 0), ENDED);
  });

  it('has it with its params in the tick that reopens it, and says so in the journal', async () => {
    const before = await store.run(runNo(1));
    await leader.tick(
      REOPENED,
      repinned(),
      { ...REOPENED, from: 'queued', to: 'running', startedAt: T0 },
      RESET,
    );
    const after = await store.run(runNo(1));
    expect(after).toMatchObject({ versionNo: V2, params: PARAMS, state: 'running', startedAt: T0 });
    expect(after).toMatchObject({ uid: before?.uid, scope: before?.scope, createdAt: before?.createdAt });
    expect((await store.loadRun(runNo(1)))?.version).toMatchObject({ versionNo: V2, graphHash: 'g2' });
    const lines = await store.journal({ runNo: runNo(1) });
    expect(lines.map(({ because }) => because.text)).toContain('Moved from version 1 to version 2 by ann.');
  });

  it('and changes no further are kept as they are', async () => {
    await leader.tick(REOPENED, repinned());
    await leader.tick({ ...REOPENED, from: 'queued', to: 'running' });
    expect(await store.run(runNo(1))).toMatchObject({ versionNo: V2, params: PARAMS });
  });

  it.each<[string, Action[]]>([
    ['the version is another one', [REOPENED, repinned(7 as VersionNo)]],
    ['the version is another one than the tick made it', [REOPENED, repinned(), repinned()]],
    ['an instance is not as expected', [REOPENED, repinned(), { ...RESET, from: S.failed } as Action]],
  ])('keeps the old one, and nothing is written, if %s', async (_, actions) => {
    const before = await store.loadRun(runNo(1));
    expect(await leader.try(...actions)).toEqual({
      ok: false,
      why: 'stale',
      runs: [1],
      requests: [],
      dags: [],
    });
    expect(await store.loadRun(runNo(1))).toEqual(before);
    expect(before?.run).toMatchObject({ versionNo: V1, state: 'failed' });
  });
});
