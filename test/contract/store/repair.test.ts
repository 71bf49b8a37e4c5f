import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../core/model/clock.ts';
import { RULE_NAMES } from '../../../core/model/violation.ts';
import { foretellRepair, repairStore } from '../../../core/scheduler/repair-store.ts';
import type { JournalRecord, Store } from '../../../core/store/store.ts';
import { badJournal } from '../../checkers/journal-walk.ts';
import { type Damage, fillStore, LEFT, LEFT_IN_SQLITE, REPAIRED } from './damaged-store.ts';
import { databases, type StorePlace } from './databases.ts';
import { create, Leader, nodeNo, runNo, T0 } from './fixture.ts';

const repair = (store: Store) => repairStore(store, 'ada', systemClock);
const whats = (lines: readonly JournalRecord[]) =>
  lines.filter(({ because }) => because.code === 'repaired').map(({ because }) => because['what']);

/** How many rows break each rule that is broken. */
async function brokenIn(store: Store): Promise<Damage['broken']> {
  return Object.fromEntries((await store.checkIntegrity()).map(({ rule, count }) => [rule, count]));
}

/** What a look that writes nothing leaves as it is. */
async function traceOf(store: Store): Promise<unknown> {
  return [
    await store.counters(),
    (await store.leader())?.epoch,
    await store.journal({}),
    await store.checkIntegrity(),
  ];
}

async function illegal(store: Store): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { runNo: no, uid, state } of await store.runs({})) {
    const tasks = (await store.instances(no)).map((one) => ({
      nodeNo: one.nodeNo,
      name: `${no}.${one.nodeNo}`,
      state: one.state,
      attempts: one.tryNo,
    }));
    found.push(
      ...badJournal({ runId: uid, state, tasks, journal: await store.journal({ runNo: no }) }, true),
    );
  }
  return found;
}

it('every rule is broken by a test', () => {
  const rules = [...REPAIRED, ...LEFT, ...LEFT_IN_SQLITE].flatMap(({ broken }) => Object.keys(broken));
  expect([...new Set(rules)].sort()).toEqual([...RULE_NAMES].sort());
});

describe.each(databases)('a repair on $name', ({ name, newPlace }) => {
  let place: StorePlace;
  let store: Store;
  let leader: Leader;

  beforeEach(async () => {
    place = await newPlace();
    leader = await fillStore(place);
    store = leader.store;
  });
  afterEach(async () => place.close());

  it.each(REPAIRED)('mends $name', async ({ sql, broken, told }) => {
    expect(await store.checkIntegrity()).toEqual([]);
    await leader.lease.release();
    await place.execute(sql);
    expect(await brokenIn(store)).toEqual(broken);

    const before = await traceOf(store);
    const foretold = await foretellRepair(store);
    expect(await traceOf(store)).toEqual(before);

    const lines = (await store.journal({})).length;
    expect(await repair(store)).toEqual(foretold);
    expect(await store.checkIntegrity()).toEqual([]);
    const added = (await store.journal({})).slice(lines);
    expect(whats(added)).toEqual(told);
    for (const { because } of added) expect(because).toMatchObject({ by: 'ada', rule: expect.any(String) });
    expect([...new Set(added.map(({ because }) => because['rule']))].sort()).toEqual(
      Object.keys(broken).sort(),
    );
    expect(await illegal(store)).toEqual([]);

    const after = await traceOf(store);
    expect(await repair(store)).toEqual([]);
    expect(await traceOf(store)).toEqual(after);
  });

  it.each(name === 'SQLite' ? [...LEFT, ...LEFT_IN_SQLITE] : LEFT)(
    'leaves $name',
    async ({ sql, broken }) => {
      await leader.lease.release();
      await place.execute(sql);
      expect(await brokenIn(store)).toEqual(broken);
      const before = await traceOf(store);
      const done = await repair(store);
      expect(done).toEqual(await foretellRepair(store));
      for (const { steps, left, rule } of done) {
        expect([rule, steps]).toEqual([rule, []]);
        expect(left).toHaveLength(broken[rule] ?? 0);
      }
      expect(await traceOf(store)).toEqual(before);
    },
  );

  it('lists some rows of a rule and counts all', async () => {
    await place.execute(`insert into task_output (run_no, node_no, try_no, json)
      with recursive n(x) as (select 1 union all select x + 1 from n where x < 100)
      select 9, x, 1, '1' from n`);
    const [few] = await store.checkIntegrity();
    expect(few).toMatchObject({ rule: 'orphaned_output', count: 100 });
    expect(few?.rows).toHaveLength(24);
    expect(few?.rows[0]).toMatchObject({ runNo: 9, runUid: null, nodeNo: 1, tryNo: 1, lastAttempt: null });
    expect((await store.checkIntegrity(Number.POSITIVE_INFINITY))[0]?.rows).toHaveLength(100);
  });

  it('says in the row and the counts of the run what became of a task instance', async () => {
    await leader.lease.release();
    const ended = REPAIRED.find(({ broken }) => broken.unfinished_instance === 2);
    await place.execute(ended?.sql ?? '');
    await repair(store);
    expect(await store.instances(runNo(1), [nodeNo(0)])).toMatchObject([
      {
        state: 'cancelled',
        reason: 'user',
        endedAt: T0 + 50,
        because: {
          code: 'repaired',
          text: 'Repaired by ada: cancelled, because it was queued although its run was over.',
          rule: 'unfinished_instance',
        },
      },
    ]);
    expect((await store.runCounts([runNo(1)])).get(runNo(1))).toEqual({ cancelled: 2 });
  });

  it('does all of a rule or nothing, and goes on after one that was cut off', async () => {
    const orphans = REPAIRED.find(({ broken }) => broken.orphaned_attempt === 2);
    const { lease } = leader;
    await place.execute(`${orphans?.sql}; update lease set seq = (select max(seq) from journal) - 1`);
    const before = await traceOf(store);
    await expect(store.repair(lease, { rule: 'orphaned_attempt', by: 'ada', at: T0 })).rejects.toThrow();
    expect(await traceOf(store)).toEqual(before);

    await store.repair(lease, { rule: 'counter_behind', by: 'ada', at: T0 });
    expect(await brokenIn(store)).toEqual({ orphaned_attempt: 2 });
    await place.freeLead();
    const next = await place.open();
    expect((await repair(next)).map(({ rule }) => rule)).toEqual(['orphaned_attempt']);
    expect(await next.checkIntegrity()).toEqual([]);
    await expect(store.repair(lease, { rule: 'orphaned_attempt', by: 'ada', at: T0 })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  it('gives numbers past the commit of ticks, so that its lease commits none any more', async () => {
    await leader.tick(create(4));
    await store.repair(leader.lease, { rule: 'orphaned_output', by: 'ada', at: T0 });
    expect(await leader.try(create(5))).toEqual({ ok: false, why: 'fenced' });
    await leader.lease.release();
    const next = await Leader.of(store);
    expect(await next.try(create(5))).toEqual({ ok: true });
  });

  it('is refused beside a process that leads, which foretelling is not', async () => {
    const other = await place.open();
    await place.execute('update lease set run_no = 1');
    const before = await traceOf(store);
    await expect(repair(other)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(
        `^Nothing was repaired: process ${process.pid} on .* leads this project`,
      ),
    });
    expect((await foretellRepair(other))[0]?.steps).toHaveLength(1);
    expect(await traceOf(store)).toEqual(before);
  });
});
