import { compileGraph, type Graph } from '../graph/graph.ts';
import { requiredSelection, scopeError } from '../graph/required-selection.ts';
import { selectScope } from '../graph/select.ts';
import type { RequestMistake } from '../model/action.ts';
import { AppError } from '../model/errors.ts';
import type { NodeNo, RunNo, RunUid, VersionNo } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import type { Request } from '../model/request.ts';
import type { RunRecord } from '../model/run.ts';
import { isRunFinished } from '../model/states.ts';
import { giveValues, loadRun, nodesRead } from '../planner/load.ts';
import type { OperateRequest } from '../planner/operate.ts';
import type { Repinning } from '../planner/repin.ts';
import type { PlannedRequest } from '../planner/requests.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { checkParams, paramsRefusal } from '../schema/params.ts';
import type { InboxRecord, Lease, Store, VersionRecord } from '../store/store.ts';
import { wantedEvent } from './asset-desk.ts';
import { wantedBackfill, wantedChange } from './backfill-desk.ts';
import { entryOf } from './dag-entry.ts';
import type { InputReader } from './inputs.ts';
import type { Leader } from './leader.ts';
import type { LedRun } from './leader-options.ts';
import { nodesNamed } from './nodes-named.ts';
import { isOperation, type Operation } from './operating.ts';
import { repinned } from './repinned.ts';
import { requireWhole, requireWholeVersion } from './require-whole.ts';
import { wantedRollback } from './rollback-desk.ts';
import { spilledText } from './spilled.ts';
import { askedFor, deletedRun } from './task-desk.ts';
import type { VersionKeeper } from './version-keeper.ts';

/** A request for the planner, with what must be done before it. */
export interface Prepared {
  /** A run that has to be taken into memory first. */
  readonly adopt?: LedRun & { readonly repin?: Repinning };
  readonly request: PlannedRequest;
  /** Version of the run or the DAG in `request`: runs of it may start at once. */
  readonly version?: VersionRecord;
}

type TriggerRequest = Extract<Request, { type: 'trigger' }>;
type Readable = Exclude<Request, { type: 'unreadable' }>;

/** A run read from the store, and the version that it has there if it is to go on with another one. */
interface LoadedRun extends LedRun {
  readonly from?: VersionNo;
}

/** What is asked of the leader: the runs that it has, and when what it decided is stored. */
type DeskLeader = Pick<Leader, 'runs' | 'setAside' | 'settled'>;

/**
 * Turns requests as users write them into requests that the planner can decide: looks up names, checks
 * params, reads runs from the store. Everything that waits happens here, so that the planner never does.
 */
export class RequestDesk {
  readonly #store: Store;
  readonly #places: { readonly store: Store; readonly lease: Lease; readonly stateDir: string };
  readonly #versions: VersionKeeper;
  readonly #leader: () => DeskLeader;
  readonly #nextRunNo: () => RunNo;
  readonly #stateDir: string;
  readonly #maxActiveRuns: number;
  readonly #inputs: InputReader;
  readonly #graphs = new Map<number, Graph>();
  readonly #operate: (request: Operation, askedAt: number) => Promise<OperateRequest>;

  constructor(options: {
    store: Store;
    lease: Lease;
    versions: VersionKeeper;
    leader: () => DeskLeader;
    nextRunNo: () => RunNo;
    stateDir: string;
    /** Runs at once of a DAG that does not say. */
    maxActiveRuns: number;
    inputs: InputReader;
    /** Prepares what is about the scheduler itself. */
    operate: (request: Operation, askedAt: number) => Promise<OperateRequest>;
  }) {
    this.#operate = options.operate;
    this.#store = options.store;
    this.#places = options;
    this.#versions = options.versions;
    this.#leader = options.leader;
    this.#nextRunNo = options.nextRunNo;
    this.#stateDir = options.stateDir;
    this.#maxActiveRuns = options.maxActiveRuns;
    this.#inputs = options.inputs;
  }

  /**
   * Prepares a request; one that cannot be done becomes a refusal.
   *
   * @throws AppError `unavailable` if the store is away: nothing is known about the request then.
   */
  async prepare(record: InboxRecord): Promise<Prepared> {
    try {
      const { inboxId, request, createdAt } = record;
      if (request.type === 'unreadable') throw new AppError('invalid', 'the request cannot be read');
      return await this.#prepare(inboxId, request, createdAt);
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'unavailable') throw error;
      const code = error.code === 'not_found' || error.code === 'conflict' ? error.code : 'invalid';
      const { errors } = error.details as { readonly errors?: readonly RequestMistake[] };
      const places = errors === undefined ? {} : { errors };
      const refusal = { code, message: error.message, ...places } as const;
      return { request: { inboxId: record.inboxId, kind: 'refuse', refusal } };
    }
  }

  async #prepare(inboxId: number, request: Readable, askedAt: number): Promise<Prepared> {
    if (request.type === 'trigger') return this.#trigger(inboxId, request, askedAt);
    if (isOperation(request)) return { request: { inboxId, ...(await this.#operate(request, askedAt)) } };
    if (request.type === 'handOver') return { request: { inboxId, kind: 'handOver' } };
    if (request.type === 'pauseDag') {
      const version = await this.#knownVersion(request.dagId);
      const state = await this.#store.dag(request.dagId);
      if (state === null) throw new AppError('not_found', `there is no DAG ${request.dagId}`);
      const { paused, by } = request;
      return { request: { inboxId, kind: 'pauseDag', dag: entryOf(version, state), paused, by }, version };
    }
    if (request.type === 'rollBackDag') {
      // What the file declares is stored first: the rollback holds until that changes.
      await this.#knownVersion(request.dagId);
      const wanted = await wantedRollback(this.#store, this.#versions, request);
      return { request: { inboxId, ...wanted.request }, version: wanted.version };
    }
    if (request.type === 'assetEvent') {
      const { uri, extra, by } = wantedEvent(request);
      return { request: { inboxId, kind: 'assetEvent', uri, extra, by } };
    }
    if (request.type === 'changeBackfill')
      return { request: { inboxId, ...(await wantedChange(this.#store, request)) } };
    if (request.type === 'createBackfill') {
      const version = await this.#versions.current(request.dagId);
      const graph = this.#graph(version);
      const backfill = wantedBackfill(inboxId, request, graph, this.#maxActiveRuns, askedAt);
      return { request: { inboxId, kind: 'createBackfill', backfill }, version };
    }
    if (request.type === 'deleteRun') {
      // What the leader has decided about the run may not be stored yet.
      await this.#leader().settled();
      return { request: { ...(await deletedRun(this.#places, request)), inboxId } };
    }
    const { record, led } = await this.#find(request.runUid);
    const { runNo } = record;
    const finished = isRunFinished(record.state);
    if (request.type === 'adopt') return this.#adopt(inboxId, request, record, led);
    if (isChange(request)) {
      const latest = request.type === 'retry' && request.latest ? await this.#latestFor(record) : undefined;
      const loaded = led ? null : await this.load(runNo, latest);
      const run = led ?? (loaded as LoadedRun).run;
      const planned = this.#change(inboxId, request, run);
      if (loaded === null) return { request: planned };
      const repin = repinningOf(loaded, request.by);
      const { version } = loaded;
      // A run that is taken over moves as it is: its attempts that are made up for have the new code.
      if (!finished) return { adopt: { ...loaded, ...repin }, request: planned, version };
      return { request: { ...planned, ...repin }, version };
    }
    if (finished) throw alreadyOver(record);
    const adopt = led ? {} : { adopt: await this.load(runNo) };
    switch (request.type) {
      case 'cancel':
      case 'kill':
        return {
          ...adopt,
          request: { inboxId, kind: 'cancel', runNo, by: request.by, kill: request.type === 'kill' },
        };
      case 'pauseRun':
        return { ...adopt, request: { inboxId, kind: 'pause', runNo, attempts: request.attempts === true } };
      case 'resumeRun':
        return { ...adopt, request: { inboxId, kind: 'resume', runNo } };
      case 'setPriority':
        return {
          ...adopt,
          request: { inboxId, kind: 'setPriority', runNo, priority: request.priority, by: request.by },
        };
    }
  }

  /** The version that a file declares now, or else the last one: a DAG without a file can have runs. */
  async #knownVersion(dagId: string): Promise<VersionRecord> {
    try {
      return await this.#versions.current(dagId);
    } catch (error) {
      const known = await this.#store.dag(dagId);
      const version = known === null ? null : await this.#store.version(known.versionNo);
      if (version === null) throw error;
      return version;
    }
  }

  async #adopt(
    inboxId: number,
    { takeOver }: Extract<Request, { type: 'adopt' }>,
    record: RunRecord,
    led: RunWorld | undefined,
  ): Promise<Prepared> {
    const more = takeOver ? { takeOver: true } : {};
    if (led) return { request: { inboxId, kind: 'adopt', run: led, ...more } };
    if (isRunFinished(record.state)) throw alreadyOver(record);
    const latest = takeOver?.latest ? await this.#latestFor(record) : undefined;
    const loaded = await this.load(record.runNo, latest);
    const repin = takeOver ? repinningOf(loaded, takeOver.by) : {};
    return {
      request: { inboxId, kind: 'adopt', run: loaded.run, ...more, ...repin },
      version: loaded.version,
    };
  }

  /** The newest version of a run's DAG, if it can move there: not while attempts of another one may run. */
  async #latestFor(record: RunRecord): Promise<VersionRecord> {
    const version = await this.#versions.current(record.dagId);
    if (version.versionNo === record.versionNo || !this.#leader().runs.has(record.runNo)) return version;
    throw new AppError(
      'conflict',
      `run ${record.uid} is under way: it can move to another version once it has finished or was cancelled`,
    );
  }

  #change(inboxId: number, request: Extract<Request, { type: ChangeType }>, run: RunWorld): PlannedRequest {
    const { by } = request;
    if (request.type === 'markRun') return { inboxId, kind: 'markRun', run, by, state: request.state };
    if (request.type === 'approve') {
      const [node] = nodesNamed(run, request.instance);
      const { option, message } = request;
      return { inboxId, kind: 'approve', run, by, node: node as number, option, message };
    }
    if (request.type === 'markTask') {
      const [node] = nodesNamed(run, request.instance, '/task');
      return { inboxId, kind: 'markTask', run, by, node: node as number, state: request.state };
    }
    if (request.select !== 'tasks')
      return { inboxId, kind: 'retry', run, by, selection: { select: request.select } };
    const nodes = request.tasks.flatMap((name, at) => nodesNamed(run, name, `/tasks/${at}`));
    const { upstream, downstream } = request;
    return { inboxId, kind: 'retry', run, by, selection: { select: 'nodes', nodes, upstream, downstream } };
  }

  async #trigger(inboxId: number, request: TriggerRequest, askedAt: number): Promise<Prepared> {
    const version =
      request.versionNo === undefined
        ? await this.#versions.current(request.dagId)
        : await this.#versions.kept(request.dagId, request.versionNo as VersionNo);
    const graph = this.#graph(version);
    const selected = requiredSelection(graph, request.scope);
    const checked = checkParams(version.spec, request.params);
    if (!checked.ok) throw paramsRefusal(checked.problems);
    const found = request.replaces === null ? null : await this.#find(request.replaces);
    const isSpared = request.sparesLed && found?.led !== undefined;
    const replaced = found !== null && !isRunFinished(found.record.state) && !isSpared ? found : null;
    const adopt =
      replaced !== null && replaced.led === undefined
        ? { adopt: await this.load(replaced.record.runNo) }
        : {};
    const record: RunRecord = {
      runNo: this.#nextRunNo(),
      uid: request.runUid as RunUid,
      dagId: request.dagId,
      versionNo: version.versionNo,
      state: 'queued',
      trigger: request.trigger,
      params: checked.params,
      scope: request.scope,
      maxParallel: request.maxParallel,
      ...(request.noCache ? { noCache: true } : {}),
      ...askedFor(request, version.spec),
      inputsFrom: request.inputsFrom === null ? null : (await this.#runOf(request.inputsFrom)).runNo,
      logicalAt: null,
      intervalStartAt: null,
      intervalEndAt: null,
      createdAt: askedAt,
      startedAt: null,
      endedAt: null,
      because: null,
    };
    const run = loadRun({ run: record, expansions: [], instances: [] }, graph, selected);
    await this.#inputs.giveOutsideValues(run);
    return {
      ...adopt,
      request: { inboxId, kind: 'start', run, replaces: replaced?.record.runNo ?? null },
      version,
    };
  }

  /** Reads a run and everything that the planner needs of it, to go on with a version, or its own. */
  async load(runNo: RunNo, other?: VersionRecord): Promise<LoadedRun> {
    const stored = await this.#store.loadRun(runNo);
    if (!stored) throw new AppError('not_found', `there is no run number ${runNo}`);
    requireWhole(stored);
    const from = stored.run.versionNo;
    const version = other ?? stored.version;
    const graph = this.#graph(version);
    const moves = version.versionNo !== from;
    const record = moves ? repinned(stored.run, this.#graph(stored.version), graph, version) : stored.run;
    const selection = selectScope(graph, record.scope);
    if (!selection.ok) throw scopeError(graph, selection.problems);
    const run = loadRun({ ...stored, run: record }, graph, selection.selected);
    if (moves && run.abort)
      throw new AppError(
        'conflict',
        `run ${record.uid} was being ended: go on with it as it is, then retry it`,
      );
    for (const [node, output] of await this.#store.outputs(runNo)) run.outputs.set(node, output);
    const values = new Map<NodeNo, Json>();
    for (const node of nodesRead(run)) {
      const output = run.outputs.get(node);
      if (!output) continue;
      const text = 'json' in output ? output.json : spilledText(this.#stateDir, output);
      values.set(node, JSON.parse(text) as Json);
    }
    giveValues(run, values);
    await this.#inputs.giveOutsideValues(run);
    return { run, version, ...(moves ? { from } : {}) };
  }

  #graph(version: VersionRecord): Graph {
    let graph = this.#graphs.get(version.versionNo);
    if (!graph) {
      requireWholeVersion(version);
      graph = compileGraph(version.spec);
      this.#graphs.set(version.versionNo, graph);
    }
    return graph;
  }

  /** A run as it is known best, and as the leader has it if it leads it. */
  async #find(uid: string): Promise<{ record: RunRecord; led: RunWorld | undefined }> {
    const record = await this.#runOf(uid);
    const leader = this.#leader();
    const fault = leader.setAside.get(record.runNo);
    if (fault !== undefined) throw setAsideError(record.uid, fault);
    const led = leader.runs.get(record.runNo);
    if (led !== undefined) return { record: led.record, led };
    // Its end, or what is asked of it before, may be decided and not stored yet.
    await leader.settled();
    return {
      record: (await this.#store.run(record.runNo)) ?? record,
      led: this.#leader().runs.get(record.runNo),
    };
  }

  async #runOf(uid: string): Promise<RunRecord> {
    const found = await this.#store.runsByUid(uid);
    const [only] = found;
    if (!only) throw new AppError('not_found', `there is no run ${uid}`);
    if (found.length > 1) throw new AppError('usage', `several runs begin with ${uid}: write more of the id`);
    return only;
  }
}

/** Requests that change instances of a run, finished or not. */
type ChangeType = 'retry' | 'markTask' | 'markRun' | 'approve';

function isChange(request: Request): request is Extract<Request, { type: ChangeType }> {
  return ['retry', 'markTask', 'markRun', 'approve'].includes(request.type);
}

function repinningOf({ from }: LoadedRun, by: string): { repin?: Repinning } {
  return from === undefined ? {} : { repin: { from, by } };
}

function alreadyOver({ uid, state }: RunRecord): AppError {
  return new AppError('conflict', `run ${uid} is already ${state}`);
}

/** Why nothing can be asked of a run that the leader has set aside. */
function setAsideError(uid: string, fault: string): AppError {
  return new AppError(
    'conflict',
    `run ${uid} was set aside by the process that leads, after an internal error (${fault}); ` +
      'the next process that leads tries it again: once this one has ended, orch retry goes on with it',
  );
}
