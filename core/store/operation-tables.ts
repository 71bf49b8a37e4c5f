import type { JsonText } from '../model/json.ts';

/** What belongs to the operation of a scheduler, beside its runs. */
export interface OperationTables {
  readonly scheduler_fact: SchedulerFactTable;
  readonly metric_sample: MetricSampleTable;
  readonly ad_hoc_schedule: AdHocScheduleTable;
  readonly queue_tally: QueueTallyTable;
}

/** Something that holds now; the newest word replaces the one before. */
export interface SchedulerFactTable {
  name: string;
  value: JsonText;
}

/** Figures of an instant, or what they were over a step that began then. */
export interface MetricSampleTable {
  step_ms: number;
  at: number;
  /** `Figures`. */
  figures: JsonText;
}

export interface AdHocScheduleTable {
  schedule_id: string;
  dag_id: string;
  name: string;
  /** An `AdHocPlan`. */
  plan: JsonText;
  /** 0 or 1. */
  paused: number;
  cursor_at: number;
  /** An `AdHocSlot`; `null` before the first. */
  last: JsonText | null;
  created_at: number;
  created_by: string;
  /** A `ScheduleMaker`; `null`: nobody had to log in. */
  maker: JsonText | null;
}

/** Tasks of a type and level that were made on a day, by state. Triggers of `dag_run` keep it. */
export interface QueueTallyTable {
  dag_id: string;
  /** Position in `PRIORITY_LEVELS`. */
  priority: number;
  /** Days since 1970, UTC. */
  day: number;
  queued: number;
  running: number;
  paused: number;
  success: number;
  failed: number;
  cancelled: number;
}
