import type { ResourceSample } from '../model/alert.ts';

/** Something that rules look at. Instants are epoch milliseconds. */
export type Observation =
  | {
      readonly type: 'task';
      readonly at: number;
      readonly state: 'success' | 'failed';
      readonly dagId: string;
      readonly runId: string;
      /** Dotted path without keys. */
      readonly taskId: string;
      /** With its key: `symbol[BTC].clean`. */
      readonly name: string;
      /** Why it failed: its reason, and what its error says. */
      readonly reason: string | null;
      readonly error: string | null;
      /** How long the attempt took, and how long half of the earlier successes did; `null`: not known. */
      readonly durationMs: number | null;
      readonly medianMs: number | null;
    }
  | {
      readonly type: 'run';
      readonly at: number;
      readonly state: 'success' | 'failed';
      readonly dagId: string;
      readonly runId: string;
      /** Why it ended so, in one sentence. */
      readonly because: string;
    }
  | {
      readonly type: 'deadline';
      readonly at: number;
      readonly isPassed: boolean;
      readonly dagId: string;
      readonly runId: string;
      readonly because: string;
    }
  /** orch itself has failed at something. */
  | {
      readonly type: 'error';
      readonly at: number;
      readonly message: string;
      readonly dagId: string | null;
      readonly runId: string | null;
    }
  | {
      readonly type: 'sample';
      readonly at: number;
      /** `null`: not measured. */
      readonly resources: ResourceSample | null;
      /** By how much the scheduler is behind. */
      readonly lagMs: number;
      /** Attempts that are ready and wait for a slot. */
      readonly queued: number;
    };
