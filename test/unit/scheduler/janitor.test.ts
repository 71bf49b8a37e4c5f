import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { RunNo } from '../../../core/model/ids.ts';
import { Janitor, type JanitorOptions } from '../../../core/scheduler/janitor.ts';
import type { CachePolicy } from '../../../core/store/cache.ts';
import type { Lease, PurgePolicy, Store } from '../../../core/store/store.ts';

const DAY = 86_400_000;
const NOW = 1_000 * DAY;
const hash = (digit: string): string => digit.repeat(64);

/** A store with runs that ended at these days; what is asked of it is noted. */
class Shelf {
  readonly runs = new Map<number, number>();
  named = new Set<string>();
  readonly asked: PurgePolicy[] = [];
  readonly cachePolicies: CachePolicy[] = [];
  readonly repliesBefore: number[] = [];
  readonly alertsBefore: number[] = [];

  constructor(...days: number[]) {
    for (const [index, day] of days.entries()) this.runs.set(index + 1, day * DAY);
  }

  get store(): Store {
    return {
      dags: async () => [{ dagId: 'd' }],
      run: async (runNo: RunNo) => (this.runs.has(runNo) ? {} : null),
      filesInUse: async () => this.named,
      purgeRequests: async () => 0,
      replies: { forget: async (before: number) => void this.repliesBefore.push(before) },
      alerts: {
        purge: async (_: Lease, before: number) => (this.alertsBefore.push(before) > 1 ? 0 : 1),
      },
      operations: { history: { condense: async () => 0 } },
      purgeCache: async (_: Lease, policy: CachePolicy) => {
        this.cachePolicies.push(policy);
        return this.cachePolicies.length === 1 ? 5 : 0;
      },
      purgeRuns: async (_: Lease, __: string, policy: PurgePolicy) => {
        this.asked.push(policy);
        const [oldest] = this.runs;
        if (!oldest || oldest[1] >= policy.endedBefore || this.runs.size <= policy.keep) return [];
        this.runs.delete(oldest[0]);
        return [oldest[0]];
      },
    } as unknown as Store;
  }
}

function janitorOf(
  shelf: Shelf,
  files: { readonly [path: string]: number },
  more: Partial<JanitorOptions> = {},
) {
  const stateDir = mkdtempSync(join(tmpdir(), 'orch-janitor-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true }));
  for (const [path, at] of Object.entries(files)) {
    mkdirSync(dirname(join(stateDir, path)), { recursive: true });
    writeFileSync(join(stateDir, path), path);
    utimesSync(join(stateDir, path), at / 1_000, at / 1_000);
  }
  const janitor = new Janitor({
    store: shelf.store,
    lease: {} as Lease,
    clock: { now: () => NOW, mono: () => NOW },
    stateDir,
    retention: { runsMs: 90 * DAY, keep: 1, diskFreeBytes: 0 },
    log: { info: () => {}, warn: () => {} } as unknown as JanitorOptions['log'],
    ...more,
  });
  const has = (path: string): boolean => existsSync(join(stateDir, path));
  return { janitor, stateDir, has };
}

test('old runs go with their logs, and logs without a run too', async () => {
  const shelf = new Shelf(800, 900, 950, 999);
  const logs = { 'logs/1/1.log': NOW, 'logs/2/1.log': NOW, 'logs/3/1.log': NOW, 'logs/99/1.log': NOW };
  const { janitor, stateDir, has } = janitorOf(shelf, { ...logs, 'elsewhere/1.log': NOW });
  symlinkSync(join(stateDir, 'elsewhere'), join(stateDir, 'logs/98'));
  expect(await janitor.look()).toEqual({ runs: 2, requests: 0, cached: 5, files: 0 });
  expect(shelf.cachePolicies[0]).toEqual({ expiredBefore: NOW, madeBefore: NOW - 90 * DAY });
  expect([...shelf.runs.keys()]).toEqual([3, 4]);
  expect(readdirSync(join(stateDir, 'logs')).sort()).toEqual(['3']);
  // A link goes, not what it leads to.
  expect(has('elsewhere/1.log')).toBe(true);
});

test('without a time to keep runs none is asked for', async () => {
  const shelf = new Shelf(1, 2, 3);
  const { janitor } = janitorOf(shelf, {}, { retention: { runsMs: null, keep: 1, diskFreeBytes: 0 } });
  await janitor.look();
  expect(shelf.asked).toEqual([]);
  expect(shelf.cachePolicies[0]).toEqual({ expiredBefore: NOW, madeBefore: null });
});

test('a full disk lets the oldest runs go earlier, until there is room', async () => {
  const shelf = new Shelf(995, 996, 997, 998);
  const freeBytes = async (): Promise<number> => (4 - shelf.runs.size) * 100;
  const retention = { runsMs: 90 * DAY, keep: 1, diskFreeBytes: 150 };
  const { janitor } = janitorOf(shelf, {}, { retention, freeBytes });
  expect(await janitor.look()).toMatchObject({ runs: 2 });
  expect([...shelf.runs.keys()]).toEqual([3, 4]);
});

test('a file that nobody names goes at the second look, unless it was named in between', async () => {
  const shelf = new Shelf();
  const files = {
    [`outputs/aa/${hash('a')}`]: NOW - 2 * DAY,
    [`outputs/bb/${hash('b')}`]: NOW - 2 * DAY,
    [`artifacts/cc/${hash('c')}`]: NOW - 2 * DAY,
    [`outputs/dd/${hash('d')}`]: NOW - 1_000,
    'outputs/ee/notes.txt': 0,
  };
  shelf.named = new Set([hash('a')]);
  const { janitor, has } = janitorOf(shelf, files);
  expect(await janitor.look()).toMatchObject({ files: 0 });
  expect(has(`outputs/bb/${hash('b')}`)).toBe(false);
  shelf.named.add(hash('b'));
  expect(await janitor.look()).toMatchObject({ files: 1 });
  expect(Object.keys(files).map(has)).toEqual([true, true, false, true, true]);
});

test('forgets what requests with a key were answered after a day', async () => {
  const shelf = new Shelf();
  await janitorOf(shelf, {}).janitor.look();
  expect(shelf.repliesBefore).toEqual([NOW - DAY]);
});

test('alerts and their messages go when runs of their age go, some at a time', async () => {
  const shelf = new Shelf();
  const retention = { runsMs: 9 * DAY, keep: 1, diskFreeBytes: 0 };
  await janitorOf(shelf, {}, { retention }).janitor.look();
  expect(shelf.alertsBefore).toEqual([NOW - 9 * DAY, NOW - 9 * DAY]);
});
