import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Executor } from '../../../core/executors/executor.ts';
import { createLocalExecutor } from '../../../core/executors/local.ts';
import type { LocalExecutorOptions } from '../../../core/executors/local-options.ts';
import { readAttemptLog } from '../../../core/log/read-attempt-log.ts';
import type { AttemptDefinition, AttemptEvent, AttemptOrder, Outcome } from '../../../core/model/attempt.ts';
import { systemClock } from '../../../core/model/clock.ts';
import type { TaskAction } from '../../../core/model/dag.ts';
import {
  type AttemptId,
  attemptId,
  type NodeNo,
  type RunNo,
  type RunUid,
  type TryNo,
} from '../../../core/model/ids.ts';
import type { Json } from '../../../core/model/json.ts';

export type EndedEvent = Extract<AttemptEvent, { type: 'attempt.ended' }>;

export interface OrderParts extends Partial<Omit<AttemptDefinition, 'action'>> {
  readonly node?: number;
  readonly try?: number;
  readonly keys?: readonly string[];
  readonly items?: readonly Json[];
  readonly needs?: { readonly [name: string]: Json | undefined };
  readonly spinUs?: number;
  readonly checkpoint?: string;
}

/** A project in a temporary folder, with functions in `dags/work.ts`. */
export function makeProject(files: { readonly [path: string]: string } = {}): string {
  const projectDir = mkdtempSync(join(tmpdir(), 'orch-executor-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(projectDir, path, '..'), { recursive: true });
    writeFileSync(join(projectDir, path), text);
  }
  return projectDir;
}

/** An executor with what it told, and ways to wait for it. */
export class Bench {
  readonly projectDir: string;
  readonly stateDir: string;
  readonly executor: Executor;
  readonly events: AttemptEvent[] = [];
  #definitions = 0;
  #nodes = 0;
  readonly #waiting = new Set<() => void>();

  constructor(projectDir: string, options: Partial<LocalExecutorOptions> = {}) {
    this.projectDir = projectDir;
    this.stateDir = join(projectDir, '.orch');
    this.executor = createLocalExecutor({
      projectDir,
      stateDir: this.stateDir,
      clock: systemClock,
      epoch: 1,
      ...options,
    });
    this.executor.onEvent = (event) => {
      this.events.push(event);
      for (const look of [...this.#waiting]) look();
    };
  }

  order(action: TaskAction, parts: OrderParts = {}): AttemptOrder {
    const { node, keys, items, needs, spinUs, checkpoint, ...over } = parts;
    const runNo = over.runNo ?? (1 as RunNo);
    const nodeNo = (node ?? ++this.#nodes) as NodeNo;
    const tryNo = (parts.try ?? 1) as TryNo;
    const names = Object.keys(needs ?? {});
    const definition: AttemptDefinition = {
      id: ++this.#definitions,
      runNo,
      runUid: '01890000-0000-7000-8000-000000000001' as RunUid,
      dagId: 'work',
      taskPath: 'task',
      fanOutPath: null,
      action,
      inputNames: names,
      with: null,
      env: null,
      params: { size: 3 },
      run: {
        id: 'r' as RunUid,
        dagId: 'work',
        logicalDate: null,
        interval: null,
        trigger: 'manual',
        assets: {},
        file: null,
      },
      code: { root: this.projectDir, entry: 'dags/work.ts' },
      isolation: 'process',
      timeoutMs: 60_000,
      killGraceMs: 500,
      memoryMb: null,
      itemNames: [],
      ...over,
    };
    const inputs = names.map((name) =>
      needs?.[name] === undefined ? undefined : JSON.stringify(needs[name]),
    );
    const id = attemptId(runNo, nodeNo, tryNo);
    return {
      attemptId: id,
      runNo,
      nodeNo,
      tryNo,
      definition,
      keys: keys ?? [],
      items: items ?? [],
      inputs,
      ...(checkpoint === undefined ? {} : { checkpoint }),
      spinUs: spinUs ?? 0,
    };
  }

  /** Submits a function of `dags/work.ts`. */
  call(name: string, parts: OrderParts = {}): AttemptId {
    return this.submit({ kind: 'function', ref: `./work.ts#${name}` }, parts);
  }

  shell(run: string | readonly string[], parts: OrderParts = {}): AttemptId {
    return this.submit({ kind: 'shell', run }, parts);
  }

  submit(action: TaskAction, parts: OrderParts = {}): AttemptId {
    const order = this.order(action, parts);
    this.executor.submit(order);
    return order.attemptId;
  }

  /** Resolves with the first event, past or future, that is wanted. */
  async event<E extends AttemptEvent>(wanted: (event: AttemptEvent) => event is E): Promise<E>;
  async event(wanted: (event: AttemptEvent) => boolean): Promise<AttemptEvent>;
  async event(wanted: (event: AttemptEvent) => boolean): Promise<AttemptEvent> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.events.find(wanted);
        if (!found) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  async started(id: AttemptId): Promise<AttemptEvent> {
    return this.event((event) => event.attemptId === id && event.type === 'attempt.started');
  }

  async ended(id: AttemptId): Promise<EndedEvent> {
    return this.event(
      (event): event is EndedEvent => event.attemptId === id && event.type === 'attempt.ended',
    );
  }

  async outcome(id: AttemptId): Promise<Outcome> {
    return (await this.ended(id)).outcome;
  }

  /** The output of a successful attempt. */
  async output(id: AttemptId): Promise<unknown> {
    const outcome = await this.outcome(id);
    if (outcome.kind !== 'success') throw new Error(`${id} ended as ${JSON.stringify(outcome)}`);
    return outcome.output === undefined ? undefined : JSON.parse(outcome.output);
  }

  /** Waits until the attempt has reported the metric. */
  async metric(id: AttemptId, name: string): Promise<number> {
    const event = await this.event(
      (one): one is Extract<AttemptEvent, { type: 'attempt.metric' }> =>
        one.attemptId === id && one.type === 'attempt.metric' && one.name === name,
    );
    return event.value;
  }

  async lines(id: AttemptId): Promise<string[]> {
    const { log } = await this.ended(id);
    if (!log) return [];
    const page = await readAttemptLog(
      { stateDir: this.stateDir, runNo: 1, attemptId: id, range: log },
      { limit: 1e9 },
    );
    return page.lines.map((line) => `${line.stream}: ${line.text}`);
  }

  /** A pipe in the project by which a command says that it has come so far: `echo > name`. */
  bell(name: string): { readonly rung: Promise<unknown> } {
    const path = join(this.projectDir, name);
    execFileSync('mkfifo', [path]);
    return { rung: readFile(path) };
  }

  async close(): Promise<void> {
    await this.executor.close();
    rmSync(this.projectDir, { recursive: true, force: true });
  }
}

/** Whether a process lives; one that is dead and not yet reaped does not. */
export { processFacts } from '../../../core/executors/processes.ts';
