import type { NodeNo, RunNo, RunUid, TryNo } from './ids.ts';
import type { RunState, TaskState } from './states.ts';

/**
 * The rules over several rows or tables that no constraint can hold, by their names, each with what is so
 * where it is broken. A repair goes through them in this order: first the numbers that its own lines of the
 * journal are counted by, then what is there without its owner, then the journal, which must agree with a
 * row before the row is changed.
 */
export const RULES = {
  counter_behind: 'numbers of runs or journal lines are above the last one given',
  unreadable_text: 'stored texts cannot be read as the JSON that their column holds',
  orphaned_instance: 'task instances belong to no run',
  orphaned_attempt: 'past attempts belong to no task instance, or are newer than its last attempt',
  orphaned_output: 'outputs belong to no attempt',
  instance_unlike_journal: 'task instances differ from their last line in the journal',
  run_unlike_journal: 'runs differ from their last line in the journal',
  unfinished_instance: 'finished runs have unfinished task instances',
  slot_after_cursor: 'slots are later than the instant up to which those of their DAG are decided',
  overlapping_slots: 'slots of a DAG overlap',
  slot_of_other_dag: 'slots name a run of another DAG',
  slot_of_other_instant: 'slots name a run that was due at another time',
  version_of_other_dag: 'runs and their versions are of different DAGs',
  missing_row: 'rows name a row of another table that is not there',
  damaged_file: 'the database file is damaged',
} as const;

/** The name of a rule: stable, for programs and the journal. */
export type Rule = keyof typeof RULES;

/** The names of all rules, in the order in which they are repaired. */
export const RULE_NAMES = Object.keys(RULES) as readonly Rule[];

/** What a row that breaks a rule is about, as far as the rule knows. */
export interface Place {
  readonly dagId: string | null;
  readonly runNo: RunNo | null;
  /** `null` for a run that is not there. */
  readonly runUid: RunUid | null;
  readonly nodeNo: NodeNo | null;
  /** Of an attempt or an output. */
  readonly tryNo: TryNo | null;
  /** When the first slot of a span was due. */
  readonly slotAt: number | null;
}

/** What rules tell of the rows that break them, beside their place. */
export interface BrokenFacts {
  readonly counter_behind: {
    readonly counter: 'run' | 'line';
    readonly value: number;
    /** The greatest number that is in use. */
    readonly used: number;
  };
  readonly unreadable_text: TextPlace & {
    /** Whether a repair writes what the text counts as, or removes its row; `null`: neither. */
    readonly mend: 'empty' | 'row' | null;
    /** Why it is left, and what to do instead. */
    readonly left: string | null;
  };
  readonly orphaned_instance: object;
  readonly orphaned_attempt: OrphanFacts;
  readonly orphaned_output: OrphanFacts;
  readonly instance_unlike_journal: {
    readonly state: TaskState;
    readonly attempt: TryNo;
    readonly journalState: TaskState;
    readonly journalAttempt: TryNo;
  };
  readonly run_unlike_journal: { readonly state: RunState; readonly journalState: RunState };
  readonly unfinished_instance: {
    readonly state: TaskState;
    readonly attempt: TryNo;
    /** The greatest attempt that the journal knows of it; `null` if it knows none. */
    readonly journalAttempt: TryNo | null;
  };
  readonly slot_after_cursor: { readonly lastAt: number; readonly cursorAt: number | null };
  readonly overlapping_slots: {
    readonly lastAt: number;
    /** When the last slot of an earlier span was due: the one that goes on for longest. */
    readonly earlierLastAt: number;
    /** The earlier span tells the same of all slots of this one. */
    readonly isRepeated: boolean;
  };
  readonly slot_of_other_dag: { readonly runDagId: string };
  readonly slot_of_other_instant: { readonly logicalAt: number | null };
  readonly version_of_other_dag: { readonly versionDagId: string };
  readonly missing_row: { readonly table: string; readonly missingFrom: string };
  readonly damaged_file: { readonly report: string };
}

/** A text in a row of a table. */
export interface TextPlace {
  readonly table: string;
  readonly column: string;
  /** By what the row is found: columns with their values. */
  readonly key: { readonly [column: string]: string | number };
}

interface OrphanFacts {
  /** The last attempt of the task instance; `null` without one. */
  readonly lastAttempt: TryNo | null;
}

/** A row that breaks a rule. */
export type BrokenRow<R extends Rule = Rule> = Place & BrokenFacts[R];

/** A rule that is broken: by how many rows, and by which, of which a few may stand for all. */
export type Violation = {
  readonly [R in Rule]: {
    readonly rule: R;
    readonly count: number;
    readonly rows: readonly BrokenRow<R>[];
  };
}[Rule];

/** How people are told which text is meant. */
export function textPlaceText({ table, column, key }: TextPlace): string {
  const row = Object.entries(key).map(([name, value]) => `${name} ${value}`);
  return `${column} of ${table} (${row.join(', ')})`;
}

/** What is wrong, as one sentence. */
export function violationText({ rule, count }: Violation): string {
  return `${count} times: ${RULES[rule]}.`;
}
