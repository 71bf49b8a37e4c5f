import type { Action, Answer } from '../../core/model/action.ts';
import type { AttemptOrder } from '../../core/model/attempt.ts';
import type { HookRecord } from '../../core/model/hook.ts';
import type { Request } from '../../core/model/request.ts';
import type { AttemptRecord, ExpansionRecord, InstanceRecord, RunRecord } from '../../core/model/run.ts';
import type { SlotSpan } from '../../core/model/slot.ts';
import type { Limits } from '../../core/planner/world.ts';
import type { DagRecord, JournalRecord, VersionRecord } from '../../core/store/store.ts';

/** What a body of a task said of itself, outside the store. */
export interface Witness {
  /** `GONE`: its process was killed. */
  readonly word: 'START' | 'END' | 'GONE';
  readonly attemptId: string;
  readonly atMono: number;
  readonly at: number;
  /** Of the leader that had it started. */
  readonly epoch: number;
  /** The newest epoch at that time. */
  readonly leads: number;
  /** Transactions written by then. */
  readonly seq: number;
  /** Of `START`: the inputs by name. */
  readonly inputs?: { readonly [name: string]: string | null };
  /** Of `START`: what the attempts before it left, which put the task off. */
  readonly wait?: AttemptOrder['wait'];
  /** Of `END`. */
  readonly outcome?: string;
  /** Of `END` in a wide world: how it put its task off. */
  readonly deferral?: { readonly afterMs: number | null; readonly state: string | null };
  /** Of `END` in a wide world: what a success gave. */
  readonly output?: string | null;
}

/** One request as its asker saw it. */
export interface Asked {
  readonly inboxId: number;
  readonly request: Request;
  readonly at: number;
  readonly answer: Answer | null;
}

/** One transaction of a leader that was written. */
export interface Written {
  readonly tick: number;
  readonly epoch: number;
  readonly leads: number;
  readonly at: number;
  readonly atMono: number;
  readonly actions: readonly Action[];
}

/** A fault that struck, or a thing that happened. */
export interface Struck {
  readonly kind: string;
  readonly atMono: number;
  readonly at: number;
}

/** A run with all that the store has of it. */
export interface RunHistory {
  readonly run: RunRecord;
  readonly version: VersionRecord;
  readonly expansions: readonly ExpansionRecord[];
  readonly instances: readonly InstanceRecord[];
  readonly attempts: ReadonlyMap<number, readonly AttemptRecord[]>;
  readonly journal: readonly JournalRecord[];
}

/** How far a hook had come when a leader stored it. */
export interface HookSave {
  readonly job: HookRecord;
  readonly epoch: number;
  readonly at: number;
  readonly atMono: number;
}

/** An instance that waits for a slot while nothing else happens. */
export interface Waiting {
  readonly runNo: number;
  readonly nodeNo: number;
}

/** Everything that is known of one world, from the store and from outside. */
export interface SimHistory {
  readonly seed: number;
  readonly limits: Limits;
  readonly runs: readonly RunHistory[];
  readonly versions: ReadonlyMap<number, VersionRecord>;
  readonly dags: readonly DagRecord[];
  /** By DAG, oldest first. */
  readonly slots: ReadonlyMap<string, readonly SlotSpan[]>;
  readonly journal: readonly JournalRecord[];
  readonly witness: readonly Witness[];
  readonly asked: readonly Asked[];
  readonly written: readonly Written[];
  readonly struck: readonly Struck[];
  /** What the leaders were told of DAGs, and after how many transactions. */
  readonly seen: readonly {
    readonly dagId: string;
    readonly versionNo: number;
    readonly afterTicks: number;
    readonly at: number;
    /** It is due at other times than as it was known before, and had slots by then. */
    readonly isRescheduled: boolean;
  }[];
  /** Every hook job that the store has at the end. */
  readonly hooks: readonly HookRecord[];
  /** What hooks said of themselves. */
  readonly hookWitness: readonly Witness[];
  /** How far leaders said that hooks have come, in the order in which that was stored. */
  readonly hookSaves: readonly HookSave[];
  /** What the check of integrity of the store found. */
  readonly problems: readonly string[];
  /** Ready instances seen waiting at moments when nothing happened, and after how many transactions. */
  readonly idle: readonly { readonly seq: number; readonly waiting: readonly Waiting[] }[];
  /** Instances seen waiting for a past that lets them run, at moments when nothing happened. */
  readonly unwoken: readonly Waiting[];
  /** Instances put off that were still so at such a moment, long after their time had come. */
  readonly overdue: readonly (Waiting & { readonly atMono: number })[];
  /** The world stopped being told to do things then. */
  readonly calmAtMono: number;
  readonly calmAt: number;
  /** What there was when the calm had lasted for a while, before every DAG was taken away. */
  readonly calm: {
    readonly at: number;
    readonly ticks: number;
    readonly dags: readonly DagRecord[];
    /** What files declare. */
    readonly declared: readonly string[];
    /** DAGs whose slots could not be decided, and why. */
    readonly faults: readonly string[];
  };
  /** When memory differed from the store, of what. */
  readonly stale: readonly {
    readonly atMono: number;
    readonly runs: readonly number[];
    readonly dags: readonly string[];
  }[];
  /** Errors inside of leaders that the simulation did not make. */
  readonly defects: readonly string[];
  /** Why the world could not be played to its end. */
  readonly givenUp: string | null;
}

/** What was found wrong: the invariant, and what exactly. */
export interface Violation {
  readonly invariant: string;
  readonly text: string;
}
