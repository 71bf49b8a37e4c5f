import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Executor } from '../executors/executor.ts';
import type { SpareKeeper } from '../executors/keeper-process.ts';
import { createLocalExecutor } from '../executors/local.ts';
import type { RunnerOptions } from '../executors/local-options.ts';
import type { Lease } from '../store/store.ts';
import type { Leadership } from './lead.ts';
import type { Project } from './project.ts';

/** What a process brings along for the attempts of its lead. */
export interface AttemptStart {
  /** A runner is kept ready for the first function or operator. */
  readonly warm: boolean;
  readonly keeper: SpareKeeper | null;
}

/** What runs the attempts of a lead. */
export interface StartedExecutor {
  readonly executor: Executor;
  /** Resolves if attempts cannot be run at all. */
  readonly failed: Promise<Error>;
}

/**
 * What a leader loads, in parts: in between the keeper is heard, which says that it is up, so that its first
 * runner starts while the rest is loaded.
 */
const PARTS: readonly (() => Promise<unknown>)[] = [
  () => import('../planner/lifecycle.ts'),
  () => import('./leader.ts'),
  () => import('./request-desk.ts'),
];

/**
 * Starts to lead: ends what earlier processes left alive, starts what runs attempts, and only then loads what
 * decides, for processes take as long to start. The lease is given back if that fails.
 */
export async function startLeading(
  project: Project,
  lease: Lease,
  attempts: AttemptStart,
  onCommit: () => void,
): Promise<Leadership> {
  const started = makeExecutor(project, lease, attempts);
  try {
    await started.executor.start();
    lease.hold((ms) => started.executor.hold(ms));
    for (const load of PARTS) {
      await load();
      await nextTurn();
    }
    const { Leadership } = await import('./lead.ts');
    return await Leadership.start(project, lease, started, onCommit);
  } catch (error) {
    await started.executor.close().catch(() => {});
    await lease.release().catch(() => {});
    throw error;
  }
}

function makeExecutor(project: Project, lease: Lease, { warm, keeper }: AttemptStart): StartedExecutor {
  const { config, clock, dir, stateDir, keys } = project;
  const executor = createLocalExecutor({
    projectDir: dir,
    stateDir,
    clock,
    epoch: lease.epoch,
    runners: { ...runnerOptions(config), keepOne: warm },
    spareKeeper: keeper,
    keyOf: (id) => keys.exported(id),
    limits: { logBytes: config.log.maxBytesPerAttempt },
  });
  const { promise: failed, resolve } = Promise.withResolvers<Error>();
  executor.onFailed = resolve;
  return { executor, failed };
}

function runnerOptions({ runners }: Project['config']): RunnerOptions {
  const { max, idleMs, maxAttempts, memoryMb } = runners;
  return { max, idleMs, attemptsMax: maxAttempts, ...(memoryMb === null ? {} : { memoryMb }) };
}
