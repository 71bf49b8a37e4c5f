import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RunNo } from '../../core/model/ids.ts';
import { connectToLeader } from '../../core/scheduler/door.ts';
import { leaderSocket } from '../../core/scheduler/paths.ts';
import { openProject } from '../../core/scheduler/project.ts';
import { openSession } from '../../core/scheduler/session.ts';
import type { Store } from '../../core/store/store.ts';
import { seen } from './seen.ts';
import { type Opened, statesOf, tempProject, triggerRequest } from './temp-project.ts';

const FILES = {
  'dags/gated.yaml': "id: gated\ntasks: { gate: { run: 'until [ -e open ]; do sleep 0.02; done' } }\n",
};

/** Has the first lead of a store be lost when it is told to. */
function loseFirstLead(store: Store): () => void {
  const lost = Promise.withResolvers<void>();
  const tryLead = store.tryLead.bind(store);
  store.tryLead = async () => {
    const lease = await tryLead();
    if (lease === null) return null;
    store.tryLead = tryLead;
    return { ...lease, lost: lost.promise };
  };
  return lost.resolve;
}

/** Calls back when the store is asked for something for the first time. */
function atFirst(
  store: Store,
  name: 'lastEventNo' | 'dags' | 'unfinishedRuns' | 'backfills' | 'pins',
  act: () => void,
): void {
  const read = store[name].bind(store) as (...given: never[]) => Promise<never>;
  store[name] = async (...given: never[]) => {
    const found = await read(...given);
    store[name] = read;
    act();
    // Whoever is told that the lead is lost gets to it before this goes on.
    await turn();
    return found;
  };
}

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

test.each(['lastEventNo', 'dags', 'unfinishedRuns', 'pins'] as const)(
  'a scheduler whose lead is lost while it begins, at %s, leads again and leaves nothing behind',
  async (moment) => {
    await using made = tempProject({ 'dags/t.yaml': "id: t\ntasks: { a: { run: 'true' } }\n" });
    const project = await openProject(made.dir, { env: { PATH: process.env['PATH'] } });
    const [lose, leads] = [loseFirstLead(project.store), Promise.withResolvers<void>()];
    const watchers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length;
    const before = watchers();
    atFirst(project.store, moment, lose);
    const session = await openSession(project, { schedules: true, onLead: leads.resolve });
    await leads.promise;
    expect([session.leading, (await project.store.counters()).epoch]).toEqual([true, 2]);
    expect(await session.ask(triggerRequest('t'))).toMatchObject({ ok: true });
    await session.close('now');
    await project.close();
    expect(watchers()).toBe(before);
  },
);

test('a scheduler whose first look at the files fails looks again', async () => {
  await using made = tempProject({ 'dags/t.yaml': "id: t\ntasks: { a: { run: 'true' } }\n" });
  const project = await openProject(made.dir, { env: { PATH: process.env['PATH'] } });
  atFirst(project.store, 'pins', () => {
    throw new Error('the store is busy');
  });
  const session = await openSession(project, { schedules: true });
  const eye = await openProject(made.dir);
  expect(await seen(eye, () => eye.store.dag('t'))).toMatchObject({ present: true });
  await session.close('now');
  await Promise.all([project.close(), eye.close()]);
});
