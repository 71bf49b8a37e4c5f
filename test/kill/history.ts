import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the bodies of tasks said of themselves, in the order in which they wrote it. */
export interface WitnessLine {
  readonly word: 'START' | 'SAW' | 'END' | 'CHILD' | 'BEAT';
  readonly attemptId: string;
  /** The attempt id without its last part. */
  readonly instance: string;
  readonly tryNo: number;
  readonly pid: number;
  /** Of `SAW`: processes of earlier attempts that lived then. */
  readonly saw: readonly number[];
  /** Of `START` of a function: its wall time in epoch milliseconds. */
  readonly at: number | null;
}

/** Who can be struck. */
export type Victim = 'leader' | 'follower' | 'standby' | 'keeper' | 'runner' | 'command' | 'keeper+leader';

/** One fault that happened. */
export interface Fault {
  readonly kind: 'kill' | 'stop' | 'point';
  readonly victim: Victim;
  /** When: in words, and as a class for counting. */
  readonly moment: string;
  readonly momentKind: string;
  /** How long processes of a dead leader lived on; absent where it was not measured. */
  readonly goneAfterMs?: number;
}

/** One start of a command line. */
export interface Launch {
  readonly pid: number;
  readonly command: 'trigger' | 'retry' | 'watch';
  /** The id of the unfinished run that was stored when it started. */
  readonly expects: string | null;
  readonly started: { readonly runId: string; readonly resumed: boolean } | null;
  readonly code: number | null;
  readonly signal: string | null;
  /** Whether another command line was at work all the time, so that it might lead. */
  readonly hadCompany: boolean;
  readonly errors: string;
}

/** A line of the journal as far as the checks read it. */
export interface StoredLine {
  readonly seq: number;
  readonly epoch: number;
  readonly nodeNo: number | null;
  readonly tryNo: number | null;
  readonly from: string;
  readonly to: string;
}

export interface StoredTask {
  readonly nodeNo: number;
  readonly name: string;
  readonly state: string;
  readonly attempts: number;
  readonly output: unknown;
}

export interface StoredRun {
  readonly runNo: number;
  readonly runId: string;
  readonly state: string;
  readonly tasks: readonly StoredTask[];
  readonly journal: readonly StoredLine[];
}

/** What the store said at the end. */
export interface Stored {
  readonly runs: readonly StoredRun[];
  readonly unanswered: number;
  /** What its own check of integrity found. */
  readonly problems: readonly string[];
  /** The process that leads by the store: `null` if the last leader gave the lead back. */
  readonly leaderPid: number | null;
}

/** Everything that is known of one round from outside and from the store. */
export interface History {
  readonly witness: readonly WitnessLine[];
  readonly faults: readonly Fault[];
  readonly launches: readonly Launch[];
  readonly stored: Stored;
  /** Why the round was given up, if it was. */
  readonly givenUp: string | null;
  /** Processes of the project that lived 5 s after its last command line. */
  readonly leftAtEnd: number;
}

/** Reads the witness of a project. A line that is being written when its process dies is whole or absent. */
export function readWitness(dir: string): WitnessLine[] {
  const file = join(dir, 'witness.log');
  return existsSync(file) ? parseWitness(readFileSync(file, 'utf8')) : [];
}

export function parseWitness(text: string): WitnessLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [word, attemptId = '', pid, , more = '-'] = line.split(' ');
      const at = attemptId.lastIndexOf('.');
      const saw = word === 'SAW' && more !== '-' ? more.split(',').filter(Boolean).map(Number) : [];
      return {
        word: word as WitnessLine['word'],
        attemptId,
        instance: attemptId.slice(0, at),
        tryNo: Number(attemptId.slice(at + 1)),
        pid: Number(pid),
        saw,
        at: word === 'START' && more !== '-' ? Number(more) : null,
      };
    });
}
