import { expect, test } from 'vitest';
import { systemClock } from '../../core/model/clock.ts';
import { AppError } from '../../core/model/errors.ts';
import { patientStore } from '../../core/scheduler/patient-store.ts';
import { openProject } from '../../core/scheduler/project.ts';
import { openSession } from '../../core/scheduler/session.ts';
import type { Store } from '../../core/store/store.ts';
import { tempProject, triggerRequest } from './temp-project.ts';

const FILES = { 'dags/one.yaml': 'id: one\ntasks:\n  only: { run: "true" }\n' };

test('a request that meets a store that is away is answered once the store is back', async () => {
  await using place = tempProject(FILES);
  const opened = await openProject(place.dir, { env: { PATH: process.env['PATH'] } });
  const struck = Promise.withResolvers<void>();
  let faults = 1;
  const store = new Proxy(opened.store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name === 'saveVersions' && faults-- > 0) {
        return async () => {
          struck.resolve();
          throw new AppError('unavailable', 'the database is away');
        };
      }
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const project = { ...opened, store };
  const session = await openSession(project);
  try {
    const first = session.ask(triggerRequest('one'));
    await struck.promise;
    const second = session.ask(triggerRequest('one'));
    expect(await Promise.all([first, second])).toMatchObject([{ ok: true }, { ok: true }]);
    expect(session.leading).toBe(true);
  } finally {
    await session.close('now');
    await project.close();
  }
});

test('whoever follows a run outlasts a database that is away for a moment', async () => {
  await using place = tempProject(FILES);
  const opened = await openProject(place.dir, { env: { PATH: process.env['PATH'] } });
  const faults = new Set(['answer', 'journal', 'metrics']);
  const store = new Proxy(opened.store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        if (faults.delete(String(name))) throw new AppError('unavailable', 'the database is away');
        return value.apply(target, given);
      };
    },
  });
  const project = { ...opened, store };
  const session = await openSession(project);
  try {
    const answer = await session.ask(triggerRequest('one'));
    const { runNo } = (answer as unknown as { readonly value: { readonly runNo: never } }).value;
    let last: unknown = null;
    for await (const update of session.watch(runNo)) last = update;
    expect(last).toMatchObject({ type: 'ended', view: { run: { state: 'success' } } });
    expect([...faults]).toEqual([]);
  } finally {
    await session.close('now');
    await project.close();
  }
});

test('patience ends with the session, with its time, and at any other error', async () => {
  const away = new AppError('unavailable', 'the database is away');
  let mono = 0;
  let asked = 0;
  const clock = { now: () => 0, mono: () => mono };
  const failing = (error: Error) =>
    ({
      run: async () => {
        asked += 1;
        mono += 20_000;
        throw error;
      },
    }) as unknown as Store;
  await expect(patientStore(failing(away), systemClock, () => true).run(1 as never)).rejects.toBe(away);
  expect(asked).toBe(1);
  await expect(patientStore(failing(away), clock, () => false).run(1 as never)).rejects.toBe(away);
  expect(asked).toBe(3);
  const other = new Error('damaged');
  await expect(patientStore(failing(other), clock, () => false).run(1 as never)).rejects.toBe(other);
  expect(asked).toBe(4);
});
