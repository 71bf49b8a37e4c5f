import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Fault, WitnessLine } from './history.ts';
import { planRound } from './plan.ts';
import { makeProject, removeProject } from './project-folder.ts';
import { Round } from './round.ts';
import type { TakeOver } from './schedules/history.ts';
import { planSchedules } from './schedules/plan.ts';
import { ScheduleRound } from './schedules/round.ts';
import { scheduleViolations } from './schedules/violations.ts';
import { postgresEye, type StoreEye, sqliteEye } from './store-eye.ts';
import { SwarmRound } from './swarm/round.ts';
import { swarmViolations } from './swarm/violations.ts';
import { gaveUpSlowly, violations } from './violations.ts';

/**
 * `triggers`: command lines that run a DAG. `schedules`: schedulers that lead and stand by. `swarm`: one
 * command line with many short attempts.
 */
export const ROUND_KINDS = ['triggers', 'schedules', 'swarm'] as const;
export type RoundKind = (typeof ROUND_KINDS)[number];

export interface CampaignOptions {
  readonly kind: RoundKind;
  readonly kills: number;
  readonly seed: number;
  readonly store: { readonly kind: 'sqlite' } | { readonly kind: 'postgres'; readonly url: string };
  /** Rounds at once. */
  readonly jobs: number;
  /** Projects of rounds with violations are not removed. */
  readonly keep: boolean;
  /** Aborts when no further round shall begin. */
  readonly enough?: AbortSignal;
  onRound(round: PlayedRound): void;
}

/** A round and what was wrong with it. */
export interface PlayedRound {
  readonly seed: number;
  readonly dir: string;
  readonly faults: readonly Fault[];
  readonly witness: readonly WitnessLine[];
  /** Every process that was started, with what it wrote to stderr. */
  readonly launches: readonly { readonly errors: string }[];
  readonly takeOvers: readonly TakeOver[];
  readonly violations: readonly string[];
}

/** Plays rounds until so many faults have struck. */
export async function playCampaign(options: CampaignOptions): Promise<readonly PlayedRound[]> {
  const rounds: PlayedRound[] = [];
  let struck = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (struck < options.kills && next < options.kills * 4 && !options.enough?.aborted) {
      const round = await playRound(options, options.seed * 1_000_003 + next++);
      struck += round.faults.length;
      rounds.push(round);
      options.onRound(round);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, worker));
  return rounds;
}

/** Plays the round of one seed. */
export async function playRound(options: CampaignOptions, seed: number): Promise<PlayedRound> {
  const { store, keep, kind } = options;
  const place = await openPlace(store, configOf(kind, seed, store.kind));
  const play = { triggers: playTriggers, schedules: playSchedules, swarm: playSwarm }[kind];
  try {
    const round = await play(place, seed, store.kind);
    await place.eye.close();
    if (!(keep && round.violations.length > 0)) await place.remove();
    return round;
  } catch (error) {
    await place.eye.close();
    throw error;
  }
}

type StoreKind = CampaignOptions['store']['kind'];

async function playTriggers({ dir, eye }: Place, seed: number, store: StoreKind): Promise<PlayedRound> {
  const history = await new Round(dir, eye).play(planRound(seed, store));
  const { faults, witness, launches } = history;
  return { seed, dir, faults, witness, launches, takeOvers: [], violations: violations(history) };
}

async function playSchedules({ dir, eye }: Place, seed: number, store: StoreKind): Promise<PlayedRound> {
  const history = await new ScheduleRound(dir, eye, store).play(planSchedules(seed, store));
  const { faults, witness, launches, takeOvers } = history;
  return { seed, dir, faults, witness, launches, takeOvers, violations: scheduleViolations(history) };
}

async function playSwarm({ dir, eye }: Place, seed: number): Promise<PlayedRound> {
  const history = await new SwarmRound(dir, eye, seed).play();
  const { faults, witness, launches } = history;
  return { seed, dir, faults, witness, launches, takeOvers: [], violations: swarmViolations(history) };
}

/** Attempts of schedulers may be lost as often as there are faults; some projects keep few runs. */
function configOf(kind: RoundKind, seed: number, store: StoreKind): string {
  if (kind === 'triggers') return '';
  if (kind === 'swarm') return 'defaults: { lostBudget: 1000 }\nrunners: { max: 8 }\n';
  const { isCleared } = planSchedules(seed, store);
  const retention = isCleared ? 'retention: { runs: 2s, keep: 3 }\n' : '';
  // Few runners: every leader starts its own.
  return `defaults: { lostBudget: 50 }\nrunners: { max: 3 }\n${retention}`;
}

interface Place {
  readonly dir: string;
  readonly eye: StoreEye;
  remove(): Promise<void>;
}

async function openPlace(store: CampaignOptions['store'], config: string): Promise<Place> {
  if (store.kind === 'sqlite') {
    const dir = makeProject(config === '' ? '{}\n' : config);
    return { dir, eye: sqliteEye(dir), remove: async () => removeProject(dir) };
  }
  const name = `kill_${randomUUID().replaceAll('-', '')}`;
  await onServer(store.url, `create database ${name}`);
  const url = store.url.replace(/[^/]*$/, name);
  const dir = makeProject(`store: { kind: postgres, url: "${url}" }\n${config}`);
  return {
    dir,
    eye: await postgresEye(url),
    remove: async () => {
      removeProject(dir);
      await onServer(store.url, `drop database ${name} with (force)`);
    },
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** How many faults struck whom and when, and what came of them. */
export function tally(rounds: readonly PlayedRound[]) {
  const faults = rounds.flatMap((round) => round.faults);
  const gone = faults.flatMap(({ goneAfterMs }) => (goneAfterMs === undefined ? [] : [goneAfterMs]));
  const quiet = rounds.flatMap(({ takeOvers }) => takeOvers.filter(({ hadCompany }) => !hadCompany));
  const launches = rounds.flatMap((round) => round.launches);
  return {
    rounds: rounds.length,
    faults: faults.length,
    kills: faults.filter((fault) => fault.kind !== 'stop').length,
    stops: faults.filter((fault) => fault.kind === 'stop').length,
    byVictim: counts(faults, ({ kind, victim }) => (kind === 'stop' ? `${victim} stopped` : victim)),
    byMoment: counts(faults, (fault) => fault.momentKind),
    attempts: rounds.reduce((all, { witness }) => all + startsOf(witness), 0),
    starts: launches.length,
    slowStarts: launches.filter(gaveUpSlowly).length,
    gone: { measured: gone.length, longestMs: Math.max(0, ...gone) },
    /** From SIGKILL of a leader until a standby led, and until it had written something. */
    ledAgain: spread(quiet.flatMap(({ ledMs }) => ledMs ?? [])),
    takeOver: spread(quiet.flatMap(({ tookMs }) => tookMs ?? [])),
    violations: rounds.reduce((all, round) => all + round.violations.length, 0),
  };
}

function startsOf(witness: readonly WitnessLine[]): number {
  return witness.filter(({ word }) => word === 'START').length;
}

function spread(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
  return { measured: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function counts(faults: readonly Fault[], nameOf: (fault: Fault) => string): { [name: string]: number } {
  const found: { [name: string]: number } = {};
  for (const fault of faults) found[nameOf(fault)] = (found[nameOf(fault)] ?? 0) + 1;
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}
