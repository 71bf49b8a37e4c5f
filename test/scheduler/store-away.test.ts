import { expect, test } from 'vitest';
import { AppError } from '../../core/model/errors.ts';
import { openProject } from '../../core/scheduler/project.ts';
import { openSession } from '../../core/scheduler/session.ts';
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
      if (name === 'saveVersion' && faults-- > 0) {
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
