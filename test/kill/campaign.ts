import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Fault, History } from './history.ts';
import { planRound } from './plan.ts';
import { makeProject, removeProject } from './project-folder.ts';
import { Round } from './round.ts';
import { postgresEye, type StoreEye, sqliteEye } from './store-eye.ts';
import { gaveUpSlowly, violations } from './violations.ts';

export interface CampaignOptions {
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
  readonly history: History;
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
      struck += round.history.faults.length;
      rounds.push(round);
      options.onRound(round);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, worker));
  return rounds;
}

/** Plays the round of one seed. */
export async function playRound(options: CampaignOptions, seed: number): Promise<PlayedRound> {
  const { store, keep } = options;
  const place = await openPlace(store);
  try {
    const history = await new Round(place.dir, place.eye).play(planRound(seed, store.kind));
    const found = violations(history);
    await place.eye.close();
    if (!(keep && found.length > 0)) await place.remove();
    return { seed, dir: place.dir, history, violations: found };
  } catch (error) {
    await place.eye.close();
    throw error;
  }
}

interface Place {
  readonly dir: string;
  readonly eye: StoreEye;
  remove(): Promise<void>;
}

async function openPlace(store: CampaignOptions['store']): Promise<Place> {
  if (store.kind === 'sqlite') {
    const dir = makeProject('{}\n');
    return { dir, eye: sqliteEye(dir), remove: async () => removeProject(dir) };
  }
  const name = `kill_${randomUUID().replaceAll('-', '')}`;
  await onServer(store.url, `create database ${name}`);
  const url = store.url.replace(/[^/]*$/, name);
  const dir = makeProject(`store: { kind: postgres, url: "${url}" }\n`);
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
  const faults = rounds.flatMap((round) => round.history.faults);
  const gone = faults.flatMap(({ goneAfterMs }) => (goneAfterMs === undefined ? [] : [goneAfterMs]));
  return {
    rounds: rounds.length,
    faults: faults.length,
    kills: faults.filter((fault) => fault.kind !== 'stop').length,
    stops: faults.filter((fault) => fault.kind === 'stop').length,
    byVictim: counts(faults, (fault) => (fault.kind === 'stop' ? 'leader stopped' : fault.victim)),
    byMoment: counts(faults, (fault) => fault.momentKind),
    attempts: rounds.reduce((all, { history }) => all + startsOf(history), 0),
    starts: rounds.reduce((all, { history }) => all + history.launches.length, 0),
    slowStarts: rounds.flatMap(({ history }) => history.launches).filter(gaveUpSlowly).length,
    gone: { measured: gone.length, longestMs: Math.max(0, ...gone) },
    violations: rounds.reduce((all, round) => all + round.violations.length, 0),
  };
}

function startsOf(history: History): number {
  return history.witness.filter(({ word }) => word === 'START').length;
}

function counts(faults: readonly Fault[], nameOf: (fault: Fault) => string): { [name: string]: number } {
  const found: { [name: string]: number } = {};
  for (const fault of faults) found[nameOf(fault)] = (found[nameOf(fault)] ?? 0) + 1;
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}
