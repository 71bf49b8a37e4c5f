import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RunNo } from '../../core/model/ids.ts';
import type { JsonObject } from '../../core/model/json.ts';
import type { Request } from '../../core/model/request.ts';
import type { RunScope } from '../../core/model/scope.ts';
import { openProject, type Project } from '../../core/scheduler/project.ts';
import { openSession, type Session, type SessionOptions } from '../../core/scheduler/session.ts';
import type { RunView } from '../../core/store/run-view.ts';

/** A project in a folder of its own that is gone after the test. */
export interface TempProject extends AsyncDisposable {
  readonly dir: string;
  /** Writes files, by path. */
  write(files: { readonly [path: string]: string }): void;
  open(options?: SessionOptions): Promise<Opened>;
}

/** An opened project with a session in it. */
export interface Opened extends AsyncDisposable {
  readonly project: Project;
  readonly session: Session;
  /** Triggers a DAG; the number of the new run. */
  trigger(dagId: string, options?: TriggerOptions): Promise<RunNo>;
  /** Follows a run to its end. */
  finish(runNo: RunNo): Promise<RunView>;
  run(dagId: string, options?: TriggerOptions): Promise<RunView>;
}

export interface TriggerOptions {
  readonly scope?: RunScope;
  readonly params?: JsonObject;
  readonly maxParallel?: number;
  readonly inputsFrom?: string;
  readonly replaces?: string;
}

let lastRun = 0;

/** An id for a new run, unlike every other of this process. */
export function newUid(): string {
  const tail = `${process.pid.toString(16)}${(++lastRun).toString(16).padStart(6, '0')}`.padStart(12, '0');
  return `01900000-0000-7000-8000-${tail.slice(-12)}`;
}

/** The request for a manual run. */
export function triggerRequest(dagId: string, options: TriggerOptions = {}, runUid = newUid()): Request {
  return {
    type: 'trigger',
    dagId,
    runUid,
    trigger: 'manual',
    params: options.params ?? {},
    scope: options.scope ?? {},
    maxParallel: options.maxParallel ?? null,
    inputsFrom: options.inputsFrom ?? null,
    replaces: options.replaces ?? null,
  };
}

export function tempProject(files: { readonly [path: string]: string }): TempProject {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'orch-test-')));
  const project: TempProject = {
    dir,
    write(more) {
      for (const [path, text] of Object.entries(more)) {
        mkdirSync(dirname(join(dir, path)), { recursive: true });
        writeFileSync(join(dir, path), text);
      }
    },
    open: (options) => open(dir, options),
    async [Symbol.asyncDispose]() {
      rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  project.write(files);
  return project;
}

async function open(dir: string, options?: SessionOptions): Promise<Opened> {
  const project = await openProject(dir, { env: { PATH: process.env['PATH'] } });
  const session = await openSession(project, options);
  const opened: Opened = {
    project,
    session,
    async trigger(dagId, options) {
      const answer = await session.ask(triggerRequest(dagId, options));
      if (!answer.ok) throw new Error(answer.message);
      return (answer.value as { runNo: RunNo }).runNo;
    },
    async finish(runNo) {
      for await (const update of session.watch(runNo)) if (update.type === 'ended') return update.view;
      throw new Error('the run did not end');
    },
    run: async (dagId, options) => opened.finish(await opened.trigger(dagId, options)),
    async [Symbol.asyncDispose]() {
      await session.close('now');
      await project.close();
    },
  };
  return opened;
}

/** The states of a run by instance name. */
export function statesOf(view: RunView): { [name: string]: string } {
  return Object.fromEntries(view.tasks.map((task) => [task.name, task.state]));
}

/** The outputs of a run by instance name. */
export function outputsOf(view: RunView): { [name: string]: unknown } {
  return Object.fromEntries(
    view.tasks.flatMap((task) =>
      task.output && 'json' in task.output ? [[task.name, JSON.parse(task.output.json)]] : [],
    ),
  );
}
