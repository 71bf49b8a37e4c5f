import { parseArgs } from 'node:util';
import { startPostgres } from '../test/postgres/embedded-postgres.ts';
import type { Measurement, Summary } from './measurement.ts';
import { otherFigures } from './other-figures.ts';
import { quiet } from './quiet.ts';
import { closingText, workloadText } from './report.ts';
import type { BenchResults } from './results.ts';
import { readBaseline, thisMachine, writeResults } from './results.ts';
import { printScaling } from './scaling/print-scaling.ts';
import { summarize } from './summarize.ts';
import type { Services, SystemEntry } from './system.ts';
import { SystemProcess } from './system-process.ts';
import { SYSTEMS } from './systems/entries.ts';
import { startRedis } from './systems/redis-server.ts';
import type { WorkloadName } from './workloads.ts';
import { WORKLOAD_NAMES, WORKLOADS } from './workloads.ts';

const QUIET_MS_MAX = 20_000;
/** A quick look: fewer runs, short waits for a quiet machine, and nothing that takes seconds. */
const QUICK = { runs: 3, warmUps: 1, quietMsMax: 1000, without: ['W5', 'W6'] as readonly string[] };

const USAGE = `npm run bench -- [--only orch,limit,...] [--workloads W1,W2,...] [--runs 60] [--quick]
               [--save-baseline]
       npm run bench -- --only scheduler [--quick]   the scaling goals, no comparison
systems: ${SYSTEMS.map((one) => one.name).join(' ')}`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    workloads: { type: 'string' },
    runs: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'save-baseline': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** The servers that the chosen systems need, and why one is missing. */
async function startServices(entries: readonly SystemEntry[]) {
  const needs = (service: SystemEntry['needs']): boolean => entries.some((entry) => entry.needs === service);
  const postgres = needs('postgres') ? await startPostgres({ fsync: true }) : null;
  const redis = needs('redis') ? await startRedis() : null;
  const services: Services = {
    postgresUrl: postgres && 'url' in postgres ? postgres.url : null,
    redisPort: redis && 'port' in redis ? redis.port : null,
  };
  const missing = {
    postgres: postgres && 'unavailable' in postgres ? postgres.unavailable : null,
    redis: redis && 'unavailable' in redis ? redis.unavailable : null,
  };
  const stop = async (): Promise<void> => {
    if (postgres && 'stop' in postgres) await postgres.stop();
    if (redis && 'stop' in redis) await redis.stop();
  };
  return { services, missing, stop };
}

/** Opens the chosen systems, each in its process; those that cannot run are told with the reason. */
async function openSystems(
  entries: readonly SystemEntry[],
  services: Services,
  missing: Record<string, string | null>,
) {
  const processes: SystemProcess[] = [];
  const absent: Record<string, string> = {};
  for (const entry of entries) {
    const reason = entry.needs === null ? null : (missing[entry.needs] ?? null);
    try {
      if (reason !== null) throw new Error(reason);
      processes.push(await SystemProcess.open(entry.name, services));
      say(`${entry.name.padEnd(16)} ${entry.title}`);
    } catch (error) {
      absent[entry.name] = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
      say(`${entry.name.padEnd(16)} does not run here: ${absent[entry.name]}`);
    }
  }
  return { processes, absent };
}

/** Runs one workload on all systems in turns, so that what disturbs the machine disturbs all of them. */
async function runWorkload(name: WorkloadName, processes: readonly SystemProcess[]): Promise<Summary[]> {
  const { runs, warmUps } = options.quick ? QUICK : WORKLOADS[name];
  const rounds = options.runs === undefined ? runs : Number(options.runs);
  const able = processes.filter((one) =>
    SYSTEMS.find((entry) => entry.name === one.name)?.workloads.includes(name),
  );
  const measured = new Map<string, Measurement[]>();
  const failed = new Set<string>();
  for (let round = -warmUps; round < rounds; round++) {
    const first = Math.abs(round) % Math.max(1, able.length);
    for (const system of [...able.slice(first), ...able.slice(0, first)]) {
      if (failed.has(system.name)) continue;
      await quiet(options.quick ? QUICK.quietMsMax : QUIET_MS_MAX);
      try {
        const measurement = await system.run(name);
        if (round >= 0) measured.set(system.name, [...(measured.get(system.name) ?? []), measurement]);
      } catch (error) {
        failed.add(system.name);
        say(`${name} ${system.name} FAILED: ${error instanceof Error ? error.message : String(error)}`);
        process.exitCode = 1;
      }
    }
  }
  return able.flatMap((system) => {
    const list = failed.has(system.name) ? [] : (measured.get(system.name) ?? []);
    return list.length > 0 ? [summarize(list, measured.get('orch') ?? [])] : [];
  });
}

function chosen<T extends string>(text: string | undefined, all: readonly T[]): T[] {
  const names = text?.split(',');
  const unknown = names?.find((name) => !all.some((one) => one === name));
  if (unknown !== undefined) throw new Error(`there is no ${unknown}; choose from ${all.join(' ')}`);
  return all.filter((one) => names?.includes(one) ?? true);
}

async function main(): Promise<void> {
  if (options.help) return say(USAGE);
  if (options.only === 'scheduler') return printScaling(options.quick, say);
  const names = chosen(
    options.only,
    SYSTEMS.map((entry) => entry.name),
  );
  const workloads = chosen(options.workloads, WORKLOAD_NAMES).filter(
    (name) => !options.quick || options.workloads !== undefined || !QUICK.without.includes(name),
  );
  const entries = SYSTEMS.filter((entry) => names.includes(entry.name));
  const { cores, model, memoryGib, node } = thisMachine();
  say(`${cores} cores (${model}), ${memoryGib} GiB, Node ${node}\n`);
  const { services, missing, stop } = await startServices(entries);
  const { processes, absent } = await openSystems(entries, services, missing);
  const summaries: Summary[] = [];
  try {
    for (const workload of workloads) {
      summaries.push(...(await runWorkload(workload, processes)));
      say(`\n${workloadText(workload, summaries)}`);
    }
  } finally {
    await Promise.all(processes.map((one) => one.close()));
    await stop();
  }
  const figures =
    names.includes('orch') && options.workloads === undefined ? await otherFigures(options.quick) : [];
  const results: BenchResults = { machine: thisMachine(), summaries, figures, absent };
  say(`\n${closingText(results, readBaseline())}`);
  writeResults(results, options['save-baseline']);
}

// What the benchmark started ends with it: hosts by their closed channel, Redis by the handler of `exit`.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

await main();
