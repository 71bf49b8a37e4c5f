import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action } from '../../../core/model/action.ts';
import { because } from '../../../core/model/because.ts';
import type { SlotSpan } from '../../../core/model/slot.ts';
import type { Store } from '../../../core/store/store.ts';
import { databases } from './databases.ts';
import { create, dagChange, type Leader, runNo, T0, versionOf } from './fixture.ts';
import { useLedStore } from './led-store.ts';

/** A move of the cursor, or a span; instants are small numbers. */
type Piece =
  | { readonly fromAt: number | null; readonly toAt: number }
  | { readonly firstAt: number; readonly lastAt: number };
type Outcome = 'written' | 'stale' | 'refused';

/** What the store has of one DAG, as the test believes it. */
interface Model {
  cursorAt: number | null;
  readonly spans: SlotSpan[];
}

const spanOf = (dagId: string, firstAt: number, lastAt: number): SlotSpan => ({
  dagId,
  firstAt,
  lastAt,
  disposition: 'skipped',
  runNo: null,
  decidedAt: T0,
  because: because('dag_paused', { dag: dagId }),
});

function actionOf(dagId: string, piece: Piece): Action {
  if ('firstAt' in piece) return { type: 'slots', span: spanOf(dagId, piece.firstAt, piece.lastAt) };
  return dagChange({ cursorAt: piece.toAt }, { dagId, fromCursorAt: piece.fromAt });
}

/** What must become of a tick, said without looking at how a store finds out. */
function outcomeOf(pieces: readonly Piece[], stored: number | null): Outcome {
  const moves = pieces.filter((piece) => 'toAt' in piece);
  const ends = pieces.flatMap((piece) => ('lastAt' in piece ? [piece.lastAt] : []));
  if (moves.some(({ fromAt, toAt }) => fromAt !== null && toAt < fromAt)) return 'refused';
  if (ends.some((lastAt) => lastAt > (moves.at(-1)?.toAt ?? Number.NEGATIVE_INFINITY))) return 'refused';
  let cursorAt = stored;
  let decidedAt = stored ?? Number.NEGATIVE_INFINITY;
  for (const piece of pieces) {
    if ('toAt' in piece) {
      if (piece.fromAt !== cursorAt) return 'stale';
      cursorAt = piece.toAt;
      decidedAt = Math.max(decidedAt, cursorAt);
    } else {
      if (piece.firstAt <= decidedAt) return 'stale';
      decidedAt = piece.lastAt;
    }
  }
  return 'written';
}

/** A piece that goes on from the ones before it, or nearly does. */
type Nearly =
  | { readonly skip: number; readonly length: number }
  | { readonly by: number; readonly off: number };
const nearly: fc.Arbitrary<Nearly> = fc.oneof(
  fc.record({ skip: fc.nat(3), length: fc.nat(2) }),
  fc.record({ by: fc.integer({ min: -1, max: 3 }), off: fc.nat(7) }),
);
const ticks = fc.array(
  fc.record({ pieces: fc.array(nearly, { minLength: 1, maxLength: 4 }), open: fc.nat(3) }),
  { minLength: 1, maxLength: 6 },
);

/** Most ticks end with a right move of the cursor, as those of the planner do. */
function piecesOf(tick: readonly Nearly[], isOpen: boolean, cursorAt: number | null): Piece[] {
  const pieces: Piece[] = [];
  let at = cursorAt ?? 0;
  let from = cursorAt;
  for (const one of tick) {
    if ('skip' in one) {
      const firstAt = at + one.skip;
      at = firstAt + one.length;
      pieces.push({ firstAt, lastAt: at });
    } else {
      at += one.by;
      pieces.push({ fromAt: one.off === 0 ? (from ?? 0) + 1 : from, toAt: at });
      from = at;
    }
  }
  if (!isOpen) pieces.push({ fromAt: from, toAt: at });
  return pieces;
}

describe.each(databases)('the order of slots on $name', ({ newPlace }) => {
  let store: Store;
  let leader: Leader;

  useLedStore(newPlace, (led) => {
    ({ store, leader } = led);
  });

  async function outcome(...actions: Action[]): Promise<Outcome> {
    const result = await leader.try(...actions).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'internal', message: expect.stringContaining('cursor of DAG') });
      return null;
    });
    if (result === null) return 'refused';
    if (!result.ok) expect(result.why).toBe('stale');
    return result.ok ? 'written' : 'stale';
  }

  it('holds whatever is tried: spans are disjoint, the cursor grows, no tick is half there', async () => {
    const seen = { written: 0, stale: 0, refused: 0 };
    let round = 0;
    let run = 0;
    const check = fc.asyncProperty(ticks, async (tried) => {
      const dagId = `d${++round}`;
      await store.saveVersion(leader.lease, versionOf(dagId));
      const model: Model = { cursorAt: null, spans: [] };
      for (const { pieces: tick, open } of tried) {
        const pieces = piecesOf(tick, open === 0, model.cursorAt);
        const expected = outcomeOf(pieces, model.cursorAt);
        const actions = pieces.map((piece) => actionOf(dagId, piece));
        expect(await outcome(create(++run), ...actions)).toBe(expected);
        seen[expected]++;
        for (const piece of expected === 'written' ? pieces : []) {
          if ('toAt' in piece) model.cursorAt = piece.toAt;
          else model.spans.push(spanOf(dagId, piece.firstAt, piece.lastAt));
        }
        expect((await store.run(runNo(run))) !== null).toBe(expected === 'written');
        expect(await store.slots({ dagId })).toEqual(model.spans.toReversed());
        expect(await store.dag(dagId)).toMatchObject({ cursorAt: model.cursorAt });
      }
    });
    await fc.assert(check, { numRuns: 40 });
    expect(await store.checkIntegrity()).toEqual([]);
    for (const times of Object.values(seen)) expect(times).toBeGreaterThan(5);
  });
});
