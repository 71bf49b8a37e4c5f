import { expect, test } from 'vitest';
import { tempProject, triggerRequest } from './temp-project.ts';

const FILES = { 'dags/one.yaml': "id: one\ntasks: { a: { run: 'true' } }\n" };

test('a session that only asks never leads, and is answered by whoever comes to lead', async () => {
  await using project = tempProject(FILES);
  await using asking = await project.open({ onlyAsks: true });
  expect(asking.session.leading).toBe(false);
  const answer = asking.session.ask(triggerRequest('one'));
  await using leading = await project.open();
  expect(await answer).toMatchObject({ ok: true });
  expect([asking.session.leading, leading.session.leading]).toEqual([false, true]);
});

test('it goes on with the next leader', async () => {
  await using project = tempProject(FILES);
  const first = await project.open();
  await using asking = await project.open({ onlyAsks: true });
  expect(await asking.session.ask(triggerRequest('one'))).toMatchObject({ ok: true });
  await first[Symbol.asyncDispose]();
  const answer = asking.session.ask(triggerRequest('one'));
  await using _second = await project.open();
  expect(await answer).toMatchObject({ ok: true });
  expect(asking.session.leading).toBe(false);
});

test('who stops waiting leaves the request where it is', async () => {
  await using project = tempProject(FILES);
  await using asking = await project.open({ onlyAsks: true });
  const inboxId = await asking.project.store.ask(triggerRequest('one'), 1);
  const tooLong = new AbortController();
  const answer = asking.session.answered(inboxId, tooLong.signal);
  tooLong.abort(new Error('too long'));
  await expect(answer).rejects.toThrow('too long');
  await using _leading = await project.open();
  expect(await asking.session.answered(inboxId)).toMatchObject({ ok: true });
});
