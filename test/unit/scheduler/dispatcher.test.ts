import { expect, it } from 'vitest';
import type { Executor } from '../../../core/executors/executor.ts';
import type { AttemptId, NodeNo, RunNo, TryNo } from '../../../core/model/ids.ts';
import { attemptId } from '../../../core/model/ids.ts';
import { Dispatcher } from '../../../core/scheduler/dispatcher.ts';
import type { InputReader } from '../../../core/scheduler/inputs.ts';
import type { VersionRecord } from '../../../core/store/store.ts';
import { dagOf, Simulation, task } from '../planner/simulation.ts';

const ID = attemptId(1 as RunNo, 0 as NodeNo, 1 as TryNo);

/** A dispatcher with one attempt whose inputs are being read until `read` settles. */
function dispatched(read: Promise<string[]>) {
  const told: string[] = [];
  const executor = {
    submit: () => void told.push('submitted'),
    stop: () => void told.push('stopped'),
  } as unknown as Executor;
  const inputs = { now: () => null, read: () => read } as unknown as InputReader;
  const dispatcher = new Dispatcher({
    executor,
    values: { find: async () => [] },
    inputs,
    stateDir: '/s',
    memoryMb: null,
    traced: false,
    canSpin: false,
  });
  dispatcher.onRefused = () => void told.push('refused');
  dispatcher.onWithdrawn = (id: AttemptId) => void told.push(`withdrawn ${id}`);
  const simulation = new Simulation();
  const run = simulation.trigger(dagOf([task('a')]));
  simulation.turn();
  dispatcher.dispatch(simulation.world, run, { codeHash: 'c', file: 'x.ts' } as VersionRecord, 0);
  return { dispatcher, told };
}

it('starts an attempt when its inputs are read', async () => {
  const read = Promise.withResolvers<string[]>();
  const { dispatcher, told } = dispatched(read.promise);
  expect(told).toEqual([]);
  read.resolve([]);
  await read.promise;
  expect(told).toEqual(['submitted']);
  dispatcher.stop(ID, 'user', 0);
  expect(told).toEqual(['submitted', 'stopped']);
});

it.each(['read', 'lost'] as const)(
  'never starts one that was stopped before its inputs are %s',
  async (how) => {
    const read = Promise.withResolvers<string[]>();
    const { dispatcher, told } = dispatched(read.promise);
    dispatcher.stop(ID, 'user', 0);
    if (how === 'read') read.resolve([]);
    else read.reject(new Error('gone'));
    await read.promise.catch(() => undefined);
    expect(told).toEqual([`withdrawn ${ID}`]);
    expect(dispatcher.live.size).toBe(0);
  },
);
