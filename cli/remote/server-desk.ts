import type { Run, RunDetail, TaskInstance } from '../../client/generated/api.ts';
import { serverEvents } from '../../client/server-events.ts';
import type { StoredOutput } from '../../core/model/action.ts';
import type { Because } from '../../core/model/because.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import { AppError } from '../../core/model/errors.ts';
import type { NodeNo, RunNo, RunUid, TryNo, VersionNo } from '../../core/model/ids.ts';
import type { JsonObject, JsonText } from '../../core/model/json.ts';
import type { AttemptRecord, RunRecord } from '../../core/model/run.ts';
import { isFinished, TASK_STATES } from '../../core/model/states.ts';
import type { InstanceView, RunView } from '../../core/store/run-view.ts';
import type { JournalRecord, MetricRecord, RunFilter, VersionRecord } from '../../core/store/store.ts';
import type { Server } from './server.ts';

/** Runs in which an id that is not whole is looked for. */
const SEARCHED_RUNS_MAX = 2_000;
/** More instances of a run are read with all of it. */
const SINGLE_READS_MAX = 8;
/** An id with all its digits. */
export const WHOLE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * What a server knows of runs, in the records that the commands tell. Numbers of runs are this object's own:
 * the API has none.
 */
export class ServerDesk {
  readonly server: Server;
  readonly #runs: Run[] = [];
  readonly #numbers = new Map<string, RunNo>();
  /** What ids of the instances of a run begin with, as far as one was seen. */
  readonly #prefixes = new Map<RunNo, string>();
  readonly #versions = new Map<string, VersionRecord>();

  constructor(server: Server) {
    this.server = server;
  }

  async runs({ dagId, states, since, limit = 1_000 }: RunFilter): Promise<readonly RunRecord[]> {
    const dags = dagId === undefined ? undefined : [dagId].flat();
    const query = {
      dagId: dags,
      state: states,
      since: since === undefined ? undefined : new Date(since).toISOString(),
    };
    return (await this.server.items('listRuns', { query }, limit)).map((run) => this.#record(run));
  }

  async runsByUid(part: string): Promise<readonly RunRecord[]> {
    if (WHOLE_ID.test(part)) return [await this.run(part)];
    const newest = await this.runs({ limit: SEARCHED_RUNS_MAX });
    const begun = newest.filter(({ uid }) => uid.startsWith(part));
    if (begun.length > 0) return begun;
    return newest.filter(({ uid }) => uid.slice(uid.lastIndexOf('-') + 1).startsWith(part));
  }

  async dags(): Promise<readonly { readonly dagId: string }[]> {
    return this.server.items('listDags', {});
  }

  /** A run by its whole id, as it is now. */
  async run(runId: string): Promise<RunRecord> {
    return this.#record(await this.server.call('getRun', { params: { runId } }));
  }

  /** The state of a run, why its leader decides nothing about it any more, and its deadline. */
  async standing({ uid }: RunRecord): Promise<Pick<RunDetail, 'state' | 'setAside' | 'deadline'>> {
    const { state, setAside, deadline } = await this.server.call('getRun', { params: { runId: uid } });
    return { state, setAside, deadline };
  }

  /** A run as programs see it. */
  runJson({ runNo }: RunRecord): Run {
    return this.#runs[runNo] as Run;
  }

  async version(dagId: string, version: number): Promise<VersionRecord> {
    const known = this.#versions.get(`${dagId}/${version}`);
    if (known !== undefined) return known;
    const found = await this.server.call('getVersion', { params: { dagId, version } });
    const { graphHash, codeHash, file, spec, createdAt } = found;
    const record: VersionRecord = {
      versionNo: version as VersionNo,
      ...{ dagId, graphHash, codeHash, file },
      spec: spec as unknown as DagSpec,
      createdAt: Date.parse(createdAt),
    };
    this.#versions.set(`${dagId}/${version}`, record);
    return record;
  }

  /** A run with all its task instances; with `outputs` what they put out, asked for one by one. */
  async view(run: RunRecord, { outputs = false } = {}): Promise<RunView> {
    const { uid } = run;
    const detail = await this.server.call('getRun', { params: { runId: uid } });
    const instances = await this.server.items('listTaskInstances', { params: { runId: uid } });
    const tasks: InstanceView[] = [];
    for (const one of instances)
      tasks.push(instanceOf(one, outputs && one.state === 'success' ? await this.#output(one) : null));
    const counts: { [state: string]: number } = {};
    for (const { state } of tasks) counts[state] = (counts[state] ?? 0) + 1;
    const selected = tasks.filter(({ state }) => state !== 'not_selected');
    const completed = selected.filter(({ state }) => isFinished(TASK_STATES.indexOf(state))).length;
    const total = selected.length;
    return {
      run: this.#record(detail),
      version: await this.version(detail.dagId, detail.version),
      ...{ tasks, counts, total, completed },
      progress: total === 0 ? 1 : completed / total,
    };
  }

  async metrics({ uid }: RunRecord): Promise<readonly MetricRecord[]> {
    const items = await this.server.items('listMetrics', { params: { runId: uid } });
    return items.map(({ taskInstanceId, tryNo, name, value, at }) => ({
      nodeNo: nodeOf(taskInstanceId),
      tryNo: tryNo as TryNo,
      ...{ name, value, at: Date.parse(at) },
    }));
  }

  /** Lines of the journal of a run that are about its task instances or about itself. */
  async journal(run: RunRecord, afterSeq: number): Promise<readonly JournalRecord[]> {
    const items = await this.server.items('listJournal', {
      params: { runId: run.uid },
      query: { after: afterSeq },
    });
    return items.flatMap(({ seq, at, about, taskInstanceId, tryNo, from, to, because }) => {
      if (about !== null && taskInstanceId === null) return [];
      const nodeNo = taskInstanceId === null ? null : nodeOf(taskInstanceId);
      if (taskInstanceId !== null) this.#prefixes.set(run.runNo, taskInstanceId.split('.')[0] as string);
      const reason = because as unknown as Because;
      const place = { runNo: run.runNo, nodeNo, tryNo: tryNo as TryNo | null };
      return [{ seq, at: Date.parse(at), epoch: 0, ...place, from, to, because: reason }];
    });
  }

  /** Some instances of a run as they are now, by their numbers: one by one, or of many all at once. */
  async instances(run: RunRecord, nodes: ReadonlySet<NodeNo>): Promise<Map<NodeNo, InstanceView>> {
    const prefix = this.#prefixes.get(run.runNo);
    if (nodes.size === 0) return new Map();
    const found =
      prefix === undefined || nodes.size > SINGLE_READS_MAX
        ? (await this.view(run)).tasks.filter(({ nodeNo }) => nodes.has(nodeNo))
        : await Promise.all([...nodes].map((node) => this.#instance(`${prefix}.${node}`)));
    return new Map(found.map((one) => [one.nodeNo, one]));
  }

  async #instance(taskInstanceId: string): Promise<InstanceView> {
    return instanceOf(await this.server.call('getTaskInstance', { params: { taskInstanceId } }), null);
  }

  /** The instances of a run that run now. */
  async running({ uid }: RunRecord): Promise<readonly InstanceView[]> {
    const input = { params: { runId: uid }, query: { state: ['running'] } } as const;
    return (await this.server.items('listTaskInstances', input)).map((one) => instanceOf(one, null));
  }

  /** The attempts of an instance before its current one. */
  async attempts(instance: InstanceView): Promise<readonly AttemptRecord[]> {
    const taskInstanceId = idOf(instance);
    const { items } = await this.server.call('listAttempts', { params: { taskInstanceId } });
    return items
      .filter(({ tryNo }) => tryNo < instance.attempts)
      .map(({ tryNo, state, reason, startedAt, endedAt, error, because }) => ({
        tryNo: tryNo as TryNo,
        ...{ state, reason, startedAt: at(startedAt), endedAt: at(endedAt), error, log: null },
        because: because as Because | null,
      }));
  }

  /** Calls back for each sign that something has changed in a run, until the stream ends or is aborted. */
  async listen({ uid }: RunRecord, signal: AbortSignal, onSign: () => void): Promise<void> {
    const { body } = await this.server.open('getEvents', { query: { runId: [uid] } }, signal);
    if (body === null) return;
    for await (const _ of serverEvents(body)) onSign();
  }

  #record(run: Run): RunRecord {
    const runNo = this.#numbers.get(run.runId) ?? (this.#runs.length as RunNo);
    this.#numbers.set(run.runId, runNo);
    this.#runs[runNo] = run;
    const { dagId, state, trigger, params, scope, because } = run;
    return {
      runNo,
      uid: run.runId as RunUid,
      versionNo: run.version as VersionNo,
      ...{ dagId, state, trigger, scope, params: params as JsonObject },
      ...{ maxParallel: null, inputsFrom: null, intervalStartAt: null, intervalEndAt: null },
      logicalAt: at(run.logicalDate),
      createdAt: Date.parse(run.createdAt),
      startedAt: at(run.startedAt),
      endedAt: at(run.endedAt),
      because: because as Because | null,
    };
  }

  async #output({ taskInstanceId }: TaskInstance): Promise<StoredOutput | null> {
    try {
      const { value, file } = await this.server.call('getOutput', { params: { taskInstanceId } });
      if (file !== null) return { sha256: file.sha256, bytes: file.bytes } as StoredOutput;
      return { json: JSON.stringify(value) as JsonText };
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_found') return null;
      throw error;
    }
  }
}

/** An instance with the id that the API has for it. */
type ServerInstance = InstanceView & { readonly taskInstanceId: string };

/** The id of an instance of a {@link ServerDesk}, also of a copy of one. */
export function idOf(instance: InstanceView): string {
  return (instance as ServerInstance).taskInstanceId;
}

function instanceOf(one: TaskInstance, output: StoredOutput | null): ServerInstance {
  const { taskId, key, name, stage, state, reason, attempts, durationMs, error, progress } = one;
  const nodeNo = nodeOf(one.taskInstanceId);
  return {
    taskInstanceId: one.taskInstanceId,
    nodeNo,
    ...{ taskId, key, name, stage, state, reason, durationMs, output, log: null },
    because: one.because as Because | null,
    attempts: attempts as TryNo,
    startedAt: at(one.startedAt),
    endedAt: at(one.endedAt),
    dueAt: at(one.dueAt),
    error: error as InstanceView['error'],
    progress: progress && { nodeNo, ...progress },
  };
}

function nodeOf(taskInstanceId: string): NodeNo {
  return Number(taskInstanceId.slice(taskInstanceId.indexOf('.') + 1)) as NodeNo;
}

function at(instant: string | null): number | null {
  return instant === null ? null : Date.parse(instant);
}
