import { availableParallelism } from 'node:os';
import type { Clock } from '../model/clock.ts';
import type { SpareKeeper } from './keeper-process.ts';

export interface LocalExecutorOptions {
  /** The folder with `airflow.yaml`: commands run here. */
  readonly projectDir: string;
  /** The state folder, `.orch`. */
  readonly stateDir: string;
  readonly clock: Clock;
  /** Of the lease: grows with every change of leader, and names what this leader starts. */
  readonly epoch: number;
  readonly runners?: RunnerOptions;
  readonly commands?: { readonly max?: number; readonly memoryMb?: number | null };
  readonly limits?: Partial<AttemptLimits>;
  /** A keeper that is not up by then is killed, and the next one is tried. */
  readonly keeperUpMs?: number;
  /** Becomes the first keeper, unless it is taken or has ended. */
  readonly spareKeeper?: SpareKeeper | null;
  /** A key of variables and connections by its id, base64; `null`: it is not here. */
  readonly keyOf?: (id: string) => string | null;
  /** Environment variables that attempts inherit, besides the usual ones. */
  readonly passEnv?: readonly string[];
}

export interface RunnerOptions {
  /** Runners at most; by default four for each core. */
  readonly max?: number;
  /** Heap of a runner, and the memory cap of an attempt that names none. */
  readonly memoryMb?: number;
  /** A runner more when all have been busy for so long while orders wait. */
  readonly growAfterMs?: number;
  /** A runner less when one has been idle for so long. */
  readonly idleMs?: number;
  /** A runner is kept for the next order even when there is nothing to do. */
  readonly keepOne?: boolean;
  /** A runner is replaced after so many attempts. */
  readonly attemptsMax?: number;
  /** Orders are sent ahead to a runner that is busy while all that it has is expected to take no longer. */
  readonly aheadMs?: number;
  /** Orders are taken back from behind an attempt that has run for so long. */
  readonly takeBackMs?: number;
}

export interface AttemptLimits {
  /** Bytes kept of the log of an attempt. */
  readonly logBytes: number;
  /** Outputs up to this stand in their row. */
  readonly outputInlineBytes: number;
  /** Larger outputs are refused. */
  readonly outputBytes: number;
}

/** The options with everything that was left out. */
export interface LocalSettings {
  readonly projectDir: string;
  readonly stateDir: string;
  readonly clock: Clock;
  readonly epoch: number;
  /** `max` may change: pools look at it whenever they would start one more. */
  readonly runners: Required<RunnerOptions> & { max: number };
  readonly commands: { readonly max: number; readonly memoryMb: number | null };
  readonly limits: AttemptLimits;
  readonly keeperUpMs: number;
  readonly spareKeeper: SpareKeeper | null;
  readonly keyOf: (id: string) => string | null;
  readonly passEnv: readonly string[];
}

const MIB = 1024 * 1024;

export function localSettings(options: LocalExecutorOptions): LocalSettings {
  return {
    projectDir: options.projectDir,
    stateDir: options.stateDir,
    clock: options.clock,
    epoch: options.epoch,
    runners: {
      max: availableParallelism() * 4,
      memoryMb: 2_048,
      growAfterMs: 5,
      idleMs: 60_000,
      keepOne: true,
      attemptsMax: 50_000,
      aheadMs: 0.5,
      takeBackMs: 2,
      ...options.runners,
    },
    commands: { max: 64, memoryMb: null, ...options.commands },
    limits: { logBytes: 64 * MIB, outputInlineBytes: 256 * 1024, outputBytes: 64 * MIB, ...options.limits },
    keeperUpMs: options.keeperUpMs ?? 60_000,
    spareKeeper: options.spareKeeper ?? null,
    keyOf: options.keyOf ?? (() => null),
    passEnv: options.passEnv ?? [],
  };
}
