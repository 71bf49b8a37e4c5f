import { createHash } from 'node:crypto';
import type { Graph } from '../graph/graph.ts';
import type { FileArrival } from '../model/asset.ts';
import type { DagSpec } from '../model/dag.ts';
import type { RunNo, RunUid, VersionNo } from '../model/ids.ts';
import type { ScheduleState } from '../model/slot.ts';
import type { SlotPolicy } from '../timetables/slot-step.ts';
import type { Timetable } from '../timetables/timetable.ts';
import { timetableOf } from '../timetables/timetable-of.ts';
import type { AgendaSpec } from './agenda-spec.ts';
import { AwaitedEvents } from './awaited-events.ts';
import { Heap } from './heap.ts';
import type { RunParams } from './run-params.ts';

/** What a scheduler knows of a DAG. */
export interface DagEntry {
  readonly dagId: string;
  readonly versionNo: VersionNo;
  readonly spec: DagSpec;
  /** What of its spec the agenda goes by; one object for all DAGs that are alike. By default the spec. */
  readonly agendaSpec?: AgendaSpec;
  /** Of its spec. */
  readonly graph: Graph;
  /** The params of a run that was given none. */
  readonly params: RunParams;
  /** Where its schedule stands in the store. */
  readonly state: ScheduleState;
  /** How many of its runs have failed one after the other up to now, since it was last unpaused. */
  readonly failures: number;
  /** Up to which number events of assets are decided for it in the store; 0 by default. */
  readonly eventNo?: number;
}

/** A DAG on the agenda. */
export class ScheduledDag {
  entry: DagEntry;
  /** What the agenda goes by; the rest of the graph is looked at when there is a run. */
  readonly spec: AgendaSpec;
  timetable: Timetable | null;
  policy: SlotPolicy;
  state: ScheduleState;
  failures: number;
  /** Assets whose events it waits for, and what has come of them. */
  awaited: AwaitedEvents;
  /** Files that have arrived and are not decided, by path; `null` where it waits for none. */
  readonly files: Map<string, FileArrival> | null;
  /** When it is looked at next, in wall time: its next slot is due; infinite while nothing can be. */
  dueAt = Number.POSITIVE_INFINITY;

  /** `known`: where its schedule stands, which is known better than in the store. */
  constructor(entry: DagEntry, known: Pick<DagEntry, 'state' | 'failures'> = entry) {
    this.entry = entry;
    this.spec = entry.agendaSpec ?? entry.spec;
    const { spec } = this;
    this.state = known.state;
    this.failures = known.failures;
    this.timetable = sharedTimetable(spec);
    this.policy = policyOf(entry.dagId, spec);
    this.awaited = new AwaitedEvents(spec.schedule ?? [], entry.eventNo ?? 0);
    this.files = (spec.schedule ?? []).some(({ kind }) => kind === 'file') ? new Map() : null;
  }

  /** Whether it waits for files. */
  get awaitsFiles(): boolean {
    return this.files !== null;
  }
}

/** A slot of a DAG, by the instant that it is about. */
export function slotKey(dagId: string, logicalAt: number): string {
  return `${dagId} ${logicalAt}`;
}

interface Appointment {
  readonly dag: ScheduledDag;
  readonly dueAt: number;
}

/**
 * The DAGs that a scheduler runs by themselves, in the order in which they are due. A leader without one
 * makes only the runs that it is asked for.
 */
export class Agenda {
  readonly dags = new Map<string, ScheduledDag>();
  /** Gives numbers to new runs, each once. */
  readonly nextRunNo: () => RunNo;
  /** Runs that slots to come have already, by {@link slotKey}, as far as the store has said so. */
  readonly taken: ReadonlyMap<string, RunUid>;
  /** DAGs whose stored events are to be read: they came before the DAG was on the agenda. */
  readonly unread = new Set<string>();
  /** Grows when DAGs that wait for files come, change or go. */
  fileChanges = 0;
  /** The DAGs that wait for events of an asset. */
  readonly #consumers = new Map<string, Set<ScheduledDag>>();
  /** Appointments that do not hold any more are passed over. */
  readonly #order = new Heap<Appointment>((a, b) => a.dueAt < b.dueAt);

  constructor(nextRunNo: () => RunNo, taken: ReadonlyMap<string, RunUid> = new Map()) {
    this.nextRunNo = nextRunNo;
    this.taken = taken;
  }

  /** The DAGs that wait for events of an asset. */
  consumersOf(uri: string): Iterable<ScheduledDag> {
    return this.#consumers.get(uri) ?? [];
  }

  /** A DAG waits for its assets and files from now on, in the place of one that did before, or of none. */
  await(dag: ScheduledDag, before: ScheduledDag | undefined): void {
    if (before) this.#forget(before);
    if (dag.awaitsFiles || before?.awaitsFiles) this.fileChanges++;
    for (const uri of dag.awaited.uris) {
      const consumers = this.#consumers.get(uri) ?? new Set();
      this.#consumers.set(uri, consumers.add(dag));
    }
    if (dag.awaited.uris.size > 0 && !dag.awaited.isRead) this.unread.add(dag.entry.dagId);
  }

  /** A DAG waits for no asset and no file any more. */
  release(dag: ScheduledDag): void {
    this.#forget(dag);
    if (dag.awaitsFiles) this.fileChanges++;
  }

  #forget(dag: ScheduledDag): void {
    this.unread.delete(dag.entry.dagId);
    for (const uri of dag.awaited.uris) {
      const consumers = this.#consumers.get(uri);
      consumers?.delete(dag);
      if (consumers?.size === 0) this.#consumers.delete(uri);
    }
  }

  /** Looks at a DAG at an instant, or not before it is put on the agenda again. */
  appoint(dag: ScheduledDag, dueAt: number): void {
    dag.dueAt = dueAt;
    if (Number.isFinite(dueAt)) this.#order.push({ dag, dueAt });
  }

  /** When the next DAG is due, in wall time. */
  nextAt(): number {
    for (let first = this.#order.peek(); first !== undefined; first = this.#order.peek()) {
      if (first.dag.dueAt === first.dueAt) return first.dueAt;
      this.#order.pop();
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Takes the next DAG that is due at an instant. */
  take(now: number): ScheduledDag | null {
    if (this.nextAt() > now) return null;
    const due = this.#order.pop()?.dag ?? null;
    if (due !== null) due.dueAt = Number.POSITIVE_INFINITY;
    return due;
  }
}

/** Timetables that are in use, by what they are made of: DAGs that are alike are due at the same instants. */
const timetables = new WeakMap<AgendaSpec, { readonly timetable: Timetable | null }>();

function sharedTimetable(spec: AgendaSpec): Timetable | null {
  let known = timetables.get(spec);
  if (known === undefined) {
    known = { timetable: timetableOf(spec) };
    timetables.set(spec, known);
  }
  return known.timetable;
}

/** What a DAG wants of slots that are late. */
export function policyOf(
  dagId: string,
  { catchup, coalesce, misfireGraceMs, jitterMs }: AgendaSpec,
): SlotPolicy {
  return {
    catchup: catchup === true,
    coalesce: coalesce === true,
    misfireGraceMs: misfireGraceMs ?? null,
    jitterMs: jitterMs === undefined ? noJitter : (slotAt) => jitterOf(dagId, slotAt, jitterMs),
  };
}

function noJitter(): number {
  return 0;
}

/** Up to so many milliseconds, the same for one slot of one DAG for ever. */
function jitterOf(dagId: string, slotAt: number, jitterMs: number): number {
  const digest = createHash('sha256').update(`${dagId}\n${slotAt}`).digest();
  return Math.floor((digest.readUInt32BE(0) / 2 ** 32) * jitterMs);
}
