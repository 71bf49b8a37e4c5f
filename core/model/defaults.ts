import { DAG_DEFAULTS, RETRY_DEFAULTS, TASK_DEFAULTS } from './dag.ts';

/** What a DAG or task that says nothing gets; a project sets them under `defaults` of its config. */
export interface EngineDefaults {
  readonly retries: {
    readonly max: number;
    readonly delayMs: number;
    readonly backoff: 'fixed' | 'linear' | 'exponential';
    readonly factor: number;
    readonly maxDelayMs: number;
    readonly jitter: number;
  };
  readonly timeoutMs: number;
  readonly killGraceMs: number;
  /** Lost attempts that are replaced before the task fails. */
  readonly lostBudget: number;
  readonly maxActiveRuns: number;
  readonly maxActiveTasks: number;
}

/** The defaults of a project that sets none. */
export const ENGINE_DEFAULTS: EngineDefaults = {
  retries: { max: 0, ...RETRY_DEFAULTS },
  timeoutMs: TASK_DEFAULTS.timeoutMs,
  killGraceMs: TASK_DEFAULTS.killGraceMs,
  lostBudget: TASK_DEFAULTS.lostBudget,
  maxActiveRuns: DAG_DEFAULTS.maxActiveRuns,
  maxActiveTasks: DAG_DEFAULTS.maxActiveTasks,
};
