import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RunNo } from '../../core/model/ids.ts';
import { connectToLeader } from '../../core/scheduler/door.ts';
import { leaderSocket } from '../../core/scheduler/paths.ts';
import type { Store } from '../../core/store/store.ts';
import { type Opened, statesOf, tempProject } from './temp-project.ts';

const FILES = {
  'dags/gated.yaml': "id: gated\ntasks: { gate: { run: 'until [ -e open ]; do sleep 0.02; done' } }\n",
};

/** Has the next requests of a store wait until they are let through. */
function holdRequests(store: Store) {
  const [held, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const ask = store.ask.bind(store);
  store.ask = async (...given) => {
    held.resolve();
    await open.promise;
    return ask(...given);
  };
  return { held: held.promise, open: open.resolve };
}

test('a leader that goes away while it is asked to lead a run is followed by who asks', async () => {
  await using project = tempProject(FILES);
  const first = await project.open();
  const runNo = await first.trigger('gated');
  await using follower = await project.open();
  const { store } = follower.project;
  const tryLead = store.tryLead.bind(store);
  store.tryLead = async () => null;
  const finished = follower.finish(runNo);
  await using second = await project.open();

  const requests = holdRequests(store);
  await first[Symbol.asyncDispose]();
  await requests.held;
  expect([second.session.leading, follower.session.leading]).toEqual([true, false]);
  // What another connection has heard, that of the follower has heard too.
  const gone = Promise.withResolvers<void>();
  await connectToLeader(leaderSocket(second.project.stateDir), { told: () => {}, gone: gone.resolve });
  await second.session.close('now');
  await gone.promise;
  await turn();
  store.tryLead = tryLead;
  requests.open();

  writeFileSync(join(project.dir, 'open'), '');
  expect(statesOf(await finished)).toEqual({ gate: 'success' });
  expect(follower.session.leading).toBe(true);
});

test.each<[string, (orch: Opened, runNo: RunNo) => Promise<{ readonly state: string }>]>([
  ['watches a run', async (orch, runNo) => (await orch.finish(runNo)).run],
  ['waits for the end of a run', (orch, runNo) => orch.session.finished(runNo)],
])('who begins to lead just before it %s leads that run', async (_, follow) => {
  await using project = tempProject(FILES);
  const first = await project.open();
  const runNo = await first.trigger('gated');
  const leads = Promise.withResolvers<void>();
  await using follower = await project.open({ onLead: leads.resolve });
  await first[Symbol.asyncDispose]();
  await leads.promise;
  writeFileSync(join(project.dir, 'open'), '');
  expect(await follow(follower, runNo)).toMatchObject({ state: 'success' });
});
