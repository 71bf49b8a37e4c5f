import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { systemClock } from '../../core/model/clock.ts';
import { repairStore } from '../../core/scheduler/repair-store.ts';
import { openStore } from '../../core/store/open-store.ts';
import type { Store } from '../../core/store/store.ts';
import { makeProject, startOrch } from '../cli/orch-process.ts';
import { fillStore, REPAIRED } from '../contract/store/damaged-store.ts';

vi.setConfig({ testTimeout: 240_000 });

const KILL_POINTS = fileURLToPath(new URL('./kill-points.ts', import.meta.url));
/** Rules that are broken at once; each is repaired in a transaction of its own. */
const BROKEN = ['counter_behind', 'orphaned_attempt', 'unfinished_instance', 'slot_after_cursor'] as const;
/** Statements before the first point, which only look, and between one point and the next. */
const FIRST = 25;
const STRIDE = 2;

const open = (path: string): Promise<Store> =>
  openStore({ kind: 'sqlite', path, durability: 'normal', clock: systemClock });

/** A database with that damage, and nothing else. */
async function damagedDatabase(path: string): Promise<void> {
  const { store } = await fillStore({ open: () => open(path) });
  await store.close();
  using database = new DatabaseSync(path);
  // What adds to the journal by its last number comes before what breaks that number.
  for (const rule of BROKEN.toReversed())
    database.exec(REPAIRED.find(({ broken }) => Object.keys(broken).join() === rule)?.sql ?? '');
}

/** What repairs have done to the store of a project, rule by rule, in the order of the journal. */
async function repairedRules(store: Store): Promise<readonly unknown[]> {
  const lines = await store.journal({});
  return lines.flatMap(({ because }) => (because.code === 'repaired' ? [because['rule']] : []));
}

test('a repair that is killed anywhere leaves whole rules, and the next one does the others', async () => {
  const dir = makeProject({});
  const state = join(dir, '.orch');
  const path = join(state, 'orch.db');
  const fresh = join(dir, 'fresh.db');
  await damagedDatabase(fresh);
  const halves = new Set<number>();
  for (let nth = FIRST; !halves.has(BROKEN.length); nth += STRIDE) {
    rmSync(state, { recursive: true, force: true });
    mkdirSync(state);
    cpSync(fresh, path);
    const mark = join(dir, `mark-${nth}`);
    const env = {
      NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import=${KILL_POINTS}`,
      ORCH_KILL_POINT: `leader:sqlite:before:${nth}`,
      ORCH_KILL_MARK: mark,
    };
    const { code } = await startOrch(['-C', dir, 'doctor', '--repair'], { env }).ended;
    expect([nth, code, existsSync(mark)]).toEqual([nth, null, true]);
    const store = await open(path);
    const before = await repairedRules(store);
    const broken = (await store.checkIntegrity()).map(({ rule }) => rule);
    expect([nth, [...new Set([...before, ...broken])].sort()]).toEqual([nth, [...BROKEN].sort()]);
    expect([nth, before.filter((rule) => broken.some((one) => one === rule))]).toEqual([nth, []]);
    halves.add(new Set(before).size);
    await repairStore(store, 'ada', systemClock);
    expect(await store.checkIntegrity()).toEqual([]);
    expect(await repairedRules(store)).toEqual([
      ...Array(2).fill('counter_behind'),
      ...Array(2).fill('orphaned_attempt'),
      ...Array(2).fill('unfinished_instance'),
      'slot_after_cursor',
    ]);
    await store.close();
  }
  // Before the first transaction, between any two, and after the last.
  expect([...halves]).toEqual([0, 1, 2, 3, 4]);
});
