import { compileGraph, type Graph } from '../graph/graph.ts';
import { type ScopeProblem, scopeNames, selectScope } from '../graph/select.ts';
import { didYouMean } from '../model/did-you-mean.ts';
import { AppError } from '../model/errors.ts';
import type { NodeNo, RunNo, RunUid } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import type { Request } from '../model/request.ts';
import type { RunRecord } from '../model/run.ts';
import { isRunFinished } from '../model/states.ts';
import { giveValues, loadRun, nodesRead } from '../planner/load.ts';
import type { PlannedRequest } from '../planner/requests.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { checkParams } from '../schema/params.ts';
import type { InboxRecord, Store, VersionRecord } from '../store/store.ts';
import type { InputReader } from './inputs.ts';
import type { LedRun } from './leader.ts';
import { spilledText } from './spilled.ts';
import type { VersionKeeper } from './version-keeper.ts';

/** A request for the planner, with what must be done before it. */
export interface Prepared {
  /** A run that has to be taken into memory first. */
  readonly adopt?: LedRun;
  readonly request: PlannedRequest;
  /** Version of the run in `request`. */
  readonly version?: VersionRecord;
}

type TriggerRequest = Extract<Request, { type: 'trigger' }>;

/**
 * Turns requests as users write them into requests that the planner can decide: looks up names, checks
 * params, reads runs from the store. Everything that waits happens here, so that the planner never does.
 */
export class RequestDesk {
  readonly #store: Store;
  readonly #versions: VersionKeeper;
  readonly #led: () => ReadonlyMap<number, RunWorld>;
  readonly #setAside: () => ReadonlyMap<RunNo, string>;
  readonly #nextRunNo: () => RunNo;
  readonly #stateDir: string;
  readonly #inputs: InputReader;
  readonly #graphs = new Map<number, Graph>();

  constructor(options: {
    store: Store;
    versions: VersionKeeper;
    led: () => ReadonlyMap<number, RunWorld>;
    /** Runs that the leader does not touch any more, with the error. */
    setAside: () => ReadonlyMap<RunNo, string>;
    nextRunNo: () => RunNo;
    stateDir: string;
    inputs: InputReader;
  }) {
    this.#store = options.store;
    this.#versions = options.versions;
    this.#led = options.led;
    this.#setAside = options.setAside;
    this.#nextRunNo = options.nextRunNo;
    this.#stateDir = options.stateDir;
    this.#inputs = options.inputs;
  }

  /**
   * Prepares a request; one that cannot be done becomes a refusal.
   *
   * @throws AppError `unavailable` if the store is away: nothing is known about the request then.
   */
  async prepare(record: InboxRecord): Promise<Prepared> {
    try {
      return await this.#prepare(record.inboxId, record.request, record.createdAt);
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'unavailable') throw error;
      const code = error.code === 'not_found' || error.code === 'conflict' ? error.code : 'invalid';
      return { request: { inboxId: record.inboxId, kind: 'refuse', code, message: error.message } };
    }
  }

  async #prepare(inboxId: number, request: Request, askedAt: number): Promise<Prepared> {
    if (request.type === 'trigger') return this.#trigger(inboxId, request, askedAt);
    const record = await this.#runOf(request.runUid);
    const { runNo } = record;
    const finished = isRunFinished(record.state);
    const fault = this.#setAside().get(runNo);
    if (fault !== undefined) throw setAsideError(record.uid, fault);
    const led = this.#led().get(runNo);
    if (request.type === 'adopt') {
      if (led) return { request: { inboxId, kind: 'adopt', run: led } };
      if (finished) throw new AppError('conflict', `run ${record.uid} is already ${record.state}`);
      const loaded = await this.load(runNo);
      return { request: { inboxId, kind: 'adopt', run: loaded.run }, version: loaded.version };
    }
    if (request.type === 'retry' || request.type === 'markTask' || request.type === 'markRun') {
      const loaded = led ? null : await this.load(runNo);
      const run = led ?? (loaded as LedRun).run;
      const planned = this.#change(inboxId, request, run);
      const adopt = loaded && !finished ? { adopt: loaded } : {};
      return { ...adopt, request: planned, ...(loaded ? { version: loaded.version } : {}) };
    }
    if (finished) throw new AppError('conflict', `run ${record.uid} is already ${record.state}`);
    const adopt = led ? {} : { adopt: await this.load(runNo) };
    switch (request.type) {
      case 'cancel':
      case 'kill':
        return {
          ...adopt,
          request: { inboxId, kind: 'cancel', runNo, by: request.by, kill: request.type === 'kill' },
        };
      case 'pauseRun':
        return { ...adopt, request: { inboxId, kind: 'pause', runNo } };
      case 'resumeRun':
        return { ...adopt, request: { inboxId, kind: 'resume', runNo } };
    }
  }

  #change(
    inboxId: number,
    request: Extract<Request, { type: 'retry' | 'markTask' | 'markRun' }>,
    run: RunWorld,
  ): PlannedRequest {
    const { by } = request;
    if (request.type === 'markRun') return { inboxId, kind: 'markRun', run, by, state: request.state };
    if (request.type === 'markTask') {
      const [node] = nodesNamed(run, request.instance);
      return { inboxId, kind: 'markTask', run, by, node: node as number, state: request.state };
    }
    if (request.select !== 'tasks')
      return { inboxId, kind: 'retry', run, by, selection: { select: request.select } };
    const nodes = request.tasks.flatMap((name) => nodesNamed(run, name));
    const { upstream, downstream } = request;
    return { inboxId, kind: 'retry', run, by, selection: { select: 'nodes', nodes, upstream, downstream } };
  }

  async #trigger(inboxId: number, request: TriggerRequest, askedAt: number): Promise<Prepared> {
    const version = await this.#versions.current(request.dagId);
    const graph = this.#graph(version);
    const selection = selectScope(graph, request.scope);
    if (!selection.ok) throw scopeError(graph, selection.problems);
    const checked = checkParams(version.spec, request.params);
    if (!checked.ok) {
      throw new AppError('invalid', checked.problems.map((problem) => problem.message).join('; '));
    }
    const replaced = request.replaces === null ? null : await this.#runOf(request.replaces);
    const isOpen = replaced !== null && !isRunFinished(replaced.state);
    const fault = replaced === null ? undefined : this.#setAside().get(replaced.runNo);
    if (replaced !== null && fault !== undefined) throw setAsideError(replaced.uid, fault);
    const adopt =
      isOpen && !this.#led().has(replaced.runNo) ? { adopt: await this.load(replaced.runNo) } : {};
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
      inputsFrom: request.inputsFrom === null ? null : (await this.#runOf(request.inputsFrom)).runNo,
      logicalAt: null,
      intervalStartAt: null,
      intervalEndAt: null,
      createdAt: askedAt,
      startedAt: null,
      endedAt: null,
      because: null,
    };
    const run = loadRun({ run: record, expansions: [], instances: [] }, graph, selection.selected);
    await this.#inputs.giveOutsideValues(run);
    return {
      ...adopt,
      request: { inboxId, kind: 'start', run, replaces: isOpen ? replaced.runNo : null },
      version,
    };
  }

  /** Reads a run and everything that the planner needs of it. */
  async load(runNo: RunNo): Promise<LedRun> {
    const stored = await this.#store.loadRun(runNo);
    if (!stored) throw new AppError('not_found', `there is no run number ${runNo}`);
    const graph = this.#graph(stored.version);
    const selection = selectScope(graph, stored.run.scope);
    if (!selection.ok) throw scopeError(graph, selection.problems);
    const run = loadRun(stored, graph, selection.selected);
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
    return { run, version: stored.version };
  }

  #graph(version: VersionRecord): Graph {
    let graph = this.#graphs.get(version.versionNo);
    if (!graph) {
      graph = compileGraph(version.spec);
      this.#graphs.set(version.versionNo, graph);
    }
    return graph;
  }

  async #runOf(uid: string): Promise<RunRecord> {
    const found = await this.#store.runsByUid(uid);
    const [only] = found;
    if (!only) throw new AppError('not_found', `there is no run ${uid}`);
    if (found.length > 1) throw new AppError('usage', `several runs begin with ${uid}: write more of the id`);
    return only;
  }
}

/** The nodes of an instance name such as `symbol[BTC].collect`, or of a task path: all its instances. */
function nodesNamed(run: RunWorld, name: string): number[] {
  const found: number[] = [];
  const names: string[] = [];
  for (const { node, template } of run.existing()) {
    if (!run.isTask(template)) continue;
    const instance = run.nameOf(node);
    const path = run.graph.spec.tasks[run.graph.source[template] as number]?.path;
    if (instance === name || path === name) found.push(node);
    else names.push(instance);
  }
  if (found.length > 0) return found;
  const hint = didYouMean(name, names);
  throw new AppError('not_found', `the run has no task ${name}${hint ? `: ${hint}` : ''}`);
}

/** Why nothing can be asked of a run that the leader has set aside. */
function setAsideError(uid: string, fault: string): AppError {
  return new AppError(
    'conflict',
    `run ${uid} was set aside by the process that leads, after an internal error (${fault}); ` +
      'the next process that leads tries it again: once this one has ended, orch retry goes on with it',
  );
}

/** What is wrong with the names of a scope. */
export function scopeError(graph: Graph, problems: readonly ScopeProblem[]): AppError {
  const sentences = problems.map((problem) => {
    if (problem.kind === 'ambiguous') return `${problem.name} could be ${problem.candidates.join(' or ')}`;
    const hint = didYouMean(problem.name, scopeNames(graph));
    return `DAG ${graph.spec.id} has no task, group or stage ${problem.name}${hint ? `: ${hint}` : ''}`;
  });
  const ambiguous = problems.every((problem) => problem.kind === 'ambiguous');
  return new AppError(ambiguous ? 'usage' : 'not_found', sentences.join('; '));
}
