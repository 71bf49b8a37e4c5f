import { NodeNames } from '../store/node-names.ts';
import type { Told } from '../store/scheduler-facts.ts';
import type { Store } from '../store/store.ts';
import type { ObservedLine, ObservedTask } from '../telemetry/observed.ts';
import { endsTask, isReopening, type Occurrence, occurrencesOf } from '../telemetry/occurrence.ts';
import { type TaskAssets, taskAssets } from '../telemetry/task-assets.ts';

/** Lines that are read at once, a few milliseconds of a leader: their spans are one request. */
const LINES_MAX = 100;
/** Versions of DAGs whose assets are remembered. */
const VERSIONS_MAX = 64;
const NO_ASSETS: TaskAssets = { consumes: [], produces: [] };

/** What was read of the journal. */
export interface TelemetryReading {
  readonly occurrences: readonly Occurrence[];
  /** What a receiver has been told when it has been told that. */
  readonly told: Told;
  readonly isMore: boolean;
}

/** Reads in the journal what happened, as spans and lineage are made of it. */
export class TelemetryReader {
  readonly #store: Store;
  readonly #names: NodeNames;
  readonly #withAssets: boolean;
  readonly #assets = new Map<number, Map<string, TaskAssets>>();

  /** @param withAssets whether tasks are to be told with what they read and make */
  constructor(store: Store, withAssets: boolean) {
    this.#store = store;
    this.#names = new NodeNames(store);
    this.#withAssets = withAssets;
  }

  /** What happened since a receiver was told, up to a line. */
  async read(told: Told, upTo: number): Promise<TelemetryReading> {
    const lines = await this.#store.live.observed(told.seq, upTo, LINES_MAX);
    const reopened: { [runNo: string]: number } = { ...told.reopened };
    const occurrences: Occurrence[] = [];
    for (const line of lines) {
      const { runNo } = line.run;
      if (isReopening(line)) reopened[runNo] = line.seq;
      const reopenedBy = reopened[runNo] ?? null;
      const task = await this.#taskOf(line);
      const firstStartedAt = task === null ? null : await this.#firstStart(line);
      const found = occurrencesOf(line, { reopenedBy, task, firstStartedAt });
      occurrences.push(...found);
      if (found.some(({ type }) => type === 'run.ended')) delete reopened[runNo];
    }
    const isMore = lines.length === LINES_MAX;
    const seq = isMore ? (lines.at(-1) as ObservedLine).seq : upTo;
    return { occurrences, told: { seq, reopened }, isMore };
  }

  async #taskOf({ run, attempt }: ObservedLine): Promise<ObservedTask | null> {
    if (attempt === null) return null;
    const node = await this.#names.nameOf(run.runNo, run.versionNo, attempt.nodeNo);
    if (node === null) return null;
    const assets = this.#withAssets ? await this.#assetsOf(run.versionNo, node.task) : NO_ASSETS;
    return { path: node.task, name: node.name, ...assets };
  }

  /** Most instances end with their first attempt. */
  async #firstStart(line: ObservedLine): Promise<number | null> {
    const { run, attempt } = line;
    if (attempt === null || !endsTask(line)) return null;
    if (attempt.tryNo <= attempt.tryBase + 1) return attempt.startedAt;
    return this.#store.live.firstStart(run.runNo, attempt);
  }

  async #assetsOf(versionNo: ObservedLine['run']['versionNo'], path: string): Promise<TaskAssets> {
    const known = this.#assets.get(versionNo) ?? new Map<string, TaskAssets>();
    const found = known.get(path);
    if (found !== undefined) return found;
    const version = await this.#store.version(versionNo);
    const assets = version === null ? NO_ASSETS : taskAssets(version.spec, path);
    this.#assets.set(versionNo, known.set(path, assets));
    const [oldest] = this.#assets.keys();
    if (this.#assets.size > VERSIONS_MAX && oldest !== undefined) this.#assets.delete(oldest);
    return assets;
  }
}
