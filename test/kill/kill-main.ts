import { parseArgs } from 'node:util';
import { startPostgres } from '../postgres/embedded-postgres.ts';
import { type PlayedRound, playCampaign, ROUND_KINDS, tally } from './campaign.ts';
import { killAllStarted } from './orch-process.ts';

const USAGE = `npm run kill -- [--kind triggers|schedules|swarm] [--kills 100] [--seed 1]
            [--store sqlite|postgres] [--jobs 1] [--keep]
Runs a DAG again and again, or schedulers with many, or one with many short tasks, kills their processes
meanwhile, and checks from outside what is promised.
--jobs  rounds at once     --keep  keep the project of a round with violations
Ctrl-C lets the rounds under way end and counts.`;

const { values } = parseArgs({
  options: {
    kind: { type: 'string', default: 'triggers' },
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    store: { type: 'string', default: 'sqlite' },
    jobs: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function sayRound({ seed, dir, faults: struck, violations }: PlayedRound): void {
  const faults = struck.map((fault) => `${fault.victim} ${fault.moment}`).join('; ');
  say(`round ${seed}: ${faults || 'no fault struck'}${violations.length === 0 ? '' : `  (${dir})`}`);
  for (const text of violations) say(`  VIOLATION ${text}`);
}

async function main(): Promise<number> {
  const [kills, seed, jobs] = [values.kills, values.seed, values.jobs].map(Number) as [
    number,
    number,
    number,
  ];
  const isKnown = values.store === 'sqlite' || values.store === 'postgres';
  const kind = ROUND_KINDS.find((one) => one === values.kind);
  if (
    values.help ||
    !isKnown ||
    kind === undefined ||
    ![kills, seed, jobs].every((one) => Number.isInteger(one) && one > 0)
  ) {
    say(USAGE);
    return values.help ? 0 : 2;
  }
  const server = values.store === 'postgres' ? await startPostgres({ fsync: false }) : null;
  if (server && 'unavailable' in server) {
    say(`PostgreSQL cannot be started: ${server.unavailable}`);
    return 2;
  }
  const store = server ? ({ kind: 'postgres', url: server.url } as const) : ({ kind: 'sqlite' } as const);
  try {
    say(`${kind}, seed ${seed}, store ${values.store}, ${kills} faults`);
    const enough = new AbortController();
    process.once('SIGINT', () => enough.abort());
    for (const signal of ['SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => {
        killAllStarted();
        process.exit(1);
      });
    const options = {
      kind,
      kills,
      seed,
      store,
      jobs,
      keep: values.keep,
      enough: enough.signal,
      onRound: sayRound,
    };
    const rounds = await playCampaign(options);
    const result = tally(rounds);
    say(JSON.stringify({ kind, seed, store: values.store, ...result }, null, 2));
    return result.violations === 0 ? 0 : 1;
  } finally {
    await server?.stop();
  }
}

process.exitCode = await main();
