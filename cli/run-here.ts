import type { SpareKeeper } from '../core/executors/keeper-process.ts';
import { compileGraph } from '../core/graph/graph.ts';
import { requiredSelection } from '../core/graph/required-selection.ts';
import { type DagSpec, PRIORITY_LEVELS, type PriorityLevel } from '../core/model/dag.ts';
import { AppError } from '../core/model/errors.ts';
import type { Project } from '../core/scheduler/project.ts';
import { newRunUid } from '../core/scheduler/run-uid.ts';
import type { CommandContext } from './context.ts';
import { countFlag } from './duration-flag.ts';
import { openSession } from './engine.ts';
import { checkKeys } from './fan-out-keys.ts';
import { followRun } from './follow-run.ts';
import { type ParamOptions, paramInput } from './param-flags.ts';
import { runParams } from './params.ts';
import { type ScopeOptions, scopeOf } from './scope-flags.ts';
import { tellBadHooks } from './tell-bad-hooks.ts';
import { type StartedRun, startRun, type WantedRun } from './trigger-run.ts';
import { userName } from './user-name.ts';

/** The flags that make a run what it is. */
export interface RunOptions extends ScopeOptions, ParamOptions {
  readonly maxParallel?: string;
  readonly new?: boolean;
  readonly runUid?: string;
  readonly priority?: string;
  /** False with `--no-cache`. */
  readonly cache?: boolean;
}

/** The run of a version of a DAG that a command line asks for. */
export function wantedRun(
  context: CommandContext,
  { spec }: { readonly spec: DagSpec },
  options: RunOptions,
): WantedRun {
  const graph = compileGraph(spec);
  const scope = scopeOf(options);
  const selected = requiredSelection(graph, scope);
  const params = runParams(spec, paramInput(options, context.host.cwd));
  checkKeys(graph, selected, params, scope.keys);
  return {
    dagId: spec.id,
    runUid: options.runUid ?? newRunUid(context.host.clock.now()),
    scope,
    params,
    maxParallel: options.maxParallel === undefined ? null : countFlag('--max-parallel', options.maxParallel),
    inputsFrom: null,
    needsRunner: spec.tasks.some(({ action }) => action.kind === 'function' || action.kind === 'operator'),
    fresh: options.new === true,
    by: userName(context.host.env),
    noCache: options.cache === false,
    ...(options.priority === undefined ? {} : { priority: priorityFlag(options.priority) }),
  };
}

function priorityFlag(given: string): PriorityLevel {
  const level = PRIORITY_LEVELS.find((one) => one === given);
  if (level !== undefined) return level;
  throw new AppError('usage', `--priority ${given}: it is one of ${PRIORITY_LEVELS.join(', ')}`);
}

/**
 * Starts a run, or goes on with an interrupted one like it, and follows it to its end; the exit code.
 * `keeper`: that of this process if it leads.
 */
export async function runHere(
  context: CommandContext,
  project: Project,
  wanted: WantedRun,
  { timeoutMs, keeper }: { readonly timeoutMs: number | null; readonly keeper?: SpareKeeper },
): Promise<number> {
  const beganAt = context.host.clock.now();
  const session = await openSession(project, {
    warm: wanted.needsRunner,
    ...(keeper === undefined ? {} : { keeper }),
  });
  keeper?.end();
  let started: StartedRun | null = null;
  try {
    const askedAt = context.host.clock.now();
    started = await startRun(project.store, session, wanted, beganAt);
    const sinceAt = started.resumed ? askedAt : 0;
    return await followRun(context, {
      project,
      session,
      runNo: started.runNo,
      how: started.resumed ? 'resumed' : 'triggered',
      sinceAt,
      timeoutMs,
    });
  } finally {
    await session.close();
    if (started !== null) await tellBadHooks(context, project.store, started.runNo);
  }
}
