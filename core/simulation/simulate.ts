import { taskAt } from '../graph/graph.ts';
import type { AttemptEvent, Outcome } from '../model/attempt.ts';
import { type Because, because } from '../model/because.ts';
import type { RunNo, VersionNo } from '../model/ids.ts';
import type { SlotSpan } from '../model/slot.ts';
import { holdsSlot } from '../model/states.ts';
import { Agenda } from '../planner/agenda.ts';
import { Heap } from '../planner/heap.ts';
import { attemptLimits } from '../planner/outcomes.ts';
import type { PastOffer } from '../planner/pasts.ts';
import { type Plan, type PlannerEvent, plan } from '../planner/plan.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { World } from '../planner/world.ts';
import { backlogOf } from './backlog.ts';
import { PoolUsage } from './pool-usage.ts';
import { missesOf, runFigures } from './run-figures.ts';
import type { Backlog, SimulatedDag, SimulatedRun, SimulationInput, SimulationResult } from './simulation.ts';

const FAILURE: Outcome = { kind: 'failed', error: { name: 'Simulated', message: 'it was told to fail' } };
/** Turns of the planner at one instant, after which something is wrong. */
const TURNS_MAX = 100_000;

interface Attempt {
  readonly run: RunWorld;
  readonly node: number;
  readonly tryNo: number;
  readonly startedAt: number;
  readonly endAt: number;
  readonly outcome: Outcome;
}

/**
 * What a scheduler would do with DAGs between two instants: the planner itself on a virtual clock, beginning
 * with nothing under way and no history. Attempts succeed after the time that they are said to take, or fail
 * if they are told to; what is stopped ends at once. Equal inputs give equal results.
 */
export function simulate(input: SimulationInput): SimulationResult {
  return new Simulated(input).play();
}

class Simulated {
  readonly #input: SimulationInput;
  readonly #world: World;
  readonly #dags: ReadonlyMap<string, SimulatedDag>;
  readonly #usage: PoolUsage;
  readonly #attempts = new Heap<Attempt>((a, b) => (a.endAt === b.endAt ? before(a, b) : a.endAt < b.endAt));
  /** When the first attempt of each instance began, of runs under way. */
  readonly #firstStarts = new Map<RunWorld, Map<number, number>>();
  /** The newest runs of each DAG whose tasks look back, in the order of their slots. */
  readonly #pasts = new Map<string, RunWorld[]>();
  readonly #runs = new Map<number, SimulatedRun | null>();
  readonly #leftOut: SlotSpan[] = [];
  readonly #paused: { readonly dagId: string; readonly at: number; readonly because: Because }[] = [];
  #backlog: readonly Backlog[] = [];
  readonly #faults: { readonly dagId: string; readonly message: string }[] = [];
  #now: number;
  #started = 0;

  constructor(input: SimulationInput) {
    this.#input = input;
    this.#now = input.fromAt;
    this.#world = new World({ ...input.limits, readsCache: false });
    let last = 0;
    this.#world.agenda = new Agenda(() => ++last as RunNo);
    this.#dags = new Map(input.dags.map((dag) => [dag.graph.spec.id, dag]));
    this.#usage = new PoolUsage(this.#world, input.fromAt, input.toAt);
  }

  play(): SimulationResult {
    const stoppedAt = this.#loop();
    for (const run of this.#world.runs.values()) this.#keep(run);
    const runs = [...this.#runs.values()].filter((run) => run !== null);
    const specs = this.#input.dags.map(({ graph }) => graph.spec);
    return {
      runs,
      attempts: this.#started,
      ...this.#usage.figures(),
      misses: missesOf(specs, runs, stoppedAt ?? Number.POSITIVE_INFINITY),
      leftOut: this.#leftOut,
      backlog: this.#backlog,
      paused: this.#paused,
      faults: this.#faults,
      stoppedAt,
    };
  }

  /** Goes from event to event; the instant at which it had to stop, or `null`. */
  #loop(): number | null {
    const { attemptsMax, toAt } = this.#input;
    let wakeAt = this.#turn([...this.#dags.values()].map((dag) => this.#seen(dag)));
    for (let turns = 0; ; turns++) {
      if (this.#started > attemptsMax) return this.#now;
      const endAt = this.#attempts.peek()?.endAt ?? Number.POSITIVE_INFINITY;
      const nextAt = Math.max(this.#now, Math.min(endAt, wakeAt));
      if (nextAt > toAt && this.#world.agenda !== null) {
        // From here on no slot is due; what runs goes on to its end.
        this.#backlog = backlogOf(this.#world.agenda, toAt);
        this.#world.agenda = null;
        wakeAt = this.#turn([]);
        continue;
      }
      if (!Number.isFinite(nextAt)) return null;
      if (nextAt > this.#now) turns = 0;
      if (turns > TURNS_MAX) throw new Error('the simulation does not get any further');
      this.#now = nextAt;
      this.#usage.goTo(nextAt);
      wakeAt = this.#turn(this.#ended());
    }
  }

  #seen({ graph, params }: SimulatedDag): PlannerEvent {
    const { fromAt } = this.#input;
    const state = { paused: false, present: true, sinceAt: fromAt, cursorAt: fromAt - 1 };
    const { spec } = graph;
    const dag = { dagId: spec.id, versionNo: 1 as VersionNo, spec, graph, params, state, failures: 0 };
    return { type: 'dag.seen', dag, isRescheduled: false };
  }

  #ended(): PlannerEvent[] {
    const events: PlannerEvent[] = [];
    for (let next = this.#attempts.peek(); next && next.endAt <= this.#now; next = this.#attempts.peek()) {
      this.#attempts.pop();
      const { run, node, tryNo, startedAt, outcome } = next;
      // One that was stopped has ended already.
      if (run.tryNo[node] !== tryNo || !holdsSlot(run.state[node] as number)) continue;
      events.push({ type: 'attempt', event: endOf(run, node, startedAt, this.#now, outcome) });
    }
    return events;
  }

  /** One instant: the planner is asked until it has heard everything that follows at once. */
  #turn(first: PlannerEvent[]): number {
    for (let events = first; ; ) {
      const planned = plan(this.#world, events, { at: this.#now, mono: this.#now });
      this.#note(planned);
      // Hooks change nothing of a run: none is run here.
      this.#world.dueHooks.length = 0;
      for (const { run, node } of planned.dispatch) this.#start(run, node);
      events = [
        ...planned.stops.map(({ run, node }): PlannerEvent => {
          const startedAt = run.queuedAt[node] as number;
          return { type: 'attempt', event: endOf(run, node, startedAt, this.#now, { kind: 'stopped' }) };
        }),
        ...this.#pastOffers(),
      ];
      if (events.length > 0) continue;
      this.#usage.see(this.#now);
      return planned.wakeAt;
    }
  }

  #note({ actions, ended, faults }: Plan): void {
    this.#faults.push(...faults);
    for (const action of actions) {
      if (action.type === 'slots' && action.span.disposition !== 'run') this.#leftOut.push(action.span);
      if (action.type === 'dag.change' && action.code === 'dag_failing') {
        const { dagId, code, facts } = action;
        this.#paused.push({ dagId, at: this.#now, because: because(code, { dag: dagId, ...facts }) });
      }
      if (action.type !== 'run.create') continue;
      const run = this.#world.runs.get(action.run.runNo);
      this.#runs.set(action.run.runNo, null);
      if (!run?.templates.usesPast) continue;
      const pasts = this.#pasts.get(run.record.dagId);
      if (pasts) pasts.push(run);
      else this.#pasts.set(run.record.dagId, [run]);
    }
    for (const run of ended) this.#keep(run);
  }

  #keep(run: RunWorld): void {
    this.#runs.set(run.record.runNo, runFigures(run, this.#firstStarts.get(run)));
    this.#firstStarts.delete(run);
  }

  #start(run: RunWorld, node: number): void {
    this.#started++;
    const { path } = taskAt(run.graph, run.templateOf(node));
    const { dagId } = run.record;
    const { timeoutMs } = attemptLimits(this.#world, run, run.templateOf(node));
    const wantedMs = Math.max(0, Math.round(this.#dags.get(dagId)?.durationOf(path) ?? 0));
    const outcome: Outcome = this.#input.fails(dagId, path)
      ? FAILURE
      : wantedMs > timeoutMs
        ? { kind: 'timeout' }
        : { kind: 'success' };
    const endAt = this.#now + Math.min(wantedMs, timeoutMs);
    const tryNo = run.tryNo[node] as number;
    this.#attempts.push({ run, node, tryNo, startedAt: this.#now, endAt, outcome });
    let starts = this.#firstStarts.get(run);
    if (!starts) {
      starts = new Map();
      this.#firstStarts.set(run, starts);
    }
    if (!starts.has(node)) starts.set(node, this.#now);
  }

  /** The run before each run that asks for it; before the first one there was none. */
  #pastOffers(): PlannerEvent[] {
    return [...this.#world.pasts.unread].map(({ run }): PlannerEvent => {
      const { dagId, runNo } = run.record;
      const all = this.#pasts.get(dagId) ?? [];
      const at = all.indexOf(run);
      // Slots have their runs in order: of those before only the last is looked at.
      const runs = at > 0 ? [all[at - 1] as RunWorld] : [];
      const changes = this.#world.pasts.changesOf(dagId);
      const offer: PastOffer = { runNo, changes, runs, hadBefore: new Set(), isFirst: false };
      if (at > 0) all.splice(0, at - 1);
      return { type: 'past', offer };
    });
  }
}

/** The order of attempts that end at one instant. */
function before(a: Attempt, b: Attempt): boolean {
  const [one, other] = [a.run.record.runNo, b.run.record.runNo];
  return one === other ? a.node < b.node : one < other;
}

function endOf(run: RunWorld, node: number, startedAt: number, at: number, outcome: Outcome): AttemptEvent {
  const id = run.attemptOf(node);
  return { type: 'attempt.ended', attemptId: id, startedAt, at, outcome };
}
