import type { BecauseCode, Facts } from '../model/because.ts';
import type { RunRecord } from '../model/run.ts';
import { isRunFinished } from '../model/states.ts';
import type { RunWorld } from './run-world.ts';

/** What an instance waits for in the run before, as `run.node`; a word for what is no instance. */
export type Blocker = string;

/** What was read of the runs before a run. */
export interface PastOffer {
  readonly runNo: number;
  /** {@link Pasts.changesOf} when the reading began; an offer from before a change is passed over. */
  readonly changes: number;
  /** The runs of the slots before, newest first, down to one whose scope leaves out nothing that counts. */
  readonly runs: readonly RunWorld[];
  /** Tasks that the last of them does not have, but a run before that one had. */
  readonly hadBefore: ReadonlySet<string>;
  /** It is the first slot of its backfill: it waits for nothing. */
  readonly isFirst: boolean;
}

/** What a run with cross-run rules knows of the runs before it. */
export class RunPast {
  readonly run: RunWorld;
  /** Newest first; `null` while that is not read. Unfinished ones are those in memory. */
  chain: RunWorld[] | null = null;
  hadBefore: ReadonlySet<string> = new Set();
  isFirst = false;
  /** It is being read. */
  isOffered = false;
  /** Instances that wait, by what they wait for. */
  readonly #waiting = new Map<Blocker, Set<number>>();

  constructor(run: RunWorld) {
    this.run = run;
  }

  /** Notes that an instance waits. */
  wait(node: number, blocker: Blocker): void {
    const nodes = this.#waiting.get(blocker);
    if (nodes) nodes.add(node);
    else this.#waiting.set(blocker, new Set([node]));
  }

  /** Takes the instances that wait for one thing, or for anything. */
  take(blocker?: Blocker): number[] {
    if (blocker !== undefined) {
      const nodes = this.#waiting.get(blocker) ?? [];
      this.#waiting.delete(blocker);
      return [...nodes];
    }
    const all = new Set([...this.#waiting.values()].flatMap((nodes) => [...nodes]));
    this.#waiting.clear();
    return [...all].sort((a, b) => a - b);
  }
}

/** Why an instance waits for its past. */
export interface PastBlock {
  readonly blocker: Blocker;
  readonly code: BecauseCode;
  readonly facts: Facts;
}

interface PastsOfDag {
  readonly runs: Map<number, RunPast>;
  changes: number;
}

/** Whether a run belongs to a slot: only such runs have a past, or are one. */
export function isOfSlot({ trigger, logicalAt }: RunRecord): boolean {
  return logicalAt !== null && (trigger === 'schedule' || trigger === 'backfill');
}

/**
 * The pasts of all runs in memory whose tasks ask for one. What changes is told to the runs that it concerns;
 * nothing is looked for. A DAG without cross-run rules costs one look into a map a run.
 */
export class Pasts {
  /** Pasts that are to be read. */
  readonly unread = new Set<RunPast>();
  /** Pasts of which more has changed than the state of an instance: all that waits is decided anew. */
  readonly changed = new Set<RunPast>();
  readonly #byDag = new Map<string, PastsOfDag>();

  /** The past of a run; `undefined` if nothing of it asks for one. */
  of({ record }: RunWorld): RunPast | undefined {
    return this.#byDag.get(record.dagId)?.runs.get(record.runNo);
  }

  /** Counts the runs of a DAG that came into memory or left it, as far as that matters to anybody. */
  changesOf(dagId: string): number {
    return this.#byDag.get(dagId)?.changes ?? 0;
  }

  /** A run came into memory. */
  add(run: RunWorld): void {
    if (!isOfSlot(run.record)) return;
    const { dagId, runNo } = run.record;
    let dag = this.#byDag.get(dagId);
    if (dag) {
      dag.changes++;
      for (const past of dag.runs.values()) if (past.chain !== null) this.#meet(past, past.chain, run);
    }
    if (!run.templates.usesPast) return;
    if (!dag) {
      dag = { runs: new Map(), changes: 0 };
      this.#byDag.set(dagId, dag);
    }
    const past = new RunPast(run);
    dag.runs.set(runNo, past);
    this.unread.add(past);
  }

  /** A run leaves memory. One that is over stays as it is with those that follow it. */
  drop(run: RunWorld): void {
    const dag = this.#byDag.get(run.record.dagId);
    if (!dag) return;
    dag.changes++;
    const own = dag.runs.get(run.record.runNo);
    if (own?.run === run) {
      dag.runs.delete(run.record.runNo);
      this.#unlink(own);
      this.unread.delete(own);
      this.changed.delete(own);
      if (dag.runs.size === 0) this.#byDag.delete(run.record.dagId);
    }
    if (isRunFinished(run.record.state) && run.followers.size > 0) {
      // Its states are looked at, what its tasks gave is not.
      run.outputs.clear();
      run.values.clear();
    }
    if (!isRunFinished(run.record.state)) for (const past of [...run.followers]) this.#forget(past);
  }

  /** Takes what was read; what is not true any more is passed over, and read again. */
  take(offer: PastOffer, live: ReadonlyMap<number, RunWorld>): void {
    const run = live.get(offer.runNo);
    const past = run && this.of(run);
    if (!past) return;
    past.isOffered = false;
    if (this.changesOf(past.run.record.dagId) !== offer.changes) return;
    this.#unlink(past);
    past.chain = offer.runs.map((run) => live.get(run.record.runNo) ?? run);
    for (const run of past.chain) run.followers.add(past);
    past.hadBefore = offer.hadBefore;
    past.isFirst = offer.isFirst;
    this.unread.delete(past);
    this.changed.add(past);
  }

  /** What was read of a past may be out of date: it is read again, and holds until then. */
  readAgain(past: RunPast): void {
    if (this.of(past.run) === past) this.unread.add(past);
  }

  /** States of a run were set in a way that tells nobody. */
  touch({ followers }: RunWorld): void {
    for (const past of followers) this.changed.add(past);
  }

  /** Puts a run that came into memory among the runs before another one, if it is one. */
  #meet(past: RunPast, chain: RunWorld[], run: RunWorld): void {
    const { runNo, logicalAt } = run.record;
    if ((logicalAt ?? 0) >= (past.run.record.logicalAt ?? 0)) return;
    const known = chain.findIndex(({ record }) => record.runNo === runNo);
    if (known >= 0) {
      chain[known]?.followers.delete(past);
      chain[known] = run;
    } else {
      const at = chain.findIndex(({ record }) => (record.logicalAt ?? 0) < (logicalAt ?? 0));
      chain.splice(at < 0 ? chain.length : at, 0, run);
    }
    run.followers.add(past);
    this.changed.add(past);
  }

  #forget(past: RunPast): void {
    this.#unlink(past);
    past.chain = null;
    this.unread.add(past);
    this.changed.add(past);
  }

  #unlink(past: RunPast): void {
    for (const run of past.chain ?? []) run.followers.delete(past);
  }
}
