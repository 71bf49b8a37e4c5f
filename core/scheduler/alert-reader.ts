import type { Observation } from '../alerting/observation.ts';
import type { AlertRule } from '../model/alert.ts';
import { quantile } from '../model/quantile.ts';
import type { AlertLine } from '../store/alert-lines.ts';
import { NodeNames } from '../store/node-names.ts';
import type { Store } from '../store/store.ts';
import { readDurations } from '../store/task-history.ts';

/** Lines that are read at once. */
const LINES_MAX = 500;
/** So many of the newest finished runs of a DAG tell how long its tasks take. */
const RUNS_MAX = 30;
/** Of a task that succeeded fewer times nothing is too slow. */
const SAMPLES_LEAST = 5;
const SAMPLES_MAX = 100;
/** DAGs of which times are remembered. */
const DAGS_MAX = 500;

/** What was read of the journal. */
export interface AlertReading {
  readonly observations: readonly Observation[];
  /** Up to which line it was read. */
  readonly seq: number;
  readonly isMore: boolean;
}

/** Reads the journal as rules see it. */
export class AlertReader {
  readonly #store: Store;
  readonly #names: NodeNames;
  readonly #isTimed: boolean;
  /** How long the tasks of DAGs took, by path. */
  readonly #times = new Map<string, Map<string, number[]>>();

  constructor(store: Store, rules: readonly AlertRule[]) {
    this.#store = store;
    this.#names = new NodeNames(store);
    this.#isTimed = rules.some(({ on }) => on === 'performance');
  }

  /** What happened after a line. */
  async read(afterSeq: number): Promise<AlertReading> {
    const { alerts, live } = this.#store;
    const upTo = await live.lastSeq();
    if (upTo <= afterSeq) return { observations: [], seq: afterSeq, isMore: false };
    const lines = await alerts.lines(afterSeq, upTo, LINES_MAX);
    const observations: Observation[] = [];
    for (const line of lines) {
      const observation = await this.#observationOf(line);
      if (observation !== null) observations.push(observation);
    }
    const isMore = lines.length === LINES_MAX;
    return { observations, seq: isMore ? (lines.at(-1) as AlertLine).seq : upTo, isMore };
  }

  /** `null` for a node that people do not see. */
  async #observationOf(line: AlertLine): Promise<Observation | null> {
    const { at, dagId, runUid: runId, runNo, versionNo, nodeNo, to } = line;
    const because = line.because.text;
    if (nodeNo === null && line.because.code === 'quarantined')
      return { type: 'error', at, message: because, dagId, runId };
    if (nodeNo === null && to === 'note') {
      const isPassed = line.because.code === 'deadline_passed';
      return { type: 'deadline', at, isPassed, dagId, runId, because };
    }
    if (to === 'note') return null;
    if (nodeNo === null) return { type: 'run', at, state: to, dagId, runId, because };
    const node = await this.#names.nameOf(runNo, versionNo, nodeNo);
    if (node === null) return null;
    const medianMs = this.#isTimed && to === 'success' ? await this.#median(line, node.task) : null;
    const { reason, error, durationMs } = line;
    const why =
      to === 'failed' ? { reason, error: error?.message ?? because } : { reason: null, error: null };
    const of = { dagId, runId, taskId: node.task, name: node.name };
    return { type: 'task', at, state: to, ...of, ...why, durationMs, medianMs };
  }

  /** Half of the earlier successes of a task took less; this one counts among them from now on. */
  async #median({ dagId, durationMs, runNo }: AlertLine, task: string): Promise<number | null> {
    let times = this.#times.get(dagId);
    if (times === undefined) {
      const earlier = await this.#store.runs({
        dagId,
        states: ['success', 'failed'],
        before: runNo,
        limit: RUNS_MAX,
      });
      times = await readDurations(
        this.#store,
        earlier.map((run) => run.runNo),
      );
      this.#times.set(dagId, times);
      const [oldest] = this.#times.keys();
      if (this.#times.size > DAGS_MAX && oldest !== undefined) this.#times.delete(oldest);
    }
    const known = times.get(task) ?? [];
    const median = known.length < SAMPLES_LEAST ? null : quantile(known, 0.5);
    if (durationMs !== null) times.set(task, [...known, durationMs].slice(-SAMPLES_MAX));
    return median;
  }
}
