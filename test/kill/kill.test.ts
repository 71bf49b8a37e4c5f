import { afterAll, describe, expect, it, test } from 'vitest';
import { systemClock } from '../../core/model/clock.ts';
import { openStore } from '../../core/store/open-store.ts';
import { startPostgres } from '../postgres/embedded-postgres.ts';
import { triggerRequest } from '../scheduler/temp-project.ts';
import { type CampaignOptions, playCampaign, type RoundKind, tally } from './campaign.ts';
import { CommandLine } from './command-line.ts';
import { makeProject, removeProject } from './project-folder.ts';
import { Round } from './round.ts';
import { sqliteEye } from './store-eye.ts';
import { violations } from './violations.ts';

const server = await startPostgres({ fsync: false });
const missing = 'unavailable' in server ? ` (skipped: ${server.unavailable})` : '';

afterAll(async () => {
  if ('stop' in server) await server.stop();
});

/** Plays rounds until so many faults have struck; what was wrong, with the seed that plays a round again. */
async function play(
  kind: RoundKind,
  store: CampaignOptions['store'],
  kills: number,
): Promise<{ faults: number; wrong: string[] }> {
  // Schedulers would be late for their slots beside others.
  const jobs = kind === 'triggers' ? 2 : 1;
  const rounds = await playCampaign({ kind, kills, seed: 7, store, jobs, keep: false, onRound: () => {} });
  const wrong = rounds.flatMap(({ seed, violations, faults }) =>
    violations.map((text) => `round ${seed}: ${text} (${faults.map((one) => one.moment).join('; ')})`),
  );
  return { faults: tally(rounds).faults, wrong };
}

// The witness looks at processes through /proc.
describe.runIf(process.platform === 'linux')('kill -9', () => {
  test.each<[RoundKind, number, string]>([
    ['triggers', 3, 'leaders, followers, keepers, runners and commands of `orch trigger`'],
    ['schedules', 1, 'leaders, standbys, keepers, runners and commands of `orch scheduler`'],
    ['swarm', 100, 'runners, commands and keepers of one `orch trigger`'],
  ])(
    '%s on SQLite, at %i drawn moments, of %s: nothing is lost or done twice, nothing outlives its leader',
    async (kind, kills) => {
      const { faults, wrong } = await play(kind, { kind: 'sqlite' }, kills);
      expect(wrong).toEqual([]);
      expect(faults).toBeGreaterThanOrEqual(kills);
    },
    300_000,
  );

  // Skipped only where no PostgreSQL can be started; the title says why.
  it.skipIf(missing !== '').each<[RoundKind, number]>([
    ['triggers', 1],
    ['schedules', 1],
    ['swarm', 100],
  ])(
    `%s on PostgreSQL, at %i drawn moments: the same holds${missing}`,
    async (kind, kills) => {
      const url = 'url' in server ? server.url : '';
      const { faults, wrong } = await play(kind, { kind: 'postgres', url }, kills);
      expect(wrong).toEqual([]);
      expect(faults).toBeGreaterThanOrEqual(kills);
    },
    300_000,
  );

  test('of a keeper before it says that it is up: another one is started', async () => {
    const dir = makeProject('{}\n');
    const point = { role: 'keeper', operation: 'socket', when: 'before', nth: 1 } as const;
    const fault = { kind: 'point', point, follower: false, again: 'trigger', waits: false } as const;
    const history = await new Round(dir, sqliteEye(dir), 90_000).play([fault]);
    expect(violations(history)).toEqual([]);
    expect(history.faults).toHaveLength(1);
    removeProject(dir);
  }, 120_000);

  test('between the request and the run: the same trigger goes on with that run', async () => {
    const dir = makeProject('{}\n');
    const path = `${dir}/.orch/orch.db`;
    const store = await openStore({ kind: 'sqlite', path, durability: 'normal', clock: systemClock });
    await store.migrate();
    await store.ask(triggerRequest('storm'), systemClock.now());
    await store.close();
    const mark = `${dir}/mark`;
    const again = { dir, command: 'trigger', name: 'storm', expects: null, point: null, mark } as const;
    const line = new CommandLine(again);
    await line.ended;
    expect(line.launch()).toMatchObject({ code: 0, started: { resumed: true } });
    expect(await sqliteEye(dir).runs()).toMatchObject([{ runId: line.runId, state: 'success' }]);
    removeProject(dir);
  }, 120_000);
});
