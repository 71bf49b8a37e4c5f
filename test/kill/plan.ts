import { Random } from '../unit/planner/random.ts';
import type { Victim } from './history.ts';
import type { Operation } from './kill-points.ts';

export type StoreKind = 'sqlite' | 'postgres';

/** When a fault strikes, counted from the moment that the one before it was over. */
export type Moment =
  /** So long after the newest command line was started. */
  | { readonly after: 'start'; readonly ms: number }
  /** Once a request is in the store. */
  | { readonly after: 'request'; readonly ms: number }
  /** So many beginnings and ends of attempts later. */
  | { readonly after: 'witness'; readonly count: number; readonly ms: number }
  /** So many events of `--json` later. */
  | { readonly after: 'event'; readonly count: number; readonly ms: number }
  /** When the run is finished, and its command line is not. */
  | { readonly after: 'finish'; readonly ms: number };

/** A place inside a process where it kills itself. */
export interface Point {
  readonly role: 'leader' | 'keeper';
  readonly operation: Operation;
  readonly when: 'before' | 'after';
  readonly nth: number;
}

/** Rounds of triggers have no standby. */
type Struck = Exclude<Victim, 'standby'>;

interface Surroundings {
  /** A second command line watches, and takes the lead over. */
  readonly follower: boolean;
  /** How the next start goes on. */
  readonly again: 'trigger' | 'retry';
  /** The next start waits until nothing of the dead leader lives, so that its keeper alone has to end it. */
  readonly waits: boolean;
}

export type PlannedFault = Surroundings &
  (
    | { readonly kind: 'kill'; readonly victim: Struck; readonly moment: Moment; readonly which: number }
    | { readonly kind: 'stop'; readonly moment: Moment; readonly stopMs: number }
    /** The command line that is started next carries the point. */
    | { readonly kind: 'point'; readonly point: Point }
  );

/** An attempt may be lost three times before its task fails, so no run meets more faults. */
export const FAULTS_MAX = 3;
const VICTIMS: readonly Struck[] = [
  'leader',
  'leader',
  'leader',
  'keeper',
  'runner',
  'command',
  'command',
  'follower',
  'keeper+leader',
];
/** About as many operations of a kind as a run has in a process. */
const OPERATIONS = {
  leader: { sqlite: 400, pg: 160, file: 40, spawn: 2, socket: 70 },
  keeper: { sqlite: 0, pg: 0, file: 42, spawn: 10, socket: 14 },
} as const;

/** The faults of one round, all of them from its seed. */
export function planRound(seed: number, store: StoreKind): PlannedFault[] {
  const random = new Random(seed);
  return Array.from({ length: FAULTS_MAX - random.upTo(1) }, (_, no) => planFault(random, store, no));
}

function planFault(random: Random, store: StoreKind, no: number): PlannedFault {
  const around: Surroundings = {
    follower: random.chance(0.35),
    again: random.chance(0.3) ? 'retry' : 'trigger',
    waits: random.chance(0.5),
  };
  const kind = random.next();
  if (kind < 0.3) return { ...around, kind: 'point', point: planPoint(random, store) };
  const moment = planMoment(random, no);
  if (kind < 0.38) return { ...around, kind: 'stop', moment, stopMs: planStop(random, store) };
  const victim = random.pick(VICTIMS);
  const follower = around.follower || victim === 'follower';
  return { ...around, follower, kind: 'kill', victim, moment, which: random.next() };
}

function planMoment(random: Random, no: number): Moment {
  const ms = random.chance(0.5) ? 0 : random.upTo(60);
  const kind = random.next();
  if (no === 0 && kind < 0.08) return { after: 'request', ms: random.upTo(25) };
  if (kind < 0.25) return { after: 'start', ms: random.upTo(2_000) };
  if (kind < 0.3) return { after: 'finish', ms: random.upTo(30) };
  if (kind < 0.65) return { after: 'witness', count: 1 + random.upTo(7), ms };
  return { after: 'event', count: 1 + random.upTo(9), ms };
}

/** Now and then longer than the lease of PostgreSQL lasts. */
function planStop(random: Random, store: StoreKind): number {
  if (store === 'postgres' && random.chance(0.1)) return 16_000 + random.upTo(2_000);
  return 50 + random.upTo(1_500);
}

function planPoint(random: Random, store: StoreKind): Point {
  const role = random.chance(0.7) ? 'leader' : 'keeper';
  const database = store === 'sqlite' ? 'sqlite' : 'pg';
  const operations: readonly Operation[] =
    role === 'leader'
      ? [database, database, database, 'file', 'spawn', 'socket']
      : ['file', 'spawn', 'socket'];
  const operation = random.pick(operations);
  // Early ones more often: the start of a process has the most different steps.
  const nth = 1 + Math.floor(random.next() * random.next() * OPERATIONS[role][operation]);
  return { role, operation, when: random.chance(0.5) ? 'before' : 'after', nth };
}

/** A moment or point in words. */
export function momentText(fault: PlannedFault): string {
  if (fault.kind === 'point') {
    const { role, operation, when, nth } = fault.point;
    return `${when} ${operation} ${nth} of the ${role}`;
  }
  const { moment } = fault;
  const count = 'count' in moment ? ` ${moment.count}` : '';
  const stop = fault.kind === 'stop' ? `, stopped for ${fault.stopMs} ms` : '';
  return `${moment.ms} ms after ${moment.after}${count}${stop}`;
}
