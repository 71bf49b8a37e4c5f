import { Random } from '../../unit/planner/random.ts';
import type { Victim } from '../history.ts';
import type { Operation } from '../kill-points.ts';
import type { StoreKind } from '../plan.ts';
import { type ArmedPoint, PLACES, type Place, type When } from './points.ts';

/** Who is struck from outside. */
export type ScheduleVictim = Exclude<Victim, 'follower'>;

/** When a fault from outside strikes. */
export interface Moment {
  /** So many commits or signs of life of bodies later... */
  readonly after: 'commit' | 'witness';
  readonly count: number;
  /** ...and then so much later. */
  readonly ms: number;
}

/** What somebody asks for, or edits, right before a fault is planned to strike. */
export type Errand = 'pause or unpause' | 'backfill' | 'trigger' | 'edit';

type PlannedPoint = Omit<ArmedPoint, 'id'>;

export type PlannedFault = { readonly errand: Errand | null } & (
  | {
      readonly kind: 'kill';
      readonly victim: ScheduleVictim;
      readonly moment: Moment;
      readonly which: number;
    }
  | {
      readonly kind: 'stop';
      readonly victim: 'leader' | 'standby' | 'keeper' | 'runner';
      readonly moment: Moment;
      readonly which: number;
      readonly stopMs: number;
    }
  /** A process strikes itself; one that is stopped goes on after `stopMs`. */
  | { readonly kind: 'point'; readonly point: PlannedPoint; readonly stopMs: number }
  /** The leader is killed, and who takes over strikes itself while it does. */
  | { readonly kind: 'take-over'; readonly point: PlannedPoint; readonly stopMs: number }
);

/** A round of schedulers, all of it from its seed. */
export interface SchedulePlan {
  readonly faults: readonly PlannedFault[];
  /** Whether runs are deleted soon after their end. */
  readonly isCleared: boolean;
}

/** Planned faults of a round; some of them are two. */
const FAULTS = 7;
const VICTIMS: readonly ScheduleVictim[] = [
  ...(['leader', 'leader', 'leader', 'standby', 'standby'] as const),
  ...(['keeper', 'runner', 'runner', 'command', 'keeper+leader'] as const),
];
/** Calls that a leader makes again and again. */
const ROUTINE: readonly Place[] = [
  'slot',
  'slot',
  'slot',
  'answer',
  'tick',
  'handOver',
  'handOver',
  'reload',
];
const OF_TAKE_OVER: readonly Place[] = ['lead', 'takeUp', 'schedule', 'slot', 'tick'];
const ERRANDS: readonly Errand[] = ['pause or unpause', 'pause or unpause', 'backfill', 'trigger'];
/** About as many operations as processes make within a second. */
const OPERATIONS = { sqlite: 150, pg: 60, file: 15, spawn: 2, socket: 30 } as const;

/** The faults of one round. */
export function planSchedules(seed: number, store: StoreKind): SchedulePlan {
  const random = new Random(seed);
  const isCleared = random.chance(0.35);
  const faults = Array.from({ length: FAULTS }, () => planFault(random, store, isCleared));
  return { faults, isCleared };
}

function planFault(random: Random, store: StoreKind, isCleared: boolean): PlannedFault {
  const errand = random.chance(0.25) ? random.pick([...ERRANDS, 'edit' as const]) : null;
  const kind = random.next();
  const stopMs = planStop(random, store);
  if (kind < 0.32) {
    const place = random.pick(ROUTINE);
    const point = { role: 'leader', ...whenAt(random, store, place), ...strength(random) } as const;
    return { errand: errandOf(random, place) ?? errand, kind: 'point', stopMs, point };
  }
  if (kind < 0.44) {
    const place = random.pick(isCleared ? [...OF_TAKE_OVER, 'janitor' as const] : OF_TAKE_OVER);
    const point = { role: 'leader', ...whenAt(random, store, place), ...strength(random), nth: 1 } as const;
    return { errand, kind: 'take-over', stopMs, point };
  }
  if (kind < 0.62) return { errand, kind: 'point', stopMs, point: planOperation(random, store) };
  const moment = planMoment(random);
  if (kind < 0.72) {
    const victim = random.pick(['leader', 'leader', 'standby', 'keeper', 'runner'] as const);
    return { errand, kind: 'stop', victim, moment, which: random.next(), stopMs };
  }
  return { errand, kind: 'kill', victim: random.pick(VICTIMS), moment, which: random.next() };
}

/** Without somebody who asks there is no answer, and no reload without an edit. */
function errandOf(random: Random, place: Place): Errand | null {
  if (place === 'answer') return random.pick(ERRANDS);
  return place === 'reload' ? 'edit' : null;
}

/** Commits of SQLite are done at once: nothing happens during one that a process could do to itself. */
function whenAt(random: Random, store: StoreKind, place: Place): { place: Place; when: When } {
  const isAtOnce = place === 'handOver' || (store === 'sqlite' && PLACES[place].startsWith('commit'));
  return { place, when: random.pick(isAtOnce ? ['before', 'after'] : ['before', 'during', 'after']) };
}

function strength(random: Random): Pick<PlannedPoint, 'signal' | 'nth'> {
  return { signal: random.chance(0.15) ? 'SIGSTOP' : 'SIGKILL', nth: 1 + random.upTo(2) };
}

function planOperation(random: Random, store: StoreKind): PlannedPoint {
  const role = random.chance(0.75) ? 'leader' : 'keeper';
  const database = store === 'sqlite' ? 'sqlite' : 'pg';
  const ofLeader: readonly Operation[] = [database, database, database, 'file', 'socket'];
  const operation = random.pick(role === 'leader' ? ofLeader : (['file', 'spawn', 'socket'] as const));
  const nth = 1 + random.upTo(OPERATIONS[operation] - 1);
  const when = random.pick(['before', 'after'] as const);
  return { role, place: operation, when, nth, signal: random.chance(0.1) ? 'SIGSTOP' : 'SIGKILL' };
}

function planMoment(random: Random): Moment {
  const ms = random.chance(0.5) ? 0 : random.upTo(80);
  return random.chance(0.5)
    ? { after: 'commit', count: 1 + random.upTo(9), ms }
    : { after: 'witness', count: 1 + random.upTo(5), ms };
}

/** Now and then, where a lead is a lease, for longer than one may last. */
function planStop(random: Random, store: StoreKind): number {
  if (store === 'postgres' && random.chance(0.1)) return 5_000 + random.upTo(1_000);
  return 50 + random.upTo(1_200);
}

/** Where a point is, in words. */
export function pointText({ role, place, when, nth, signal }: PlannedPoint): string {
  const name = place in PLACES ? PLACES[place as Place] : `${place} of the ${role}`;
  return `${when} ${name} (${nth})${signal === 'SIGSTOP' ? ', stopped' : ''}`;
}
