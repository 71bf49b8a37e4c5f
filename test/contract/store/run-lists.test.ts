import { describe, expect, it } from 'vitest';
import { RUN_STATES, type RunState } from '../../../core/model/states.ts';
import type { RunFilter, Store } from '../../../core/store/store.ts';
import { databases, type StorePlace } from './databases.ts';
import { create, type Leader, runNo, T0 } from './fixture.ts';
import { useLedStore } from './led-store.ts';

const HOUR = 3_600_000;
const DAGS = ['prices', 'other', 'rare'] as const;
/** Every state of a run, of each DAG, one hour after the other; once the clock was set back by 40 minutes. */
const RUNS = RUN_STATES.flatMap((state, at) =>
  DAGS.filter((dagId) => dagId !== 'rare' || state === 'failed').map((dagId) => ({ dagId, state, at })),
).map((one, at) => ({
  ...one,
  no: runNo(at + 1),
  createdAt: T0 + at * HOUR - (at === 6 ? 100 * 60_000 : 0),
}));

/** What a look at every run gives. */
function lookedFor({ dagId, states, since = 0, before = runNo(2 ** 31), limit = 100 }: RunFilter) {
  return RUNS.filter(
    (run) =>
      (dagId === undefined || [dagId].flat().includes(run.dagId)) &&
      (states === undefined || states.includes(run.state)) &&
      run.createdAt >= since &&
      run.no < before,
  )
    .map(({ no }) => no)
    .toReversed()
    .slice(0, limit);
}

describe.each(databases)('lists of runs on $name', ({ newPlace }) => {
  let place: StorePlace;
  let store: Store;
  let leader: Leader;
  // All runs have the version of one DAG, whichever they are of.
  useLedStore(
    newPlace,
    (led) => {
      ({ place, store, leader } = led);
    },
    'damaged',
  );

  it('have what a look at every run finds, in the order of their numbers', async () => {
    await leader.tick(...RUNS.map(created));
    const many = Array.from({ length: 60 }, (_, at) => `dag${at}`);
    const dagIds: (string | readonly string[] | undefined)[] = [
      ...[undefined, 'prices', 'rare', [], ['rare', 'prices', 'rare'], [...many, 'rare', 'other']],
    ];
    const states: (readonly RunState[] | undefined)[] = [
      ...[undefined, [], ['failed'], ['running'], ['success', 'failed', 'failed'], ['queued', 'failed']],
    ] as const;
    const rest: RunFilter[] = [
      ...[{}, { limit: 2, before: runNo(8) }, { before: runNo(2 ** 40), limit: 3 }],
      ...[{ since: T0 + 5 * HOUR }, { since: T0 + 7 * HOUR, before: runNo(10) }, { since: T0 + 900 * HOUR }],
    ];
    for (const dagId of dagIds)
      for (const asked of states)
        for (const more of rest) {
          const filter: RunFilter = { ...more, ...(dagId && { dagId }), ...(asked && { states: asked }) };
          const found = (await store.runs(filter)).map((run) => run.runNo);
          expect(found, JSON.stringify(filter)).toEqual(lookedFor(filter));
        }
  });

  it('give the newest runs of each of many DAGs at once', async () => {
    await leader.tick(...RUNS.map(created));
    const names = [...Array.from({ length: 55 }, (_, at) => `dag${at}`), ...DAGS];
    const last = await store.overview.lastRuns(names);
    const newest = DAGS.map((dagId) => [dagId, lookedFor({ dagId, limit: 1 })[0]]);
    expect([...last].map(([dagId, run]) => [dagId, run.runNo])).toEqual(newest);
    const states = await store.overview.lastStates(names, 2);
    expect(states.get('prices')).toEqual(['cancelled', 'failed']);
    expect(states.get('rare')).toEqual(['failed']);
    expect(states.get('dag0')).toEqual([]);
  });

  it('are read on when the tables get other columns', async () => {
    await leader.tick(...RUNS.map(created));
    const read = () => store.runs({ dagId: 'rare', states: ['failed'] });
    // So often that the database keeps its plan.
    for (let times = 0; times < 4; times++) expect(await read()).toHaveLength(1);
    await place.execute('alter table dag_run add column newer text');
    expect(await read()).toHaveLength(1);
  });
});

function created({ no, dagId, state, createdAt }: (typeof RUNS)[number]) {
  const isOver = RUN_STATES.indexOf(state) >= RUN_STATES.indexOf('success');
  return create(no, { dagId, state, createdAt, endedAt: isOver ? createdAt : null });
}
