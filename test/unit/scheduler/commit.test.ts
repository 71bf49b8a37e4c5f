import { describe, expect, it } from 'vitest';
import type { Action } from '../../../core/model/action.ts';
import { because } from '../../../core/model/because.ts';
import { commitTick } from '../../../core/scheduler/commit.ts';
import { contradictoryDags } from '../../../core/store/slot-order.ts';
import type { Lease, Store, Tick } from '../../../core/store/store.ts';
import { create, dagChange, T0 } from '../../contract/store/fixture.ts';

const note: Action = {
  type: 'note',
  runNo: null,
  nodeNo: null,
  tryNo: null,
  code: 'late_outcome',
  facts: null,
};

/** A run of a slot, what came before it, and the move of the cursor over both. */
function decided(no: number): Action[] {
  const [firstAt, lastAt] = [T0 + no * 10, T0 + no * 10 + 1];
  const common = { dagId: 'prices', decidedAt: T0, because: because('scheduled', { slot: '' }) };
  const fromCursorAt = no === 1 ? null : firstAt - 9;
  return [
    create(no),
    { type: 'slots', span: { ...common, firstAt, lastAt: firstAt, disposition: 'skipped', runNo: null } },
    { type: 'slots', span: { ...common, firstAt: lastAt, lastAt, disposition: 'skipped', runNo: null } },
    dagChange({ cursorAt: lastAt }, { fromCursorAt }),
  ];
}

describe('a tick that is too large for one transaction', () => {
  it.each([0, 1, 2, 3])('keeps slots with their cursor, after %i other actions', async (before) => {
    const ticks: Tick[] = [];
    const commit: Store['commit'] = (_lease, tick) => {
      expect(contradictoryDags(tick.actions).size).toBe(0);
      ticks.push(tick);
      return { ok: true };
    };
    const target = { store: { commit } as Store, lease: {} as Lease };
    const slots = Array.from({ length: 600 }, (_, index) => decided(index + 1));
    const actions = [...Array.from({ length: before }, () => note), ...slots.flat()];
    expect(await commitTick(target, 5, T0, actions)).toMatchObject({ why: null, tick: 5 + ticks.length });
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.flatMap((tick) => tick.actions)).toEqual(actions);
  });
});
