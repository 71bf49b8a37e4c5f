import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../core/model/clock.ts';
import type { VersionNo } from '../../../core/model/ids.ts';
import { snapshotDir } from '../../../core/parsing/code-snapshot.ts';
import type { ParsedDag } from '../../../core/parsing/parsed-file.ts';
import type { DagLibrary } from '../../../core/scheduler/dag-library.ts';
import { VersionKeeper } from '../../../core/scheduler/version-keeper.ts';
import type { Lease, Store } from '../../../core/store/store.ts';

let folders: string[] = [];
afterEach(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
  folders = [];
});

const parsed = (graphHash: string): ParsedDag => ({
  spec: { v: 1, id: 'etl', tasks: [] },
  graphHash,
  code: { digest: 'code', entry: 'dags/etl.ts', entryHash: '', files: {}, imports: {} },
});

/** A keeper over a store that writes down what it is asked to save; `answers` fail or delay a save. */
function keeperWith(answer: (graphHash: string) => Promise<void> = async () => {}) {
  const stateDir = mkdtempSync(join(tmpdir(), 'orch-versions-'));
  folders.push(stateDir);
  mkdirSync(snapshotDir(stateDir, 'code'), { recursive: true });
  const saved: string[] = [];
  const store = {
    saveVersions: async (_lease: Lease, versions: readonly { graphHash: string }[]) => {
      for (const { graphHash } of versions) await answer(graphHash);
      return versions.map(({ graphHash }) => {
        const versionNo = saved.push(graphHash) as VersionNo;
        return { versionNo, inForceNo: versionNo };
      });
    },
    versions: async () => new Map(),
  } as unknown as Store;
  const keeper = new VersionKeeper({
    store,
    lease: {} as Lease,
    library: {} as DagLibrary,
    clock: systemClock,
    projectDir: join(stateDir, 'project'),
    stateDir,
  });
  return { keeper, saved };
}

test('a version that the DAG has already is not written again', async () => {
  const { keeper, saved } = keeperWith();
  const first = await keeper.keep('dags/etl.ts', parsed('a'));
  expect(await keeper.keep('dags/etl.ts', parsed('a'))).toEqual(first);
  await keeper.keep('dags/moved.ts', parsed('a'));
  expect(saved).toEqual(['a', 'a']);
  expect([...keeper.takeSaved()]).toEqual(['etl']);
  expect([...keeper.takeSaved()]).toEqual([]);
});

test('a version that the store has as the newest of its DAG is not written again', async () => {
  const { keeper, saved } = keeperWith();
  const stored = {
    ...(await keeperWith().keeper.keep('dags/etl.ts', parsed('a'))),
    versionNo: 7 as VersionNo,
  };
  expect(await keeper.keep('dags/etl.ts', parsed('a'), stored)).toEqual(stored);
  expect(await keeper.keep('dags/etl.ts', parsed('a'))).toEqual(stored);
  expect(saved).toEqual([]);
  await keeper.keep('dags/etl.ts', parsed('b'), stored);
  // What the store had before this lead wrote another version is not the newest any more.
  await keeper.keep('dags/etl.ts', parsed('a'), stored);
  expect(saved).toEqual(['b', 'a']);
});

test('the version that was asked for last is stored last, however long the one before takes', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { keeper, saved } = keeperWith((hash) => (hash === 'slow' ? promise : Promise.resolve()));
  const slow = keeper.keep('dags/etl.ts', parsed('slow'));
  const fast = keeper.keep('dags/etl.ts', parsed('fast'));
  resolve();
  await Promise.all([slow, fast]);
  expect(saved).toEqual(['slow', 'fast']);
});

test('a version that could not be stored is stored when it is asked for again', async () => {
  let failures = 1;
  const { keeper, saved } = keeperWith(async () => {
    if (failures-- > 0) throw new Error('the store is away');
  });
  await expect(keeper.keep('dags/etl.ts', parsed('a'))).rejects.toThrow('away');
  await keeper.keep('dags/etl.ts', parsed('a'));
  expect(saved).toEqual(['a']);
});
