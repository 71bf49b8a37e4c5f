import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Action } from '../../../core/model/action.ts';
import { because } from '../../../core/model/because.ts';
import type { VersionNo } from '../../../core/model/ids.ts';
import type { SlotSpan } from '../../../core/model/slot.ts';
import { violationText } from '../../../core/model/violation.ts';
import type { Store } from '../../../core/store/store.ts';
import type { SavedVersion } from '../../../core/store/versions.ts';
import { MIGRATIONS } from '../../../migrations/index.ts';
import { databases, type StorePlace } from './databases.ts';
import { create, dagChange, Leader, runNo, runOf, T0, versionOf } from './fixture.ts';
import { useLedStore } from './led-store.ts';

const HOUR = 3_600_000;
/** The n-th hour. */
const hour = (n: number): number => T0 + n * HOUR;

const span = (first: number, last: number, more: Partial<SlotSpan> = {}): SlotSpan => ({
  dagId: 'prices',
  firstAt: hour(first),
  lastAt: hour(last),
  disposition: 'skipped',
  runNo: null,
  decidedAt: hour(last) + 1,
  because: because('dag_paused', { dag: 'prices' }),
  ...more,
});
const slots = (one: SlotSpan): Action => ({ type: 'slots', span: one });
const moved = (from: number | null, to: number): Action =>
  dagChange({ cursorAt: hour(to) }, { fromCursorAt: from === null ? null : hour(from) });

describe.each(databases)('schedules on $name', ({ newPlace }) => {
  let place: StorePlace;
  let store: Store;
  let leader: Leader;

  useLedStore(newPlace, (led) => {
    ({ place, store, leader } = led);
  });

  const stale = { ok: false, why: 'stale', dags: ['prices'] };

  it('keep where each DAG stands, whatever versions come', async () => {
    const before = { paused: false, present: true, sinceAt: null, cursorAt: null };
    expect(await store.dag('prices')).toMatchObject(before);
    const state = { paused: true, present: false, sinceAt: hour(1), cursorAt: hour(2) };
    await leader.tick(dagChange(state));
    await store.saveVersion(leader.lease, versionOf('prices', 'g2'));
    expect(await store.dag('prices')).toMatchObject({ ...state, versionNo: 2, decidedNo: null });
    await leader.tick(dagChange(state, { fromCursorAt: hour(2), versionNo: 2 as VersionNo }));
    await leader.tick(dagChange({ ...state, paused: false }, { fromCursorAt: hour(2) }));
    expect(await store.dag('prices')).toMatchObject({ paused: false, decidedNo: 2 });
    expect(await store.dags()).toHaveLength(1);
  });

  it('stand still when new versions of their DAGs are stored, many at once, unless a pin holds', async () => {
    const { lease } = leader;
    await leader.tick(dagChange({ paused: true, present: true, sinceAt: T0, cursorAt: hour(1) }));
    const numbers = (all: readonly SavedVersion[]) => all.map((one) => [one.versionNo, one.inForceNo]);
    const all = ['b', 'prices', 'a'].map((id) => versionOf(id, 'g2'));
    expect(numbers(await store.saveVersions(lease, all))).toEqual([2, 3, 4].map((no) => [no, no]));
    await store.pinVersion(lease, { dagId: 'b', versionNo: 2 as VersionNo, held: false, at: T0, by: 'ann' });
    await store.saveVersions(lease, [versionOf('b', 'g3')]);
    await store.pinVersion(lease, { dagId: 'b', versionNo: 2 as VersionNo, held: true, at: T0, by: 'ann' });
    const moved = ['prices', 'b'].map((id) => ({ ...versionOf(id, 'g1'), file: 'dags/moved.ts' }));
    expect(numbers(await store.saveVersions(lease, moved))).toEqual([
      [1, 1],
      [6, 2],
    ]);
    expect(await store.dags()).toMatchObject([
      { dagId: 'a', versionNo: 4, graphHash: 'g2', file: 'dags/a.ts', present: true, cursorAt: null },
      { dagId: 'b', versionNo: 2, graphHash: 'g2', file: 'dags/moved.ts' },
      { dagId: 'prices', versionNo: 1, file: 'dags/moved.ts', paused: true, sinceAt: T0, cursorAt: hour(1) },
    ]);
  });

  it('give DAGs by pages with their graphs, and those that are paused', async () => {
    for (const id of ['b', 'a']) await store.saveVersion(leader.lease, versionOf(id, `graph of ${id}`));
    const ids = (page: readonly { readonly dagId: string }[]) => page.map(({ dagId }) => dagId);
    expect(ids(await store.declaredDags({ afterId: '', limit: 2 }))).toEqual(['a', 'b']);
    const [rest, ...more] = await store.declaredDags({ afterId: 'b', limit: 2 });
    expect(more).toEqual([]);
    expect(ids(await store.declaredDags({ ids: ['prices', 'a', 'nobody'] }))).toEqual(['a', 'prices']);
    expect(rest).toEqual({ ...(await store.dag('prices')), spec: expect.any(String) });
    expect(JSON.parse(rest?.spec ?? '')).toEqual((await store.version(1 as VersionNo))?.spec);
    expect(await store.pausedDags()).toEqual([]);
    await leader.tick(dagChange({ paused: true }));
    expect(await store.pausedDags()).toEqual(['prices']);
  });

  it('keep what became of slots, newest first', async () => {
    const run = span(3, 3, { disposition: 'run', runNo: runNo(1), because: because('started') });
    const scheduled = { trigger: 'schedule', logicalAt: hour(3) } as const;
    await leader.tick(create(1, scheduled), slots(span(0, 2)), slots(run), moved(null, 3));
    expect(await store.slots({ dagId: 'prices' })).toEqual([run, span(0, 2)]);
    expect(await store.slots({ dagId: 'prices', limit: 1 })).toEqual([run]);
    expect(await store.slots({ dagId: 'prices', before: hour(3) })).toEqual([span(0, 2)]);
    expect(await store.slots({ dagId: 'other' })).toEqual([]);
    expect(await store.dag('prices')).toMatchObject({ cursorAt: hour(3) });
    expect((await store.journal({})).map(({ because: { code } }) => code)).toEqual(['triggered']);
  });

  it.each<[string, Action[]]>([
    ['from another cursor than the stored one', [moved(1, 5)]],
    ['from no cursor where there is one', [moved(null, 5)]],
    ['of slots at the cursor', [slots(span(2, 4)), moved(2, 4)]],
    ['of slots behind a cursor that the tick has moved', [moved(2, 4), slots(span(4, 5)), moved(4, 5)]],
    ['of one slot twice', [slots(span(3, 3)), slots(span(3, 4)), moved(2, 4)]],
    ['of slots that begin in the span before', [slots(span(3, 5)), slots(span(4, 6)), moved(2, 6)]],
    ['of slots that are not in order', [slots(span(5, 6)), slots(span(3, 4)), moved(2, 6)]],
    ['of a DAG twice from one cursor', [moved(2, 3), moved(2, 4)]],
  ])('write nothing %s', async (_name, actions) => {
    await leader.tick(slots(span(0, 2)), moved(null, 2));
    expect(await leader.try(create(1), ...actions)).toMatchObject(stale);
    expect(await store.run(runNo(1))).toBeNull();
    expect(await store.slots({ dagId: 'prices' })).toEqual([span(0, 2)]);
    expect(await store.dag('prices')).toMatchObject({ cursorAt: hour(2) });
  });

  it('move a DAG several times in a tick', async () => {
    await leader.tick(
      slots(span(0, 0)),
      moved(null, 0),
      slots(span(1, 1)),
      moved(0, 1),
      dagChange({ paused: true, cursorAt: hour(1) }, { fromCursorAt: hour(1), code: 'dag_paused' }),
    );
    expect(await store.dag('prices')).toMatchObject({ cursorAt: hour(1), paused: true });
    expect(await store.slots({ dagId: 'prices' })).toEqual([span(1, 1), span(0, 0)]);
  });

  it('tell why a DAG was paused last, and since when', async () => {
    await store.saveVersion(leader.lease, versionOf('price_'));
    expect(await store.dagPause('prices')).toBeNull();
    await leader.tick(dagChange({ paused: true }, { code: 'dag_paused', facts: { by: 'ada' } }));
    await leader.tick(dagChange({}, { code: 'dag_unpaused', facts: { by: 'ada' } }));
    const since = expect.stringMatching(/^20.*Z$/);
    const first = { code: 'dag_paused', dag: 'prices', by: 'ada', since };
    expect(await store.dagPause('prices')).toMatchObject(first);
    await leader.tick(dagChange({ paused: true }, { code: 'dag_failing', facts: { failures: 3 } }));
    const second = { code: 'dag_failing', dag: 'prices', failures: 3, since };
    expect(await store.dagPause('prices')).toMatchObject(second);
    expect([await store.dagPause('price_'), await store.dagPause('price')]).toEqual([null, null]);
  });

  it('refuse a run that stands for a range, and a range that runs backwards', async () => {
    const ranged = span(0, 1, { disposition: 'run', runNo: runNo(1) });
    await expect(leader.try(slots(ranged), moved(null, 1))).rejects.toMatchObject({ code: 'internal' });
    await expect(leader.try(slots(span(1, 0)), moved(null, 1))).rejects.toMatchObject({ code: 'internal' });
  });

  it('give a slot one run for ever', async () => {
    const scheduled = { trigger: 'schedule', logicalAt: hour(1) } as const;
    await leader.tick({ type: 'run.create', run: runOf(1, scheduled) });
    expect(await leader.try(create(2, scheduled))).toMatchObject({ ok: false, why: 'stale', runs: [2] });
  });

  it.each<[string, Action[]]>([
    ['slots without a cursor', [slots(span(3, 4))]],
    ['slots that the cursor does not come to cover', [slots(span(3, 4)), moved(2, 3)]],
    ['a cursor that goes back', [moved(2, 1)]],
    ['a cursor that goes back to none', [dagChange({}, { fromCursorAt: hour(2) })]],
    ['a cursor that goes back in the tick', [moved(2, 5), moved(5, 4)]],
  ])('refuse %s', async (_name, actions) => {
    await leader.tick(slots(span(0, 2)), moved(null, 2));
    await expect(leader.try(create(1), ...actions)).rejects.toMatchObject({ code: 'internal' });
    expect(await store.run(runNo(1))).toBeNull();
    expect(await store.slots({ dagId: 'prices' })).toEqual([span(0, 2)]);
    await leader.tick(slots(span(3, 4)), moved(2, 4));
  });

  it('take nothing from a tick in which one DAG is stale', async () => {
    await store.saveVersion(leader.lease, versionOf('other'));
    const other = dagChange({ cursorAt: hour(1) }, { dagId: 'other' });
    expect(await leader.try(other, moved(1, 5))).toMatchObject(stale);
    expect(await store.dag('other')).toMatchObject({ cursorAt: null });
  });

  it('remember files that cannot be loaded', async () => {
    const diagnostics = [
      { severity: 'error', rule: 'cycle', message: 'a cycle', file: 'dags/a.ts' },
    ] as const;
    const file = 'dags/a.ts';
    await store.saveBrokenFile(leader.lease, file, { at: T0, diagnostics });
    await store.saveBrokenFile(leader.lease, file, { at: T0 + 1, diagnostics });
    await store.saveBrokenFile(leader.lease, 'dags/0.ts', { at: T0, diagnostics: [] });
    const zero = { file: 'dags/0.ts', at: T0, diagnostics: [] };
    expect(await store.brokenFiles()).toEqual([zero, { file, at: T0 + 1, diagnostics }]);
    await store.saveBrokenFile(leader.lease, file, null);
    expect(await store.brokenFiles()).toEqual([zero]);
  });

  it('let only the one who leads say which files cannot be loaded', async () => {
    const broken = { at: T0, diagnostics: [] };
    await store.saveBrokenFile(leader.lease, 'dags/a.ts', broken);
    await place.freeLead();
    const young = await Leader.of(await place.open());
    for (const late of [null, { at: T0 + 1, diagnostics: [] }]) {
      const saved = store.saveBrokenFile(leader.lease, 'dags/a.ts', late);
      await expect(saved).rejects.toMatchObject({ code: 'unavailable' });
    }
    expect(await young.store.brokenFiles()).toEqual([{ file: 'dags/a.ts', ...broken }]);
  });
});

describe.each(databases)('the check of schedules on $name', ({ newPlace }) => {
  let place: StorePlace;
  let store: Store;

  beforeEach(async () => {
    place = await newPlace();
    store = await place.open();
    const leader = await Leader.of(store);
    await store.saveVersion(leader.lease, versionOf('other'));
    const instant = { trigger: 'schedule', logicalAt: hour(3), intervalEndAt: hour(3) } as const;
    const interval = { trigger: 'schedule', logicalAt: hour(3) + 1, intervalEndAt: hour(4) } as const;
    const ran = (at: number, no: number) => slots(span(at, at, { disposition: 'run', runNo: runNo(no) }));
    const coalesced = slots(span(0, 1, { disposition: 'coalesced', runNo: runNo(1) }));
    await leader.tick(
      create(1, instant),
      create(2, interval),
      coalesced,
      ran(3, 1),
      ran(4, 2),
      moved(null, 5),
    );
  });
  afterEach(async () => place.close());

  const LATE = 'slots are later than the instant up to which those of their DAG are decided.';

  it.each<[string, string, string[]]>([
    ['nothing in what a scheduler writes', 'select 1', []],
    [
      'slots that overlap',
      `update slot_span set last_at = ${hour(3)} where first_at = ${hour(0)}`,
      ['1 times: slots of a DAG overlap.'],
    ],
    ['slots after the cursor', `update dag set cursor_at = ${hour(3)}`, [`1 times: ${LATE}`]],
    ['slots without a cursor', 'update dag set cursor_at = null', [`3 times: ${LATE}`]],
    [
      'a run of another DAG',
      `update dag_run set dag_id = 'other', version_no = 2 where run_no = 2`,
      ['1 times: slots name a run of another DAG.'],
    ],
    [
      'a run of another slot',
      `update slot_span set run_no = 1 where first_at = ${hour(4)}`,
      ['1 times: slots name a run that was due at another time.'],
    ],
    [
      'a run that was never due',
      'update dag_run set trigger_kind = 0, logical_at = null, interval_end_at = null where run_no = 2',
      ['1 times: slots name a run that was due at another time.'],
    ],
    ['nothing where runs are gone', 'delete from journal; delete from dag_run', []],
  ])('finds %s', async (_name, broken, problems) => {
    await place.execute(broken);
    expect((await store.checkIntegrity()).map(violationText)).toEqual(problems);
  });

  it('looks at many slots in the time that a test has', async () => {
    await place.execute(`update dag set cursor_at = ${hour(5)};
      insert into slot_span (dag_id, first_at, last_at, disposition, decided_at, because)
      with recursive n(x) as (select 1 union all select x + 1 from n where x < 50000)
      select 'other', x * 10, x * 10 + 1, 2, 1, 1 from n;`);
    expect(await store.checkIntegrity()).toEqual([]);
  });
});

describe.each(databases)('a database of schema 1 on $name', ({ newPlace }) => {
  it('gets schedules and keeps what it has', async () => {
    const place = await newPlace();
    const old = await place.open({ migrations: MIGRATIONS.slice(0, 1) });
    await old.migrate();
    await place.execute(
      `insert into dag_version values (1, 'prices', 'g', 'c', 'dags/prices.ts', '{}', ${T0});
       insert into dag values ('prices', 1, 'dags/prices.ts', 1);`,
    );
    const store = await place.open();
    await store.migrate();
    expect(await store.dag('prices')).toEqual({
      dagId: 'prices',
      file: 'dags/prices.ts',
      versionNo: 1,
      graphHash: 'g',
      codeHash: 'c',
      versionAt: T0,
      decidedNo: null,
      eventNo: 0,
      paused: true,
      present: true,
      sinceAt: null,
      cursorAt: null,
    });
    await place.close();
  });
});
