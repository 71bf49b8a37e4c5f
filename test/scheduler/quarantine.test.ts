import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../core/model/attempt.ts';
import type { DagSpec, TaskSpec } from '../../core/model/dag.ts';
import { AppError } from '../../core/model/errors.ts';
import type { RunNo } from '../../core/model/ids.ts';
import type { PlannedRequest } from '../../core/planner/requests.ts';
import type { Store } from '../../core/store/store.ts';
import { silentLeader } from './silent-leader.ts';

const PASS = { action: { kind: 'shell', run: 'true' } } as const;
const task = (path: string, more: object = {}): TaskSpec => ({ path, ...PASS, ...more }) as TaskSpec;

const SOUND: DagSpec = { v: 1, id: 'sound', tasks: [task('one'), task('two', { after: ['one'] })] };
/** As a damaged row of the store gives it: planning the failure of `bad` throws. */
const DAMAGED: DagSpec = {
  v: 1,
  id: 'damaged',
  tasks: [task('bad', { retries: { max: 1, on: 5 } }), task('slow')],
};

const FAILED: Outcome = { kind: 'failed', error: { name: 'Error', message: 'no' } };
const DONE: Outcome = { kind: 'success' };

/** Says how both tasks of the sound run 2 end and expects its success. */
async function expectSoundEnd(led: Awaited<ReturnType<typeof silentLeader>>): Promise<void> {
  await led.until(() => led.executor.submitted.includes('2.1.1'));
  led.executor.end('2.1.1', DONE);
  await led.until(() => !led.leader.runs.has(2));
  expect(await led.store.run(2 as RunNo)).toMatchObject({ state: 'success' });
  expect(led.lost()).toBeNull();
}

async function linesOf(store: Store, runNo: number): Promise<string[]> {
  return (await store.journal({ runNo: runNo as RunNo })).map((line) => line.because.code);
}

describe('a run whose planning throws', () => {
  test('is set aside with its attempts stopped; what happened elsewhere in that tick counts', async () => {
    const led = await silentLeader();
    await led.start(1, DAMAGED);
    await led.start(2, SOUND);
    led.executor.end('1.0.1', FAILED);
    led.executor.end('2.0.1', DONE);
    await led.until(() => led.leader.setAside.has(1 as RunNo));
    expect(led.executor.stopped).toEqual(['1.1.1']);
    await expectSoundEnd(led);
    expect(await led.store.run(1 as RunNo)).toMatchObject({ state: 'running', endedAt: null });
    const [aside, ...more] = await led.store.setAsideRuns();
    expect(more).toEqual([]);
    expect(aside).toMatchObject({ run: { runNo: 1 }, epoch: 1, because: { code: 'quarantined' } });
    expect(aside?.because.text).toMatch(/^The run was set aside after an .* error: TypeError: /);
  });

  test('is not planned again: outcomes are dropped, requests are refused', async () => {
    const led = await silentLeader();
    await led.start(1, DAMAGED);
    led.executor.end('1.0.1', FAILED);
    await led.until(() => led.leader.setAside.size > 0);
    const lines = await linesOf(led.store, 1);
    led.executor.end('1.1.1', DONE);
    const uid = (await led.store.run(1 as RunNo))?.uid ?? '';
    const inboxId = await led.store.ask({ type: 'cancel', runUid: uid, by: 'a test' }, 1);
    const [record] = await led.store.pendingRequests();
    const { request } = await led.desk.prepare(record as never);
    expect(request).toMatchObject({ inboxId, kind: 'refuse', refusal: { code: 'conflict' } });
    await led.start(2, SOUND);
    expect(await linesOf(led.store, 1)).toEqual(lines);
    expect(led.executor.submitted).not.toContain('1.0.2');
  });

  test('does not keep the leader from draining', async () => {
    const led = await silentLeader();
    await led.start(1, DAMAGED);
    led.executor.end('1.0.1', FAILED);
    await led.leader.drain();
    expect(led.leader.setAside.size).toBe(1);
  });
});

describe('a run whose rows the store refuses', () => {
  test('is found although it can be planned', async () => {
    const led = await silentLeader((tick, write) => {
      const refused = tick.actions.some((one) => one.type === 'instance' && one.runNo === 1 && one.to === 7);
      if (refused) throw new AppError('internal', 'a constraint is broken');
      return write();
    });
    await led.start(1, SOUND);
    await led.start(2, SOUND);
    led.executor.end('1.0.1', DONE);
    led.executor.end('2.0.1', DONE);
    await led.until(() => led.leader.setAside.has(1 as RunNo));
    expect(led.leader.setAside.get(1 as RunNo)).toBe('a constraint is broken');
    await expectSoundEnd(led);
  });

  test('is read again when memory is stale, and set aside when it is stale again', async () => {
    let stale = 2;
    const led = await silentLeader((tick, write) => {
      const about = tick.actions.some((one) => one.type === 'instance' && one.runNo === 1 && one.to === 7);
      if (!about || stale-- === 0) return write();
      return { ok: false, why: 'stale', runs: [1 as RunNo], requests: [], dags: [] };
    });
    await led.start(1, SOUND);
    await led.start(2, SOUND);
    led.executor.end('1.0.1', DONE);
    led.executor.end('2.0.1', DONE);
    await led.until(() => led.leader.setAside.has(1 as RunNo));
    await expectSoundEnd(led);
    const lines = await linesOf(led.store, 1);
    expect(lines.slice(-3)).toEqual(['memory_stale', 'memory_stale', 'quarantined']);
  });

  test('stops this leader when no run and no request is the cause', async () => {
    let broken = false;
    const led = await silentLeader((_, write) => {
      if (broken) throw new AppError('internal', 'the disk is a lie');
      return write();
    });
    await led.start(2, SOUND);
    broken = true;
    led.executor.end('2.0.1', DONE);
    await expect(led.until(() => false)).rejects.toThrow('the disk is a lie');
  });
});

describe('a request that makes planning throw', () => {
  test('is answered with the error; the run and the other requests go on', async () => {
    const led = await silentLeader();
    await led.start(2, SOUND);
    const uid = (await led.store.run(2 as RunNo))?.uid ?? '';
    for (const by of ['poison', 'medicine']) await led.store.ask({ type: 'pauseRun', runUid: uid, by }, 1);
    const handIn = async (): Promise<void> => {
      for (const { inboxId, request } of await led.store.pendingRequests()) {
        const run = led.leader.runs.get(2);
        const isPoison = 'by' in request && request.by === 'poison';
        const planned = isPoison
          ? ({ kind: 'markTask', run, by: 'poison', node: 9_999, state: 'success' } as const)
          : ({ kind: 'pause', runNo: 2 } as const);
        led.leader.request({ inboxId, ...planned } as PlannedRequest);
      }
    };
    led.leader.onForgotten = () => void handIn();
    await handIn();
    await led.until(() => led.leader.runs.get(2)?.record.state === 'paused');
    expect(await led.store.answer(1)).toMatchObject({
      ok: false,
      code: 'internal',
      message: expect.stringMatching(/^orch failed at this request: TypeError: /),
    });
    expect(await led.store.answer(2)).toMatchObject({ ok: true });
    expect(await led.store.pendingRequests()).toEqual([]);
    expect(led.leader.setAside.size).toBe(0);
    expect(led.lost()).toBeNull();
  });
});

test('what runs hold that are still to be read again is counted: no cap is exceeded meanwhile', async () => {
  const wide: DagSpec = {
    v: 1,
    id: 'wide',
    tasks: [task('first'), task('left', { after: ['first'] }), task('right', { after: ['first'] })],
  };
  let fails = true;
  const led = await silentLeader(
    (tick, write) => {
      const paused = tick.actions.some((one) => one.type === 'run.change' && one.to === 'paused');
      if (!paused || !fails) return write();
      fails = false;
      throw new AppError('internal', 'the store refused a tick');
    },
    { globalSlots: 2 },
  );
  await led.start(1, wide);
  await led.start(2, { v: 1, id: 'long', tasks: [task('long')] });
  led.executor.end('1.0.1', DONE);
  await led.until(() => led.executor.submitted.includes('1.1.1'));
  const pause = (): void => led.leader.request({ inboxId: null, kind: 'pause', runNo: 1 as RunNo });
  led.leader.onForgotten = pause;
  pause();
  await led.until(() => led.leader.runs.get(1)?.record.state === 'paused');
  expect(fails).toBe(false);
  expect(led.executor.submitted).toEqual(['1.0.1', '2.0.1', '1.1.1']);
});

test('a run that was stored although its tick ended with an error goes on', async () => {
  let fails = true;
  const led = await silentLeader((tick, write) => {
    const result = write();
    if (!fails || !tick.actions.some((one) => one.type === 'run.create')) return result;
    fails = false;
    throw new AppError('internal', 'the answer of the store was lost');
  });
  await led.start(1, SOUND);
  expect(fails).toBe(false);
  // Whoever was to start its first task did not hear of it.
  await led.until(() => led.executor.submitted.includes('1.0.2'));
  expect(led.lost()).toBeNull();
});

test('no run is lost when the store refuses what is noted while memory is read again', async () => {
  let faults = 2;
  const led = await silentLeader((tick, write) => {
    const isNote = tick.actions.every((one) => one.type === 'note');
    const about = tick.actions.some((one) => one.type === 'instance' && one.runNo === 1 && one.to === 7);
    if (faults === 2 && about) {
      faults--;
      return { ok: false, why: 'stale', runs: [1 as RunNo], requests: [], dags: [] };
    }
    if (faults !== 1 || !isNote) return write();
    faults--;
    throw new AppError('internal', 'the store refused a note');
  });
  await led.start(1, SOUND);
  await led.start(2, SOUND);
  led.executor.end('1.0.1', DONE);
  await led.until(() => led.executor.submitted.includes('1.1.1'));
  expect(faults).toBe(0);
  led.executor.end('2.0.1', DONE);
  await expectSoundEnd(led);
});
