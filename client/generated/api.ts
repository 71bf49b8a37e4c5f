// Made of the routes by `npm run openapi`. Not edited by hand.

/** a refusal (RFC 9457) */
export type Problem = {
  /** urn:orch:error:<code> */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** the request id */
  readonly instance?: string;
  /** each mistake: of the request with `pointer` (JSON pointer), `in` (path, query or body) and `detail`; of a file with its place and `message` */
  readonly errors?: readonly {
    readonly [name: string]: unknown;
  }[];
  readonly [name: string]: unknown;
};

export type Health = {
  /** of the loop that decides, whatever this process does */
  readonly status: 'ok' | 'stalled' | 'no leader';
  readonly leader: {
    readonly pid: number;
    readonly host: string;
    readonly silentMs: number;
  } | null;
  readonly oldestRequestMs: number | null;
};

export type SystemStatus = {
  readonly version: string;
  /** RFC 3339, UTC */
  readonly startedAt: string;
  /** of this server */
  readonly uptimeMs: number;
  readonly store: {
    /** the database */
    readonly kind: 'sqlite' | 'postgres';
    readonly schema: number;
  };
  readonly leader: {
    readonly pid: number;
    readonly host: string;
    /** RFC 3339, UTC */
    readonly since: string;
    /** grows with every change of leader */
    readonly epoch: number;
    /** false: a command that leads for its own runs */
    readonly isScheduler: boolean;
  } | null;
  readonly paused: {
    readonly by: string;
    /** RFC 3339, UTC */
    readonly since: string;
  } | null;
  /** pools of runners */
  readonly workers: number;
  readonly counts: {
    /** that a file declares */
    readonly dags: number;
    readonly brokenFiles: number;
    readonly unfinishedRuns: number;
    readonly activeTasks: number;
    /** ad-hoc ones */
    readonly schedules: number;
  };
};

export type Machine = {
  readonly cpuPercent: number;
  readonly cpuCount: number;
  /** over a minute */
  readonly load: number;
  readonly memoryTotal: number;
  readonly memoryUsed: number;
  readonly memoryPercent: number;
  readonly diskTotal: number;
  readonly diskUsed: number;
  readonly diskPercent: number;
};

export type Resources = {
  /** RFC 3339, UTC */
  readonly at: string;
  readonly host: string;
  readonly machine: Machine;
  /** of orch; those of the scheduler as of its last report */
  readonly processes: readonly {
    /** what it does */
    readonly kind: 'server' | 'leader' | 'keeper' | 'runner';
    readonly pid: number;
    readonly host: string;
    readonly cpuPercent: number | null;
    readonly memoryBytes: number | null;
  }[];
};

export type SystemHealth = {
  /** of all of it */
  readonly status: 'ok' | 'degraded';
  readonly checks: readonly {
    /** what was looked at */
    readonly name: 'store' | 'scheduler' | 'disk';
    readonly ok: boolean;
    /** one sentence for people */
    readonly text: string;
  }[];
};

export type Dag = {
  /** the id of a DAG */
  readonly dagId: string;
  /** that declares it, relative to the project */
  readonly file: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly owner: string | null;
  readonly tags: readonly string[];
  /** the version of its new runs */
  readonly version: number;
  /** RFC 3339, UTC */
  readonly versionAt: string;
  /** a file declares it */
  readonly present: boolean;
  readonly paused: boolean;
  /** by which it runs; empty: by hand */
  readonly schedule: readonly {
    readonly [name: string]: unknown;
  }[];
  readonly nextSlotAt: string | null;
  readonly lastRun: {
    readonly runId: string;
    /** the state of a run */
    readonly state: 'queued' | 'running' | 'paused' | 'success' | 'failed' | 'cancelled';
    /** RFC 3339, UTC */
    readonly createdAt: string;
  } | null;
  readonly rolledBack: {
    /** that new runs have */
    readonly version: number;
    /** that its file declares */
    readonly declared: number;
    /** also when its file changes */
    readonly held: boolean;
    /** RFC 3339, UTC */
    readonly since: string;
    readonly by: string;
  } | null;
};

export type DagPage = {
  readonly items: readonly Dag[];
  readonly nextCursor: string | null;
};

export type DagDetail = {
  /** the id of a DAG */
  readonly dagId: string;
  /** that declares it, relative to the project */
  readonly file: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly owner: string | null;
  readonly tags: readonly string[];
  /** the version of its new runs */
  readonly version: number;
  /** RFC 3339, UTC */
  readonly versionAt: string;
  /** a file declares it */
  readonly present: boolean;
  readonly paused: boolean;
  /** by which it runs; empty: by hand */
  readonly schedule: readonly {
    readonly [name: string]: unknown;
  }[];
  readonly nextSlotAt: string | null;
  readonly lastRun: {
    readonly runId: string;
    /** the state of a run */
    readonly state: 'queued' | 'running' | 'paused' | 'success' | 'failed' | 'cancelled';
    /** RFC 3339, UTC */
    readonly createdAt: string;
  } | null;
  readonly rolledBack: {
    /** that new runs have */
    readonly version: number;
    /** that its file declares */
    readonly declared: number;
    /** also when its file changes */
    readonly held: boolean;
    /** RFC 3339, UTC */
    readonly since: string;
    readonly by: string;
  } | null;
  readonly params: {
    readonly [name: string]: unknown;
  };
  /** in the order of the graph, with what each comes after */
  readonly tasks: readonly {
    readonly taskId: string;
    readonly stage: string | null;
    readonly after: readonly string[];
  }[];
};

export type Version = {
  readonly version: number;
  /** RFC 3339, UTC */
  readonly createdAt: string;
  readonly file: string;
  readonly graphHash: string;
  readonly codeHash: string;
  /** new runs have it */
  readonly inForce: boolean;
  /** the file declared it when it was read last */
  readonly declared: boolean;
  /** what is new in it; code: nothing of the graph */
  readonly change: 'new' | 'graph' | 'code';
  /** tasks */
  readonly added: readonly string[];
  /** tasks */
  readonly removed: readonly string[];
  /** tasks */
  readonly changed: readonly string[];
};

export type VersionPage = {
  readonly items: readonly Version[];
  readonly nextCursor: string | null;
};

export type VersionDetail = {
  readonly version: number;
  /** RFC 3339, UTC */
  readonly createdAt: string;
  readonly graphHash: string;
  readonly codeHash: string;
  /** new runs have it */
  readonly inForce: boolean;
  readonly file: string;
  readonly spec: {
    readonly [name: string]: unknown;
  };
};

export type VersionDiff = {
  readonly from: number;
  readonly to: number;
  /** tasks */
  readonly added: readonly string[];
  /** tasks */
  readonly removed: readonly string[];
  /** tasks */
  readonly changed: readonly string[];
  readonly codeChanged: boolean;
};

/** the reason of a state, with the facts of its sentence */
export type Because = {
  /** for programs: codes are kept */
  readonly code: string;
  /** one sentence for people */
  readonly text: string;
  readonly [name: string]: unknown;
};

export type Slot = {
  /** RFC 3339, UTC */
  readonly firstAt: string;
  /** RFC 3339, UTC */
  readonly lastAt: string;
  /** what became of it */
  readonly disposition: 'run' | 'coalesced' | 'skipped' | 'missed' | 'paused';
  readonly runId: string | null;
  /** RFC 3339, UTC */
  readonly decidedAt: string;
  readonly because: Because;
};

export type SlotPage = {
  readonly items: readonly Slot[];
  readonly nextCursor: string | null;
};

export type SchedulePreview = {
  readonly slots: readonly {
    /** RFC 3339, UTC */
    readonly dueAt: string;
    /** RFC 3339, UTC */
    readonly logicalDate: string;
    readonly intervalStart: string | null;
    readonly intervalEnd: string | null;
  }[];
  readonly clockChanges: readonly {
    readonly zone: string;
    /** RFC 3339, UTC */
    readonly at: string;
    readonly from: string;
    readonly to: string;
  }[];
};

export type WhyDag = {
  readonly because: Because;
  /** the same of its other schedules */
  readonly also: readonly Because[];
  readonly nextAt: string | null;
};

export type Grid = {
  /** newest first */
  readonly runs: readonly {
    readonly runId: string;
    readonly version: number;
    /** the state of a run */
    readonly state: 'queued' | 'running' | 'paused' | 'success' | 'failed' | 'cancelled';
    /** what made it */
    readonly trigger: 'manual' | 'schedule' | 'backfill' | 'asset' | 'api';
    readonly logicalDate: string | null;
    /** RFC 3339, UTC */
    readonly createdAt: string;
    readonly startedAt: string | null;
    readonly endedAt: string | null;
    readonly durationMs: number | null;
  }[];
  readonly tasks: readonly {
    /** dotted path without keys */
    readonly taskId: string;
    readonly stage: string | null;
    /** false: only older runs have it */
    readonly declared: boolean;
    /** by run; of a fan-out the gravest. null: the run has no such task */
    readonly states: readonly ('none' | 'scheduled' | 'queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'skipped' | 'upstream_failed' | 'cancelled' | 'not_selected' | 'removed' | null)[];
    /** by run, of tasks in fan-outs: instances by state */
    readonly counts?: readonly ({
      readonly [name: string]: number;
    } | null)[];
  }[];
  readonly nextCursor: string | null;
};

export type Run = {
  /** a UUID */
  readonly runId: string;
  /** the id of a DAG */
  readonly dagId: string;
  /** the version of the DAG that it has */
  readonly version: number;
  /** the state of a run */
  readonly state: 'queued' | 'running' | 'paused' | 'success' | 'failed' | 'cancelled';
  /** what made it */
  readonly trigger: 'manual' | 'schedule' | 'backfill' | 'asset' | 'api';
  readonly triggeringEvents: {
    readonly [name: string]: unknown;
  };
  readonly scope: {
    readonly [name: string]: unknown;
  };
  readonly params: {
    readonly [name: string]: unknown;
  };
  readonly priority: 'low' | 'normal' | 'high' | 'urgent' | null;
  readonly createdBy: string | null;
  readonly logicalDate: string | null;
  /** RFC 3339, UTC */
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly because: Because | null;
};

export type RunPage = {
  readonly items: readonly Run[];
  readonly nextCursor: string | null;
};

export type RunDetail = {
  /** a UUID */
  readonly runId: string;
  /** the id of a DAG */
  readonly dagId: string;
  /** the version of the DAG that it has */
  readonly version: number;
  /** the state of a run */
  readonly state: 'queued' | 'running' | 'paused' | 'success' | 'failed' | 'cancelled';
  /** what made it */
  readonly trigger: 'manual' | 'schedule' | 'backfill' | 'asset' | 'api';
  readonly triggeringEvents: {
    readonly [name: string]: unknown;
  };
  readonly scope: {
    readonly [name: string]: unknown;
  };
  readonly params: {
    readonly [name: string]: unknown;
  };
  readonly priority: 'low' | 'normal' | 'high' | 'urgent' | null;
  readonly createdBy: string | null;
  readonly logicalDate: string | null;
  /** RFC 3339, UTC */
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly because: Because | null;
  /** selected task instances known so far */
  readonly total: number;
  /** of these, those that are finished */
  readonly completed: number;
  readonly progress: number;
  /** task instances by state; only states that occur */
  readonly counts: {
    readonly [name: string]: number;
  };
  readonly setAside: string | null;
  readonly deadline: {
    /** RFC 3339, UTC */
    readonly at: string;
    /** how the run stands to it */
    readonly state: 'ahead' | 'met' | 'missed';
    /** earlier runs took so long that it was told of before */
    readonly foretold: boolean;
  } | null;
};

export type RetryPlan = {
  /** to be sent with the change */
  readonly planHash: string;
  readonly runId: string;
  /** the run goes on with another version of its DAG */
  readonly newVersion: boolean;
  /** what would run again, in the order of the graph */
  readonly items: readonly {
    readonly taskInstanceId: string;
    readonly name: string;
    /** the state of a task instance */
    readonly state: 'none' | 'scheduled' | 'queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'skipped' | 'upstream_failed' | 'cancelled' | 'not_selected' | 'removed';
  }[];
};

export type MarkPlan = {
  /** to be sent with the change */
  readonly planHash: string;
  readonly runId: string;
  /** the state of a run */
  readonly state: 'queued' | 'running' | 'paused' | 'success' | 'failed' | 'cancelled';
  readonly items: readonly {
    readonly taskInstanceId: string;
    readonly name: string;
    /** the state of a task instance */
    readonly state: 'none' | 'scheduled' | 'queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'skipped' | 'upstream_failed' | 'cancelled' | 'not_selected' | 'removed';
    /** it gets the state, is decided anew, or does not run to its end */
    readonly action: 'mark' | 'reset' | 'end';
  }[];
};

export type Metric = {
  readonly taskInstanceId: string;
  readonly taskId: string;
  readonly key: string | null;
  readonly tryNo: number;
  readonly name: string;
  readonly value: number;
  /** RFC 3339, UTC */
  readonly at: string;
};

export type MetricPage = {
  readonly items: readonly Metric[];
  readonly nextCursor: string | null;
};

export type Artifact = {
  readonly taskInstanceId: string;
  readonly taskId: string;
  readonly key: string | null;
  readonly tryNo: number;
  readonly name: string;
  readonly bytes: number;
  readonly mediaType: string;
  readonly sha256: string;
};

export type ArtifactPage = {
  readonly items: readonly Artifact[];
  readonly nextCursor: string | null;
};

export type JournalLine = {
  /** grows with every line of the project */
  readonly seq: number;
  /** RFC 3339, UTC */
  readonly at: string;
  readonly about: string | null;
  readonly taskInstanceId: string | null;
  readonly tryNo: number | null;
  /** a state, or none */
  readonly from: string;
  readonly to: string;
  readonly because: Because;
};

export type JournalPage = {
  readonly items: readonly JournalLine[];
  readonly nextCursor: string | null;
};

export type Hook = {
  /** 1, 2, 3... within the run */
  readonly hookNo: number;
  /** the same however often it is tried */
  readonly id: string;
  /** such as onFailure */
  readonly hook: string;
  readonly taskId: string | null;
  readonly key: string | null;
  /** the one of the task that it is about; 0: none */
  readonly attempt: number;
  /** what made it happen, in a word for programs */
  readonly cause: string;
  /** the same in a sentence */
  readonly because: string;
  /** how far it has come */
  readonly state: 'waiting' | 'running' | 'success' | 'failed';
  readonly tries: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly error: {
    readonly name: string;
    readonly message: string;
  } | null;
};

export type HookPage = {
  readonly items: readonly Hook[];
  readonly nextCursor: string | null;
};

export type LogPage = {
  readonly lines: readonly {
    /** RFC 3339, UTC */
    readonly at: string;
    /** stdout, stderr, a level of ctx.log, or a remark of orch */
    readonly stream: 'stdout' | 'stderr' | 'debug' | 'info' | 'warn' | 'error' | 'system';
    readonly text: string;
    /** the next line of this stream goes on where this one stops */
    readonly more: boolean;
  }[];
  /** from of the next page */
  readonly next: number;
  /** all that is there by now was read */
  readonly atEnd: boolean;
};

export type TaskInstance = {
  /** `<run>.<node>`, as other routes take it */
  readonly taskInstanceId: string;
  /** dotted path without keys */
  readonly taskId: string;
  readonly key: string | null;
  /** such as symbol[BTC-USD].backtest */
  readonly name: string;
  readonly stage: string | null;
  /** the state of a task instance */
  readonly state: 'none' | 'scheduled' | 'queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'skipped' | 'upstream_failed' | 'cancelled' | 'not_selected' | 'removed';
  readonly reason: 'error' | 'timeout' | 'lost' | 'rejected_output' | 'memory' | 'user' | 'critical' | 'run_timeout' | 'overlap' | 'shutdown' | null;
  readonly attempts: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly dueAt: string | null;
  readonly because: Because | null;
  readonly error: {
    readonly name: string;
    readonly message: string;
  } | null;
  readonly progress: {
    readonly done: number;
    readonly total: number;
    readonly step: string | null;
  } | null;
};

export type TaskInstancePage = {
  readonly items: readonly TaskInstance[];
  readonly nextCursor: string | null;
};

export type Attempt = {
  /** `<run>.<node>.<try>` */
  readonly attemptId: string;
  readonly tryNo: number;
  /** the state of a task instance */
  readonly state: 'none' | 'scheduled' | 'queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'skipped' | 'upstream_failed' | 'cancelled' | 'not_selected' | 'removed';
  readonly reason: 'error' | 'timeout' | 'lost' | 'rejected_output' | 'memory' | 'user' | 'critical' | 'run_timeout' | 'overlap' | 'shutdown' | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly because: Because | null;
  readonly error: {
    readonly name: string;
    readonly message: string;
  } | null;
};

export type AttemptPage = {
  readonly items: readonly Attempt[];
  readonly nextCursor: string | null;
};

export type Why = {
  readonly because: Because;
  /** what has to hold before it can run, in order */
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly because: Because;
  }[];
};

export type Output = {
  readonly value: unknown;
  readonly file: {
    readonly sha256: string;
    readonly bytes: number;
  } | null;
};

export type Task = {
  /** the id of a task, a UUID: that of its run */
  readonly taskId: string;
  /** the id of a DAG */
  readonly type: string;
  readonly name: string;
  /** the state of a task */
  readonly state: 'queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'cancelled';
  readonly reason: 'error' | 'timeout' | 'lost' | 'rejected_output' | 'memory' | 'user' | 'critical' | 'run_timeout' | 'overlap' | 'shutdown' | null;
  /** how urgent it is: a higher level goes first */
  readonly priority: 'low' | 'normal' | 'high' | 'urgent';
  readonly params: {
    readonly [name: string]: unknown;
  };
  readonly attempts: number;
  /** as the task has told; 100 at its end */
  readonly progress: number;
  readonly currentStep: string | null;
  readonly etaSeconds: number | null;
  readonly error: {
    readonly name: string;
    readonly message: string;
  } | null;
  readonly createdBy: string | null;
  /** RFC 3339, UTC */
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** RFC 3339, UTC */
  readonly updatedAt: string;
};

export type TaskPage = {
  readonly items: readonly Task[];
  readonly nextCursor: string | null;
};

export type TaskStatistics = {
  readonly items: readonly {
    /** the id of a DAG */
    readonly type: string;
    readonly total: number;
    /** tasks by state; only states that occur */
    readonly counts: {
      readonly [name: string]: number;
    };
    readonly successRate: number | null;
    readonly avgDurationMs: number | null;
    readonly minDurationMs: number | null;
    readonly maxDurationMs: number | null;
    readonly countedSince: string | null;
  }[];
};

export type QueueStats = {
  readonly queued: number;
  readonly queuedByPriority: {
    readonly urgent: number;
    readonly high: number;
    readonly normal: number;
    readonly low: number;
  };
  readonly oldestQueuedAt: string | null;
  readonly oldestQueuedSeconds: number | null;
  readonly running: number;
  /** paused */
  readonly held: number;
  /** for something outside, or for their next attempt */
  readonly waiting: number;
  readonly types: readonly {
    /** the id of a DAG */
    readonly type: string;
    readonly queued: number;
    readonly running: number;
    readonly held: number;
    readonly waiting: number;
  }[];
};

export type TaskDetail = {
  /** the id of a task, a UUID: that of its run */
  readonly taskId: string;
  /** the id of a DAG */
  readonly type: string;
  readonly name: string;
  /** the state of a task */
  readonly state: 'queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'cancelled';
  readonly reason: 'error' | 'timeout' | 'lost' | 'rejected_output' | 'memory' | 'user' | 'critical' | 'run_timeout' | 'overlap' | 'shutdown' | null;
  /** how urgent it is: a higher level goes first */
  readonly priority: 'low' | 'normal' | 'high' | 'urgent';
  readonly params: {
    readonly [name: string]: unknown;
  };
  readonly attempts: number;
  /** as the task has told; 100 at its end */
  readonly progress: number;
  readonly currentStep: string | null;
  readonly etaSeconds: number | null;
  readonly error: {
    readonly name: string;
    readonly message: string;
  } | null;
  readonly createdBy: string | null;
  /** RFC 3339, UTC */
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** RFC 3339, UTC */
  readonly updatedAt: string;
  readonly result: unknown;
  readonly resultFile: {
    readonly sha256: string;
    readonly bytes: number;
  } | null;
};

export type TaskStatus = {
  /** the id of a task, a UUID: that of its run */
  readonly taskId: string;
  /** the state of a task */
  readonly state: 'queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'cancelled';
  /** as the task has told; 100 at its end */
  readonly progress: number;
  readonly currentStep: string | null;
  readonly etaSeconds: number | null;
  /** RFC 3339, UTC */
  readonly updatedAt: string;
};

export type TaskResult = {
  /** the id of a task, a UUID: that of its run */
  readonly taskId: string;
  /** the state of a task */
  readonly state: 'queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'cancelled';
  readonly error: {
    readonly name: string;
    readonly message: string;
  } | null;
  readonly result: unknown;
  readonly resultFile: {
    readonly sha256: string;
    readonly bytes: number;
  } | null;
};

export type TaskBatch = {
  /** in their order */
  readonly items: readonly {
    readonly task: Task | null;
    readonly error: {
      readonly status: number;
      readonly code: string;
      readonly detail: string;
      /** each mistake, with its place in the body as a JSON pointer */
      readonly errors?: readonly {
        readonly pointer: string;
        readonly detail: string;
      }[];
    } | null;
  }[];
};

export type TaskBulk = {
  /** what was tried */
  readonly items: readonly {
    /** the id of a task, a UUID: that of its run */
    readonly taskId: string;
    readonly error: {
      readonly status: number;
      readonly code: string;
      readonly detail: string;
      /** each mistake, with its place in the body as a JSON pointer */
      readonly errors?: readonly {
        readonly pointer: string;
        readonly detail: string;
      }[];
    } | null;
  }[];
};

export type TaskBulkPlan = {
  /** to be sent with the change */
  readonly planHash: string;
  /** the filter may find more tasks than one request works on */
  readonly more: boolean;
  readonly items: readonly {
    /** the id of a task, a UUID: that of its run */
    readonly taskId: string;
    readonly name: string | null;
    readonly state: 'queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'cancelled' | null;
    /** false: nothing would be done to it */
    readonly applies: boolean;
  }[];
};

export type AttemptLog = {
  readonly attemptId: string;
  readonly runId: string;
  readonly dagId: string;
  readonly taskInstanceId: string;
  /** of the task instance, such as symbol[BTC-USD].backtest */
  readonly name: string;
  readonly tryNo: number;
  readonly bytes: number | null;
};

export type AttemptLogPage = {
  readonly items: readonly AttemptLog[];
  readonly nextCursor: string | null;
};

export type FoundLine = {
  readonly runId: string;
  readonly dagId: string;
  readonly attemptId: string;
  readonly taskInstanceId: string;
  /** of the task instance, such as symbol[BTC-USD].backtest */
  readonly name: string;
  /** RFC 3339, UTC */
  readonly at: string;
  /** stdout, stderr, a level of ctx.log, or a remark of orch */
  readonly stream: 'stdout' | 'stderr' | 'debug' | 'info' | 'warn' | 'error' | 'system';
  readonly text: string;
};

export type FoundLinePage = {
  readonly items: readonly FoundLine[];
  readonly nextCursor: string | null;
};

export type OwnLine = {
  /** RFC 3339, UTC */
  readonly at: string;
  /** how grave it is */
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly part: string | null;
  readonly message: string;
  readonly facts: {
    readonly [name: string]: unknown;
  };
};

export type OwnLinePage = {
  readonly items: readonly OwnLine[];
  readonly nextCursor: string | null;
};

export type Spread = {
  readonly avg: number;
  readonly min: number;
  readonly max: number;
  /** the median */
  readonly p50: number;
  readonly p95: number;
};

export type DagStats = {
  /** the id of a DAG */
  readonly dagId: string;
  readonly since: string | null;
  readonly runs: number;
  readonly cancelled: number;
  readonly success: number;
  readonly failed: number;
  readonly successRate: number | null;
  readonly durationMs: Spread | null;
  readonly queueMs: Spread | null;
  readonly lastAt: string | null;
  /** finished runs, the newest, that the figures of tasks are of */
  readonly taskRuns: number;
  readonly tasks: readonly {
    readonly taskId: string;
    /** that ran */
    readonly instances: number;
    readonly skipped: number;
    /** attempts beyond the first ones */
    readonly retries: number;
    readonly success: number;
    readonly failed: number;
    readonly successRate: number | null;
    readonly durationMs: Spread | null;
    readonly queueMs: Spread | null;
  }[];
};

export type Approval = {
  readonly taskInstanceId: string;
  readonly runId: string;
  /** the id of a DAG */
  readonly dagId: string;
  /** of the task instance */
  readonly name: string;
  /** what is asked */
  readonly title: string;
  readonly options: readonly string[];
  readonly since: string | null;
  readonly until: string | null;
};

export type ApprovalPage = {
  readonly items: readonly Approval[];
  readonly nextCursor: string | null;
};

export type BrokenFile = {
  /** relative to the project */
  readonly file: string;
  /** RFC 3339, UTC */
  readonly at: string;
  /** severity, rule, message, and where, as far as known */
  readonly diagnostics: readonly {
    readonly [name: string]: unknown;
  }[];
};

export type BrokenFilePage = {
  readonly items: readonly BrokenFile[];
  readonly nextCursor: string | null;
};

export type Pool = {
  readonly name: string;
  readonly description: string | null;
  readonly slots: number;
  /** slots that attempts hold */
  readonly used: number;
  /** task instances that are ready and have no slot */
  readonly waiting: number;
  /** who says so; one of the config is changed there only */
  readonly kind: 'config' | 'stored' | 'default';
  readonly place: string | null;
  readonly changedAt: string | null;
  readonly changedBy: string | null;
};

export type PoolPage = {
  readonly items: readonly Pool[];
  readonly nextCursor: string | null;
};

export type Backfill = {
  /** the id of a backfill */
  readonly backfillId: string;
  /** the id of a DAG */
  readonly dagId: string;
  /** RFC 3339, UTC */
  readonly firstAt: string;
  /** RFC 3339, UTC */
  readonly lastAt: string;
  /** what is done about slots that have a run */
  readonly which: 'missing' | 'failed' | 'all';
  /** newest slot first */
  readonly reverse: boolean;
  readonly scope: {
    readonly [name: string]: unknown;
  };
  readonly params: {
    readonly [name: string]: unknown;
  };
  readonly maxActiveRuns: number;
  /** running and paused are unfinished */
  readonly state: 'running' | 'paused' | 'done' | 'cancelled';
  readonly slots: number;
  /** slots that have their run, or were left */
  readonly decided: number;
  /** of these, those that were left as they are */
  readonly left: number;
  /** RFC 3339, UTC */
  readonly createdAt: string;
  readonly createdBy: string;
  readonly endedAt: string | null;
};

export type BackfillPage = {
  readonly items: readonly Backfill[];
  readonly nextCursor: string | null;
};

export type BackfillPlan = {
  /** to be sent with the change */
  readonly planHash: string;
  /** the id of a DAG */
  readonly dagId: string;
  readonly counts: {
    readonly run: number;
    readonly retry: number;
    readonly leave: number;
  };
  /** in the order in which they would be decided */
  readonly items: readonly {
    /** RFC 3339, UTC */
    readonly logicalDate: string;
    /** RFC 3339, UTC */
    readonly dueAt: string;
    /** a new run, the same run again, or nothing */
    readonly action: 'run' | 'retry' | 'leave';
    readonly because: Because;
  }[];
};

export type AssetEvent = {
  readonly eventId: string;
  /** of an asset */
  readonly uri: string;
  /** RFC 3339, UTC */
  readonly at: string;
  readonly producer: {
    readonly runId: string;
    readonly dagId: string;
    /** the task instance */
    readonly task: string;
    readonly attempt: number;
  } | null;
  readonly reportedBy: string | null;
  readonly extra: {
    readonly [name: string]: unknown;
  } | null;
};

export type Asset = {
  /** of an asset */
  readonly uri: string;
  /** RFC 3339, UTC */
  readonly firstAt: string;
  readonly events: number;
  readonly last: AssetEvent;
};

export type AssetPage = {
  readonly items: readonly Asset[];
  readonly nextCursor: string | null;
};

export type AssetEventPage = {
  readonly items: readonly AssetEvent[];
  readonly nextCursor: string | null;
};

export type SystemConfig = {
  /** for `If-Match`; also the header `ETag` */
  readonly etag: string;
  readonly profile: string | null;
  readonly items: readonly {
    readonly key: string;
    readonly value: string | number | boolean | null;
    readonly default: string | number | boolean | null;
    readonly origin: {
      /** what says so */
      readonly kind: 'flag' | 'env' | 'dotenv' | 'file' | 'default';
      /** of a file relative to the project */
      readonly place: string;
    };
    /** a scheduler that runs takes another value */
    readonly hot: boolean;
  }[];
};

export type ConfigChanged = {
  readonly etag: string;
  /** keys that the scheduler has taken */
  readonly inForce: readonly string[];
  /** keys that need another start of orch */
  readonly afterRestart: readonly string[];
  /** keys that a profile, the environment or a flag says otherwise */
  readonly overridden: readonly string[];
};

export type SchedulerStatus = {
  /** as it is seen from here */
  readonly state: 'running' | 'paused' | 'stalled' | 'no leader';
  /** one sentence for people */
  readonly text: string;
  readonly paused: {
    readonly by: string;
    /** RFC 3339, UTC */
    readonly since: string;
  } | null;
  readonly leader: {
    readonly pid: number;
    readonly host: string;
    /** RFC 3339, UTC */
    readonly since: string;
    /** grows with every change of leader */
    readonly epoch: number;
    /** false: a command that leads for its own runs */
    readonly isScheduler: boolean;
  } | null;
  readonly slots: {
    readonly limit: number;
    readonly used: number;
  } | null;
  readonly reportedAt: string | null;
};

export type SchedulerMetrics = {
  readonly reportedAt: string | null;
  readonly activeTasks: number;
  readonly pendingTasks: number | null;
  readonly runs: number | null;
  readonly completedTasksToday: number;
  readonly failedTasksToday: number;
  readonly oldestRequestMs: number | null;
  readonly loop: {
    readonly turns: number;
    readonly averageMs: number;
    /** in the 10 s before the report */
    readonly longestMs: number;
  } | null;
};

export type Job = {
  /** the id of a DAG */
  readonly dagId: string;
  /** when it is due, in words */
  readonly trigger: string;
  readonly nextRunAt: string | null;
  readonly paused: boolean;
  readonly successRate: number | null;
  /** that the rate is of */
  readonly runs: number;
};

export type JobPage = {
  readonly items: readonly Job[];
  readonly nextCursor: string | null;
};

export type Worker = {
  readonly workerId: string;
  readonly host: string;
  readonly keeperPid: number | null;
  /** RFC 3339, UTC */
  readonly since: string;
  /** RFC 3339, UTC */
  readonly reportedAt: string;
  /** attempts at once */
  readonly slots: number;
  readonly configuredSlots: number;
  readonly busy: number;
  /** under way */
  readonly commands: number;
  readonly runnersMax: number;
  readonly runners: readonly {
    readonly pid: number;
    /** that it has now */
    readonly attempts: number;
    readonly served: number;
    readonly memoryBytes: number | null;
  }[];
  readonly memoryBytes: number | null;
};

export type WorkerPage = {
  readonly items: readonly Worker[];
  readonly nextCursor: string | null;
};

export type AdHocSchedule = {
  readonly scheduleId: string;
  /** the id of a DAG */
  readonly dagId: string;
  readonly name: string;
  readonly when: {
    readonly cron: string;
    /** IANA; absent: UTC */
    readonly timezone?: string;
  } | {
    readonly everyMs: number;
  } | {
    /** once */
    readonly at: string;
  };
  /** when it is due, in words */
  readonly trigger: string;
  readonly params: {
    readonly [name: string]: unknown;
  };
  readonly scope: {
    /** tasks, groups or stages: nothing after them */
    readonly until?: readonly string[];
    /** nothing before them */
    readonly from?: readonly string[];
    /** these alone */
    readonly only?: readonly string[];
    /** keys of fan-outs: no other ones */
    readonly keys?: readonly string[];
  };
  readonly catchup: boolean;
  readonly misfireGraceMs: number | null;
  readonly paused: boolean;
  readonly nextRunAt: string | null;
  readonly refused: Because | null;
  readonly last: {
    /** RFC 3339, UTC */
    readonly slotAt: string;
    readonly runId: string | null;
    readonly error: string | null;
    readonly refused: Because | null;
  } | null;
  /** RFC 3339, UTC */
  readonly createdAt: string;
  readonly createdBy: string;
};

export type AdHocSchedulePage = {
  readonly items: readonly AdHocSchedule[];
  readonly nextCursor: string | null;
};

export type CurrentFigures = {
  /** RFC 3339, UTC */
  readonly at: string;
  /** the machine of this server */
  readonly host: string;
  readonly cpuPercent: number;
  readonly cpuCount: number;
  /** over a minute */
  readonly load: number;
  readonly memoryTotal: number;
  readonly memoryUsed: number;
  readonly memoryPercent: number;
  readonly diskTotal: number;
  readonly diskUsed: number;
  readonly diskPercent: number;
  /** attempts that hold a slot */
  readonly activeTasks: number;
  /** task instances that are ready and have no slot */
  readonly pendingTasks: number;
  /** since midnight UTC */
  readonly completedTasksToday: number;
  /** since midnight UTC */
  readonly failedTasksToday: number;
  readonly queue: {
    /** what holds the queue */
    readonly engine: 'sqlite' | 'postgres';
    readonly connected: boolean;
    /** that no leader has answered */
    readonly requests: number;
  };
};

export type FigureHistory = {
  readonly stepMs: number;
  readonly items: readonly {
    /** RFC 3339, UTC */
    readonly at: string;
    readonly cpuPercent: number;
    readonly cpuCount: number;
    /** over a minute */
    readonly load: number;
    readonly memoryTotal: number;
    readonly memoryUsed: number;
    readonly memoryPercent: number;
    readonly diskTotal: number;
    readonly diskUsed: number;
    readonly diskPercent: number;
    /** attempts that hold a slot */
    readonly activeTasks: number;
    /** task instances that are ready and have no slot */
    readonly pendingTasks: number;
    /** since midnight UTC */
    readonly completedTasksToday: number;
    /** since midnight UTC */
    readonly failedTasksToday: number;
  }[];
};

export type Me = {
  readonly name: string;
  /** none: unreadable, or nobody gives any more */
  readonly grants: readonly {
    /** the id of a DAG, the beginning of ids with a *, or * for all DAGs and everything else */
    readonly dags: string;
    /** each role may do what the ones before it may */
    readonly role: 'viewer' | 'operator' | 'author' | 'admin';
  }[];
};

export type Token = {
  readonly tokenId: string;
  readonly name: string;
  /** none: unreadable, or nobody gives any more */
  readonly grants: readonly {
    /** the id of a DAG, the beginning of ids with a *, or * for all DAGs and everything else */
    readonly dags: string;
    /** each role may do what the ones before it may */
    readonly role: 'viewer' | 'operator' | 'author' | 'admin';
  }[];
  /** RFC 3339, UTC */
  readonly createdAt: string;
  readonly createdBy: string;
  readonly expiresAt: string | null;
  readonly usedAt: string | null;
  readonly revokedAt: string | null;
};

export type TokenPage = {
  readonly items: readonly Token[];
  readonly nextCursor: string | null;
};

export type Account = {
  /** the name of an account */
  readonly name: string;
  /** none: unreadable, or nobody gives any more */
  readonly grants: readonly {
    /** the id of a DAG, the beginning of ids with a *, or * for all DAGs and everything else */
    readonly dags: string;
    /** each role may do what the ones before it may */
    readonly role: 'viewer' | 'operator' | 'author' | 'admin';
  }[];
  readonly disabled: boolean;
  /** false: another service says who it is */
  readonly hasPassword: boolean;
  /** RFC 3339, UTC */
  readonly createdAt: string;
  readonly createdBy: string;
};

export type AccountPage = {
  readonly items: readonly Account[];
  readonly nextCursor: string | null;
};

export type AuditEntry = {
  /** RFC 3339, UTC */
  readonly at: string;
  readonly actor: string;
  /** the operation of this document */
  readonly action: string;
  readonly target: string;
  readonly requestId: string;
  readonly status: number | null;
};

export type AuditPage = {
  readonly items: readonly AuditEntry[];
  readonly nextCursor: string | null;
};

export type Alert = {
  /** the id of an alert, a UUID */
  readonly alertId: string;
  readonly rule: string;
  /** how grave it is */
  readonly level: 'info' | 'warning' | 'error' | 'critical';
  /** what the rule looks at */
  readonly type: 'task_failure' | 'run_failure' | 'deadline' | 'performance' | 'system_error' | 'resource' | 'scheduler_lag' | 'queue_length';
  /** what it shares with alerts that are told with it; may be empty */
  readonly group: string;
  readonly title: string;
  readonly message: string;
  readonly details: {
    readonly [name: string]: unknown;
  };
  /** how often it was seen */
  readonly count: number;
  /** resolved: it is over */
  readonly state: 'open' | 'acknowledged' | 'resolved';
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAt: string | null;
  /** RFC 3339, UTC */
  readonly firstSeenAt: string;
  /** RFC 3339, UTC */
  readonly lastSeenAt: string;
  readonly resolvedAt: string | null;
  readonly dagId: string | null;
  readonly taskId: string | null;
  readonly runId: string | null;
};

export type AlertPage = {
  readonly items: readonly Alert[];
  readonly nextCursor: string | null;
};

export type AlertMute = {
  /** the id of a mute, a UUID */
  readonly muteId: string;
  readonly rule: string | null;
  readonly dagId: string | null;
  readonly until: string | null;
  readonly reason: string;
  readonly createdBy: string;
  /** RFC 3339, UTC */
  readonly createdAt: string;
};

export type AlertMutePage = {
  readonly items: readonly AlertMute[];
  readonly nextCursor: string | null;
};

export type AlertRule = {
  readonly name: string;
  /** what it looks at */
  readonly on: 'task_failure' | 'run_failure' | 'deadline' | 'performance' | 'system_error' | 'resource' | 'scheduler_lag' | 'queue_length';
  /** how grave it is */
  readonly level: 'info' | 'warning' | 'error' | 'critical';
  readonly dags: readonly string[];
  readonly tasks: readonly string[];
  readonly resource: string | null;
  readonly threshold: number;
  readonly forMs: number;
  readonly channels: readonly string[];
  readonly groupBy: string;
  readonly windowMs: number;
  readonly coolDownMs: number;
  readonly recovery: boolean;
};

export type AlertRulePage = {
  readonly items: readonly AlertRule[];
  readonly nextCursor: string | null;
};

export type AlertChannel = {
  readonly name: string;
  /** how it is sent to */
  readonly kind: 'webhook' | 'slack' | 'smtp';
  /** messages on their way */
  readonly waiting: number;
  /** messages that were given up */
  readonly failed: number;
  /** the newest messages, newest first */
  readonly latest: readonly {
    readonly messageId: string;
    readonly title: string;
    /** failed: it is not tried again */
    readonly state: 'waiting' | 'success' | 'failed';
    readonly tries: number;
    /** RFC 3339, UTC */
    readonly createdAt: string;
    /** RFC 3339, UTC */
    readonly dueAt: string;
    readonly error: string | null;
  }[];
};

export type AlertChannelPage = {
  readonly items: readonly AlertChannel[];
  readonly nextCursor: string | null;
};

export type Variable = {
  /** letters, digits and _, as in the name of an environment variable */
  readonly name: string;
  /** its value is never shown */
  readonly secret: boolean;
  /** RFC 3339, UTC */
  readonly changedAt: string;
  readonly changedBy: string;
};

export type VariablePage = {
  readonly items: readonly Variable[];
  readonly nextCursor: string | null;
};

export type VariableValue = {
  /** letters, digits and _, as in the name of an environment variable */
  readonly name: string;
  readonly secret: boolean;
  /** RFC 3339, UTC */
  readonly changedAt: string;
  readonly changedBy: string;
  /** absent: it is a secret */
  readonly value?: string;
};

export type ConnectionHead = {
  /** letters, digits and _, as in the name of an environment variable */
  readonly name: string;
  /** what it leads to; it decides which fields there are */
  readonly type: 'postgres' | 'http' | 's3' | 'smtp' | 'generic';
  /** RFC 3339, UTC */
  readonly changedAt: string;
  readonly changedBy: string;
};

export type ConnectionPage = {
  readonly items: readonly ConnectionHead[];
  readonly nextCursor: string | null;
};

export type ConnectionFields = {
  readonly type: 'postgres';
  /** name or address of the server */
  readonly host: string;
  /** its port */
  readonly port?: number;
  /** the database */
  readonly database?: string;
  /** who logs in */
  readonly user?: string;
  /** the password of the user; never shown */
  readonly password?: string;
  /** how the server is trusted */
  readonly sslmode?: 'disable' | 'require' | 'verify-full';
} | {
  readonly type: 'http';
  /** where the paths of requests begin */
  readonly url: string;
  /** who logs in */
  readonly user?: string;
  /** the password of the user; never shown */
  readonly password?: string;
  /** sent as Authorization: Bearer, or as the service wants it; never shown */
  readonly token?: string;
} | {
  readonly type: 's3';
  /** the bucket */
  readonly bucket?: string;
  /** its region */
  readonly region?: string;
  /** the address of a service other than that of Amazon */
  readonly endpoint?: string;
  /** the id of the access key */
  readonly accessKeyId?: string;
  /** the access key; never shown */
  readonly secretAccessKey?: string;
  /** of a key for a while; never shown */
  readonly sessionToken?: string;
} | {
  readonly type: 'smtp';
  /** name or address of the server */
  readonly host: string;
  /** its port */
  readonly port?: number;
  /** how mail is encrypted */
  readonly tls?: 'starttls' | 'tls' | 'none';
  /** the sender of mails */
  readonly from?: string;
  /** who logs in */
  readonly user?: string;
  /** the password of the user; never shown */
  readonly password?: string;
} | {
  readonly type: 'generic';
  /** name or address of the server */
  readonly host?: string;
  /** its port */
  readonly port?: number;
  /** what follows: a database, a folder, a queue */
  readonly path?: string;
  /** who logs in */
  readonly user?: string;
  /** the password of the user; never shown */
  readonly password?: string;
  /** sent as Authorization: Bearer, or as the service wants it; never shown */
  readonly token?: string;
};

export type Connection = {
  /** letters, digits and _, as in the name of an environment variable */
  readonly name: string;
  /** what it leads to; it decides which fields there are */
  readonly type: 'postgres' | 'http' | 's3' | 'smtp' | 'generic';
  /** RFC 3339, UTC */
  readonly changedAt: string;
  readonly changedBy: string;
  readonly fields: {
    readonly [name: string]: unknown;
  };
  /** fields that are set and never shown */
  readonly secrets: readonly string[];
};

/** What every operation takes and gives. */
export interface Operations {
  /** Whether the scheduler gets on; 503 if it is stalled */
  readonly getHealth: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: Health;
  };
  /** Whether this server can answer: its database does */
  readonly getReadiness: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: {
      /** it is */
      readonly status: 'ready';
    };
  };
  /** Which orch this is, since when, who leads, and how much there is of what */
  readonly getSystemStatus: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: SystemStatus;
  };
  /** What this machine has left, and what the processes of orch take */
  readonly getSystemResources: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: Resources;
  };
  /** Whether the database answers, the loop that decides gets on, and the disk has room; 503 if not */
  readonly getSystemHealth: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: SystemHealth;
  };
  /** This API as an OpenAPI 3.1 document */
  readonly getOpenApi: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: {
      readonly [name: string]: unknown;
    };
  };
  /** DAGs by their ids */
  readonly listDags: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
        /** only those with this tag */
        readonly tag?: string | undefined;
        readonly paused?: boolean | undefined;
        /** only ids that contain this */
        readonly q?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: DagPage;
  };
  /** A DAG with its params and tasks */
  readonly getDag: {
    readonly input: {
      readonly params: {
        /** the id of a DAG */
        readonly dagId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: DagDetail;
  };
  /** Pauses a DAG, or ends its pause */
  readonly changeDag: {
    readonly input: {
      readonly params: {
        /** the id of a DAG */
        readonly dagId: string;
      };
      readonly query?: undefined;
      readonly body: {
        readonly paused: boolean;
      };
    };
    readonly answer: DagDetail;
  };
  /** The versions of a DAG, newest first, with what each changed */
  readonly listVersions: {
    readonly input: {
      readonly params: {
        /** the id of a DAG */
        readonly dagId: string;
      };
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: VersionPage;
  };
  /** A version of a DAG, with its canonical graph */
  readonly getVersion: {
    readonly input: {
      readonly params: {
        /** the id of a DAG */
        readonly dagId: string;
        /** of the list of versions */
        readonly version: number;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: VersionDetail;
  };
  /** What changed from one version of a DAG to another */
  readonly diffVersions: {
    readonly input: {
      readonly params: {
        /** the id of a DAG */
        readonly dagId: string;
        /** of the list of versions */
        readonly from: number;
        /** of the list of versions */
        readonly to: number;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: VersionDiff;
  };
  /** Gives new runs a version that the DAG had; null: the one that its file declares */
  readonly rollBackDag: {
    readonly input: {
      readonly params: {
        /** the id of a DAG */
        readonly dagId: string;
      };
      readonly query?: undefined;
      readonly body: {
        readonly version: number | null;
        /** also when its file changes */
        readonly held?: boolean;
      };
    };
    readonly answer: DagDetail;
  };
  /** What became of the slots of a DAG, newest first */
  readonly listSlots: {
    readonly input: {
      readonly params: {
        /** the id of a DAG */
        readonly dagId: string;
      };
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: SlotPage;
  };
  /** The next slots of a DAG by its declaration, and the clock changes that they meet */
  readonly previewSchedule: {
    readonly input: {
      readonly params: {
        /** the id of a DAG */
        readonly dagId: string;
      };
      readonly query?: {
        /** slots after this instant; absent: after now */
        readonly from?: string | undefined;
        readonly count?: number | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: SchedulePreview;
  };
  /** What the next run of a DAG waits for that nobody asks for, by the rules that decide about it */
  readonly whyDag: {
    readonly input: {
      readonly params: {
        /** the id of a DAG */
        readonly dagId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: WhyDag;
  };
  /** The states of all tasks in the newest runs of a DAG */
  readonly getGrid: {
    readonly input: {
      readonly params: {
        /** the id of a DAG */
        readonly dagId: string;
      };
      readonly query?: {
        readonly runs?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: Grid;
  };
  /** Runs, newest first */
  readonly listRuns: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
        readonly dagId?: readonly string[] | undefined;
        readonly state?: readonly ('queued' | 'running' | 'paused' | 'success' | 'failed' | 'cancelled')[] | undefined;
        /** created then or later */
        readonly since?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: RunPage;
  };
  /** A run and how far it is */
  readonly getRun: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: RunDetail;
  };
  /** Starts a run */
  readonly triggerRun: {
    readonly input: {
      readonly params: {
        /** the id of a DAG */
        readonly dagId: string;
      };
      readonly query?: undefined;
      readonly body?: {
        /** a UUID of your own: asked for twice it is one run */
        readonly runId?: string;
        readonly params?: {
          readonly [name: string]: unknown;
        };
        readonly scope?: {
          /** tasks, groups or stages: nothing after them */
          readonly until?: readonly string[];
          /** nothing before them */
          readonly from?: readonly string[];
          /** these alone */
          readonly only?: readonly string[];
          /** keys of fan-outs: no other ones */
          readonly keys?: readonly string[];
        };
        /** attempts at once */
        readonly maxParallel?: number;
        /** the id of a run, a UUID */
        readonly inputsFrom?: string;
        readonly noCache?: boolean;
        /** how urgent it is: a higher level goes first */
        readonly priority?: 'low' | 'normal' | 'high' | 'urgent';
        /** absent: the one that new runs have */
        readonly version?: number;
      };
    };
    readonly answer: RunDetail;
  };
  /** Ends a run: attempts under way get their grace */
  readonly cancelRun: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: RunDetail;
  };
  /** Ends a run at once, without grace */
  readonly killRun: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: RunDetail;
  };
  /** Starts nothing more of a run for now */
  readonly pauseRun: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: RunDetail;
  };
  /** Goes on with a paused run */
  readonly resumeRun: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: RunDetail;
  };
  /** Runs tasks of a run again; their earlier attempts are kept */
  readonly retryRun: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
      };
      readonly query?: {
        /** say what would happen and change nothing */
        readonly dryRun?: boolean | undefined;
      };
      readonly body?: {
        /** failed is all that did not end well */
        readonly select?: 'failed' | 'all' | 'tasks';
        /** names of tasks or instances */
        readonly tasks?: readonly string[];
        readonly upstream?: boolean;
        readonly downstream?: boolean;
        /** with the newest version of the DAG */
        readonly latest?: boolean;
        /** of a dry run: refused with 409 if it would do otherwise by now */
        readonly planHash?: string;
      };
    };
    readonly answer: RunDetail | RetryPlan;
  };
  /** Gives a run, or one task instance of it, the state that somebody knows it to have */
  readonly markRun: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
      };
      readonly query?: {
        /** say what would happen and change nothing */
        readonly dryRun?: boolean | undefined;
      };
      readonly body: {
        /** the state that it shall have */
        readonly state: 'success' | 'failed';
        /** an instance such as symbol[BTC].clean; absent: the run */
        readonly task?: string;
        /** of a dry run: refused with 409 if it would do otherwise by now */
        readonly planHash?: string;
      };
    };
    readonly answer: RunDetail | MarkPlan;
  };
  /** What the tasks of a run have measured, in the order of its task instances */
  readonly listMetrics: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
      };
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: MetricPage;
  };
  /** The files that the tasks of a run have kept, in the order of its task instances */
  readonly listArtifacts: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
      };
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: ArtifactPage;
  };
  /** The bytes of an artifact of a run, or of an output that is kept in a file */
  readonly readArtifact: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
        /** of its content */
        readonly sha256: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: undefined;
  };
  /** What happened in a run and why, oldest first */
  readonly listJournal: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
      };
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
        /** only lines with a greater `seq`; a cursor wins */
        readonly after?: number | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: JournalPage;
  };
  /** Why a run is where it is: what holds all of it up, if anything does */
  readonly whyRun: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: {
      readonly because: Because;
    };
  };
  /** The hooks of a run, in the order in which they became due; all of them are one page */
  readonly listHooks: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: HookPage;
  };
  /** Lines that a hook wrote in its last try */
  readonly readHookLog: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
        /** of the list */
        readonly hookNo: number;
      };
      readonly query?: {
        /** `next` of the page before; 0: the beginning */
        readonly from?: number | undefined;
        readonly limit?: number | undefined;
        /** only lines that contain this text */
        readonly q?: string | undefined;
        /** only lines that match */
        readonly regex?: string | undefined;
        readonly stream?: readonly ('stdout' | 'stderr' | 'debug' | 'info' | 'warn' | 'error' | 'system')[] | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: LogPage;
  };
  /** The task instances of a run, in the order of its graph */
  readonly listTaskInstances: {
    readonly input: {
      readonly params: {
        /** the id of a run, a UUID */
        readonly runId: string;
      };
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
        readonly state?: readonly ('none' | 'scheduled' | 'queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'skipped' | 'upstream_failed' | 'cancelled' | 'not_selected' | 'removed')[] | undefined;
        readonly task?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: TaskInstancePage;
  };
  /** A task instance */
  readonly getTaskInstance: {
    readonly input: {
      readonly params: {
        /** taskInstanceId of a list */
        readonly taskInstanceId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: TaskInstance;
  };
  /** The attempts of a task instance, oldest first */
  readonly listAttempts: {
    readonly input: {
      readonly params: {
        /** taskInstanceId of a list */
        readonly taskInstanceId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: AttemptPage;
  };
  /** Why a task instance is where it is, by the rules that decide about it */
  readonly whyTaskInstance: {
    readonly input: {
      readonly params: {
        /** taskInstanceId of a list */
        readonly taskInstanceId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: Why;
  };
  /** What a task instance put out: the value, or the file where a large one is kept */
  readonly getOutput: {
    readonly input: {
      readonly params: {
        /** taskInstanceId of a list */
        readonly taskInstanceId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: Output;
  };
  /** Answers an approval that waits */
  readonly decideApproval: {
    readonly input: {
      readonly params: {
        /** taskInstanceId of a list */
        readonly taskInstanceId: string;
      };
      readonly query?: undefined;
      readonly body: {
        /** one of the options of the approval */
        readonly option: string;
        readonly message?: string;
      };
    };
    readonly answer: TaskInstance;
  };
  /** Lines of the log of an attempt, also while it runs */
  readonly readAttemptLog: {
    readonly input: {
      readonly params: {
        /** of a list of attempts */
        readonly attemptId: string;
      };
      readonly query?: {
        /** `next` of the page before; 0: the beginning */
        readonly from?: number | undefined;
        readonly limit?: number | undefined;
        /** only lines that contain this text */
        readonly q?: string | undefined;
        /** only lines that match */
        readonly regex?: string | undefined;
        readonly stream?: readonly ('stdout' | 'stderr' | 'debug' | 'info' | 'warn' | 'error' | 'system')[] | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: LogPage;
  };
  /** Tasks of the queue, newest first or as sorted */
  readonly listTasks: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
        readonly type?: readonly string[] | undefined;
        readonly state?: readonly ('queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'cancelled')[] | undefined;
        readonly priority?: readonly ('low' | 'normal' | 'high' | 'urgent')[] | undefined;
        readonly createdBy?: string | undefined;
        /** a part of the name, in any case */
        readonly name?: string | undefined;
        /** created then or later */
        readonly since?: string | undefined;
        /** what it is sorted by; with - the greatest first */
        readonly sort?: 'createdAt' | '-createdAt' | 'priority' | '-priority' | 'type' | '-type' | 'name' | '-name' | 'startedAt' | '-startedAt' | 'finishedAt' | '-finishedAt' | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: TaskPage;
  };
  /** Puts a task into the queue */
  readonly createTask: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body: {
        /** the id of a DAG */
        readonly type: string;
        /** what it is called */
        readonly name?: string;
        readonly params?: {
          readonly [name: string]: unknown;
        };
        /** how urgent it is: a higher level goes first */
        readonly priority?: 'low' | 'normal' | 'high' | 'urgent';
        /** a UUID of your own: asked for twice it is one task */
        readonly runId?: string;
      };
    };
    readonly answer: TaskDetail;
  };
  /** Tasks that have a text in their name, id, type or params, or in who asked for them */
  readonly searchTasks: {
    readonly input: {
      readonly params?: undefined;
      readonly query: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
        readonly type?: readonly string[] | undefined;
        readonly state?: readonly ('queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'cancelled')[] | undefined;
        readonly priority?: readonly ('low' | 'normal' | 'high' | 'urgent')[] | undefined;
        readonly createdBy?: string | undefined;
        /** a part of the name, in any case */
        readonly name?: string | undefined;
        /** created then or later */
        readonly since?: string | undefined;
        /** what it is sorted by; with - the greatest first */
        readonly sort?: 'createdAt' | '-createdAt' | 'priority' | '-priority' | 'type' | '-type' | 'name' | '-name' | 'startedAt' | '-startedAt' | 'finishedAt' | '-finishedAt' | undefined;
        /** the text, in any case */
        readonly q: string;
      };
      readonly body?: undefined;
    };
    readonly answer: TaskPage;
  };
  /** Tasks that have ended, the last one first */
  readonly listTaskHistory: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
        readonly type?: readonly string[] | undefined;
        readonly state?: readonly ('queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'cancelled')[] | undefined;
        readonly priority?: readonly ('low' | 'normal' | 'high' | 'urgent')[] | undefined;
        readonly createdBy?: string | undefined;
        /** a part of the name, in any case */
        readonly name?: string | undefined;
        /** created then or later */
        readonly since?: string | undefined;
        /** what it is sorted by; with - the greatest first */
        readonly sort?: 'createdAt' | '-createdAt' | 'priority' | '-priority' | 'type' | '-type' | 'name' | '-name' | 'startedAt' | '-startedAt' | 'finishedAt' | '-finishedAt' | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: TaskPage;
  };
  /** How many tasks of each type are in which state, how many succeed, and how long they take */
  readonly getTaskStatistics: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        readonly type?: readonly string[] | undefined;
        /** created then or later */
        readonly since?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: TaskStatistics;
  };
  /** The tasks that have not ended: how many wait, how urgent they are, and for how long */
  readonly getQueueStats: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: QueueStats;
  };
  /** A task, how far it is, and what it gave */
  readonly getTask: {
    readonly input: {
      readonly params: {
        /** the id of a task, a UUID: that of its run */
        readonly taskId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: TaskDetail;
  };
  /** Changes how urgent a task is, as long as it is queued */
  readonly changeTask: {
    readonly input: {
      readonly params: {
        /** the id of a task, a UUID: that of its run */
        readonly taskId: string;
      };
      readonly query?: undefined;
      readonly body: {
        /** how urgent it is: a higher level goes first */
        readonly priority: 'low' | 'normal' | 'high' | 'urgent';
      };
    };
    readonly answer: TaskDetail;
  };
  /** Deletes a task that has ended, with its logs and its result */
  readonly deleteTask: {
    readonly input: {
      readonly params: {
        /** the id of a task, a UUID: that of its run */
        readonly taskId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: undefined;
  };
  /** The state of a task and how far it is */
  readonly getTaskStatus: {
    readonly input: {
      readonly params: {
        /** the id of a task, a UUID: that of its run */
        readonly taskId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: TaskStatus;
  };
  /** What a task gave, or why it failed; it can be waited for */
  readonly getTaskResult: {
    readonly input: {
      readonly params: {
        /** the id of a task, a UUID: that of its run */
        readonly taskId: string;
      };
      readonly query?: {
        /** seconds to wait for its end, at most */
        readonly wait?: number | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: TaskResult;
  };
  /** Puts several tasks into the queue; each is taken or refused by itself */
  readonly createTasks: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body: {
        readonly tasks: readonly {
          /** the id of a DAG */
          readonly type: string;
          /** what it is called */
          readonly name?: string;
          readonly params?: {
            readonly [name: string]: unknown;
          };
          /** how urgent it is: a higher level goes first */
          readonly priority?: 'low' | 'normal' | 'high' | 'urgent';
          /** a UUID of your own: asked for twice it is one task */
          readonly runId?: string;
        }[];
      };
    };
    readonly answer: TaskBatch;
  };
  /** Cancels, pauses, resumes or deletes several tasks; each is done or refused by itself */
  readonly changeTasks: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** say what would happen and change nothing */
        readonly dryRun?: boolean | undefined;
      };
      readonly body: {
        /** what is done to each */
        readonly action: 'cancel' | 'pause' | 'resume' | 'delete';
        readonly taskIds?: readonly string[];
        readonly filter?: {
          readonly type?: readonly string[];
          readonly state?: readonly ('queued' | 'running' | 'paused' | 'waiting' | 'up_for_retry' | 'success' | 'failed' | 'cancelled')[];
          readonly priority?: readonly ('low' | 'normal' | 'high' | 'urgent')[];
          readonly createdBy?: string;
          /** a part of the name, in any case */
          readonly name?: string;
          /** created then or later */
          readonly since?: string;
        };
        /** of a dry run: refused with 409 if it would do otherwise by now */
        readonly planHash?: string;
      };
    };
    readonly answer: TaskBulk | TaskBulkPlan;
  };
  /** Holds a task up */
  readonly pauseTask: {
    readonly input: {
      readonly params: {
        /** the id of a task, a UUID: that of its run */
        readonly taskId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: TaskDetail;
  };
  /** Lets a paused task go on */
  readonly resumeTask: {
    readonly input: {
      readonly params: {
        /** the id of a task, a UUID: that of its run */
        readonly taskId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: TaskDetail;
  };
  /** Ends a task: an attempt under way gets its grace */
  readonly cancelTask: {
    readonly input: {
      readonly params: {
        /** the id of a task, a UUID: that of its run */
        readonly taskId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: TaskDetail;
  };
  /** The logs of attempts, the newest run first, in a run by task instance */
  readonly listLogs: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
        readonly dagId?: readonly string[] | undefined;
        /** the id of a run, a UUID */
        readonly runId?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: AttemptLogPage;
  };
  /** Lines of the logs of attempts, the newest run first */
  readonly searchLogs: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
        /** only lines that contain this text */
        readonly q?: string | undefined;
        /** only lines that match */
        readonly regex?: string | undefined;
        readonly dagId?: readonly string[] | undefined;
        /** the id of a run, a UUID */
        readonly runId?: string | undefined;
        readonly level?: readonly ('stdout' | 'stderr' | 'debug' | 'info' | 'warn' | 'error' | 'system')[] | undefined;
        /** written then or later */
        readonly since?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: FoundLinePage;
  };
  /** The newest lines of the log of orch itself on this machine, newest last */
  readonly readSystemLogs: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** only lines that contain this text */
        readonly q?: string | undefined;
        /** only lines that match */
        readonly regex?: string | undefined;
        /** items of a page */
        readonly limit?: number | undefined;
        /** of orch, such as scheduler */
        readonly part?: string | undefined;
        /** this or a graver one */
        readonly level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: OwnLinePage;
  };
  /** How the newest runs of a DAG went, and its tasks */
  readonly getDagStats: {
    readonly input: {
      readonly params: {
        /** the id of a DAG */
        readonly dagId: string;
      };
      readonly query?: {
        /** runs made then or later */
        readonly since?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: DagStats;
  };
  /** Task instances that wait for an answer, those of the oldest run first */
  readonly listApprovals: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: ApprovalPage;
  };
  /** DAG files that could not be loaded when a scheduler looked last, and why */
  readonly listBrokenFiles: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: BrokenFilePage;
  };
  /** Pools, how much of them is held, and how many task instances wait for a slot */
  readonly listPools: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: PoolPage;
  };
  /** A pool; its ETag is for `If-Match` of a change */
  readonly getPool: {
    readonly input: {
      readonly params: {
        readonly pool: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: Pool;
  };
  /** Makes a pool, or changes it: at once, without a restart */
  readonly savePool: {
    readonly input: {
      readonly params: {
        readonly pool: string;
      };
      readonly query?: undefined;
      readonly body: {
        /** 0 holds its tasks back */
        readonly slots: number;
        readonly description?: string | null;
      };
    };
    readonly answer: Pool;
  };
  /** Deletes a pool that no task names; `default` has 128 slots again */
  readonly removePool: {
    readonly input: {
      readonly params: {
        readonly pool: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: undefined;
  };
  /** Backfills, newest first */
  readonly listBackfills: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
        /** the id of a DAG */
        readonly dagId?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: BackfillPage;
  };
  /** Makes runs for the slots of a DAG between two instants, both included */
  readonly createBackfill: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** say what would happen and change nothing */
        readonly dryRun?: boolean | undefined;
      };
      readonly body: {
        /** the id of a DAG */
        readonly dagId: string;
        /** an instant or a day */
        readonly from: string;
        /** an instant or a day */
        readonly to: string;
        /** what is done about slots that have a run */
        readonly which?: 'missing' | 'failed' | 'all';
        readonly reverse?: boolean;
        readonly scope?: {
          /** tasks, groups or stages: nothing after them */
          readonly until?: readonly string[];
          /** nothing before them */
          readonly from?: readonly string[];
          /** these alone */
          readonly only?: readonly string[];
          /** keys of fan-outs: no other ones */
          readonly keys?: readonly string[];
        };
        readonly params?: {
          readonly [name: string]: unknown;
        };
        /** as many as the DAG may have, if absent */
        readonly maxActiveRuns?: number;
        /** of a dry run: refused with 409 if it would do otherwise by now */
        readonly planHash?: string;
      };
    };
    readonly answer: Backfill | BackfillPlan;
  };
  /** A backfill and how far it is */
  readonly getBackfill: {
    readonly input: {
      readonly params: {
        /** the id of a backfill */
        readonly backfillId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: Backfill;
  };
  /** Makes no more runs of a backfill for now */
  readonly pauseBackfill: {
    readonly input: {
      readonly params: {
        /** the id of a backfill */
        readonly backfillId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: Backfill;
  };
  /** Goes on with a paused backfill */
  readonly resumeBackfill: {
    readonly input: {
      readonly params: {
        /** the id of a backfill */
        readonly backfillId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: Backfill;
  };
  /** Ends a backfill: its runs under way go on */
  readonly cancelBackfill: {
    readonly input: {
      readonly params: {
        /** the id of a backfill */
        readonly backfillId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: Backfill;
  };
  /** Assets of which there was an event, by their URIs */
  readonly listAssets: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: AssetPage;
  };
  /** Events of an asset, oldest first */
  readonly listAssetEvents: {
    readonly input: {
      readonly params?: undefined;
      readonly query: {
        /** of an asset */
        readonly uri: string;
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: AssetEventPage;
  };
  /** Says that an asset has changed outside of orch */
  readonly reportAssetEvent: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body: {
        /** of an asset */
        readonly uri: string;
        readonly extra?: {
          readonly [name: string]: unknown;
        };
      };
    };
    readonly answer: {
      readonly eventId: string | null;
    };
  };
  /** The keys of the config that may be changed here, as they are written now, and where */
  readonly getConfig: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: SystemConfig;
  };
  /** Changes keys of airflow.yaml; comments and all other keys stay */
  readonly changeConfig: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: {
        readonly [name: string]: string | number | boolean | null;
      };
    };
    readonly answer: ConfigChanged;
  };
  /** Whether a change of the config could be made; nothing is changed */
  readonly validateConfig: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: {
        readonly [name: string]: string | number | boolean | null;
      };
    };
    readonly answer: {
      readonly valid: boolean;
      readonly errors: readonly {
        readonly [name: string]: unknown;
      }[];
    };
  };
  /** Whether the scheduler runs, who leads, and whether it is paused */
  readonly getSchedulerStatus: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: SchedulerStatus;
  };
  /** What the scheduler has to do, and how fast it decides */
  readonly getSchedulerMetrics: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: SchedulerMetrics;
  };
  /** As `/api/v1/system/health`; a scheduler that does not run is not well here */
  readonly getSchedulerHealth: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: SystemHealth;
  };
  /** DAGs that run by themselves, by their ids: when they do next, and how they did */
  readonly listJobs: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: JobPage;
  };
  /** Pauses a DAG: no run is made for its slots */
  readonly pauseJob: {
    readonly input: {
      readonly params: {
        /** the id of a DAG */
        readonly dagId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: Job;
  };
  /** Ends the pause of a DAG */
  readonly resumeJob: {
    readonly input: {
      readonly params: {
        /** the id of a DAG */
        readonly dagId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: Job;
  };
  /** Pauses, resumes, stops or restarts the scheduler */
  readonly controlScheduler: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body: {
        /** what to do */
        readonly action: 'start' | 'stop' | 'restart' | 'pause' | 'resume';
      };
    };
    readonly answer: {
      /** that is done, or has begun */
      readonly action: 'start' | 'stop' | 'restart' | 'pause' | 'resume';
      /** what that means */
      readonly text: string;
      readonly status: SchedulerStatus;
    };
  };
  /** What runs attempts for the scheduler that leads: at most 10 s old */
  readonly listWorkers: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: WorkerPage;
  };
  /** Has more or fewer attempts run at once, until the scheduler ends or its config changes */
  readonly changeWorker: {
    readonly input: {
      readonly params: {
        readonly workerId: string;
      };
      readonly query?: undefined;
      readonly body: {
        readonly slots: number | null;
      };
    };
    readonly answer: {
      readonly workerId: string;
      readonly slots: number;
      readonly configuredSlots: number;
    };
  };
  /** Schedules that no DAG file declares, oldest first; all of them are one page */
  readonly listSchedules: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** the id of a DAG */
        readonly dagId?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: AdHocSchedulePage;
  };
  /** Has a DAG run by a schedule beside that of its file: each slot once, also over restarts */
  readonly createSchedule: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body: {
        /** the id of a DAG */
        readonly dagId: string;
        readonly name?: string;
        readonly when: {
          readonly cron: string;
          /** IANA; absent: UTC */
          readonly timezone?: string;
        } | {
          readonly everyMs: number;
        } | {
          /** once */
          readonly at: string;
        };
        readonly params?: {
          readonly [name: string]: unknown;
        };
        readonly scope?: {
          /** tasks, groups or stages: nothing after them */
          readonly until?: readonly string[];
          /** nothing before them */
          readonly from?: readonly string[];
          /** these alone */
          readonly only?: readonly string[];
          /** keys of fan-outs: no other ones */
          readonly keys?: readonly string[];
        };
        /** a run for every slot that was missed */
        readonly catchup?: boolean;
        /** a later slot gets no run */
        readonly misfireGraceMs?: number;
      };
    };
    readonly answer: AdHocSchedule;
  };
  /** A schedule that no DAG file declares */
  readonly getSchedule: {
    readonly input: {
      readonly params: {
        readonly scheduleId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: AdHocSchedule;
  };
  /** Removes an ad-hoc schedule; its runs stay */
  readonly removeSchedule: {
    readonly input: {
      readonly params: {
        readonly scheduleId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: undefined;
  };
  /** Pauses an ad-hoc schedule */
  readonly pauseSchedule: {
    readonly input: {
      readonly params: {
        readonly scheduleId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: AdHocSchedule;
  };
  /** Ends the pause of an ad-hoc schedule; one that is refused runs by your right from then on */
  readonly resumeSchedule: {
    readonly input: {
      readonly params: {
        readonly scheduleId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: AdHocSchedule;
  };
  /** What changes from now on, or from an event on, as Server-Sent Events that never end */
  readonly getEvents: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** as `Last-Event-ID`, for clients that cannot set it */
        readonly after?: number | undefined;
        /** only of these DAGs */
        readonly dagId?: readonly string[] | undefined;
        /** only of these runs */
        readonly runId?: readonly string[] | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: string;
  };
  /** How the machine of this server does, and what there is to do */
  readonly getCurrentFigures: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: CurrentFigures;
  };
  /** How the machine of the scheduler did: every 10 s of a day, every 5 min of 30 days */
  readonly getFigureHistory: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** absent: an hour before `to` */
        readonly from?: string | undefined;
        /** excluded; absent: now */
        readonly to?: string | undefined;
        /** seconds; averages over each */
        readonly step?: number | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: FigureHistory;
  };
  /** The figures of now, every 2 s, as Server-Sent Events that never end */
  readonly getFigureStream: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** of `POST /api/v1/stream-tickets`, in the place of a header */
        readonly ticket?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: string;
  };
  /** The figures of now, every 2 s, over a WebSocket: each a text of JSON */
  readonly getFigureSocket: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** of `POST /api/v1/stream-tickets`, in the place of a header */
        readonly ticket?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: string;
  };
  /** A ticket for one stream, for clients that can send no header */
  readonly createStreamTicket: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: {
      readonly ticket: string;
      /** RFC 3339, UTC */
      readonly expiresAt: string;
    };
  };
  /** Figures in the text format of Prometheus, version 0.0.4 */
  readonly getMetrics: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: string;
  };
  /** Who you are here, and what you may do */
  readonly getMe: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: Me;
  };
  /** Tokens, newest first, without their secrets */
  readonly listTokens: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: TokenPage;
  };
  /** Makes a token for a program; its secret is shown this once */
  readonly createToken: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body: {
        /** the name of an account */
        readonly name: string;
        readonly grants: readonly {
          /** the id of a DAG, the beginning of ids with a *, or * for all DAGs and everything else */
          readonly dags: string;
          /** each role may do what the ones before it may */
          readonly role: 'viewer' | 'operator' | 'author' | 'admin';
        }[];
        readonly expiresAt?: string | null;
      };
    };
    readonly answer: {
      readonly token: Token;
      /** for Authorization: Bearer <secret> */
      readonly secret: string;
    };
  };
  /** Ends a token at once */
  readonly revokeToken: {
    readonly input: {
      readonly params: {
        readonly tokenId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: undefined;
  };
  /** Accounts of people, by their names */
  readonly listAccounts: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: AccountPage;
  };
  /** Makes an account, or changes what is named of one; a new password or an end logs it out everywhere */
  readonly saveAccount: {
    readonly input: {
      readonly params: {
        /** the name of an account */
        readonly name: string;
      };
      readonly query?: undefined;
      readonly body?: {
        readonly grants?: readonly {
          /** the id of a DAG, the beginning of ids with a *, or * for all DAGs and everything else */
          readonly dags: string;
          /** each role may do what the ones before it may */
          readonly role: 'viewer' | 'operator' | 'author' | 'admin';
        }[];
        readonly password?: string;
        readonly disabled?: boolean;
      };
    };
    readonly answer: Account;
  };
  /** Ends an account and logs it out everywhere */
  readonly removeAccount: {
    readonly input: {
      readonly params: {
        /** the name of an account */
        readonly name: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: undefined;
  };
  /** What was changed and by whom, newest first */
  readonly listAudit: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
        readonly actor?: string | undefined;
        readonly action?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: AuditPage;
  };
  /** Logs a browser in with the name and password of an account */
  readonly logIn: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body: {
        readonly name: string;
        readonly password: string;
      };
    };
    readonly answer: {
      readonly name: string;
    };
  };
  /** Ends the login of this browser */
  readonly logOut: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: undefined;
  };
  /** How a browser can log in */
  readonly getLoginMethods: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: {
      readonly password: boolean;
      readonly oidc: {
        readonly label: string;
        readonly path: string;
      } | null;
    };
  };
  /** Sends a browser to the login provider of the config */
  readonly beginOidcLogin: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: undefined;
  };
  /** Logs a browser in that comes back from the login provider */
  readonly finishOidcLogin: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        readonly code?: string | undefined;
        readonly state?: string | undefined;
        readonly iss?: string | undefined;
        readonly error?: string | undefined;
        readonly error_description?: string | undefined;
        readonly error_uri?: string | undefined;
        readonly session_state?: string | undefined;
        readonly scope?: string | undefined;
        readonly authuser?: string | undefined;
        readonly hd?: string | undefined;
        readonly prompt?: string | undefined;
        readonly client_info?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: undefined;
  };
  /** What is or was wrong, newest first */
  readonly listAlerts: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
        readonly level?: readonly ('info' | 'warning' | 'error' | 'critical')[] | undefined;
        readonly state?: readonly ('open' | 'acknowledged' | 'resolved')[] | undefined;
        readonly rule?: string | undefined;
        readonly dagId?: readonly string[] | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: AlertPage;
  };
  /** What nobody is told of for now, newest first */
  readonly listAlertMutes: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: AlertMutePage;
  };
  /** Tells nobody of some alerts for a while; what is still wrong at its end is told then */
  readonly createAlertMute: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: {
        readonly rule?: string | null;
        readonly dagId?: string | null;
        readonly until?: string | null;
        readonly reason?: string;
      };
    };
    readonly answer: AlertMute;
  };
  /** Takes a mute back: what is still wrong is told within a minute */
  readonly removeAlertMute: {
    readonly input: {
      readonly params: {
        /** the id of a mute, a UUID */
        readonly muteId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: undefined;
  };
  /** The rules of the config */
  readonly listAlertRules: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: AlertRulePage;
  };
  /** Where messages go, without addresses, and how it went */
  readonly listAlertChannels: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: AlertChannelPage;
  };
  /** Sends a message to a channel now, in one try */
  readonly testAlertChannel: {
    readonly input: {
      readonly params: {
        readonly name: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: {
      readonly arrived: boolean;
      readonly error: string | null;
    };
  };
  /** An alert */
  readonly getAlert: {
    readonly input: {
      readonly params: {
        /** the id of an alert, a UUID */
        readonly alertId: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: Alert;
  };
  /** Says that you take care of it: nobody is told of it any more but that it is over */
  readonly acknowledgeAlert: {
    readonly input: {
      readonly params: {
        /** the id of an alert, a UUID */
        readonly alertId: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: Alert;
  };
  /** Variables that are stored, by their names, without values */
  readonly listVariables: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: VariablePage;
  };
  /** Makes a variable; 409 if there is one of this name */
  readonly createVariable: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body: {
        /** letters, digits and _, as in the name of an environment variable */
        readonly name: string;
        readonly value: string;
        /** its value is never shown from then on */
        readonly secret?: boolean;
      };
    };
    readonly answer: Variable;
  };
  /** Encrypts all variables and connections anew with the first key */
  readonly rotateKeys: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: {
      /** values that another key had encrypted */
      readonly changed: number;
    };
  };
  /** A variable, with its value unless it is a secret */
  readonly getVariable: {
    readonly input: {
      readonly params: {
        /** letters, digits and _, as in the name of an environment variable */
        readonly name: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: VariableValue;
  };
  /** Makes a variable, or gives it another value */
  readonly saveVariable: {
    readonly input: {
      readonly params: {
        /** letters, digits and _, as in the name of an environment variable */
        readonly name: string;
      };
      readonly query?: undefined;
      readonly body: {
        readonly value: string;
        /** its value is never shown from then on */
        readonly secret?: boolean;
      };
    };
    readonly answer: Variable;
  };
  /** Deletes a variable */
  readonly removeVariable: {
    readonly input: {
      readonly params: {
        /** letters, digits and _, as in the name of an environment variable */
        readonly name: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: undefined;
  };
  /** Connections that are stored, by their names, without fields */
  readonly listConnections: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: {
        /** items of a page */
        readonly limit?: number | undefined;
        /** nextCursor of the page before; absent: the first page */
        readonly cursor?: string | undefined;
      };
      readonly body?: undefined;
    };
    readonly answer: ConnectionPage;
  };
  /** Makes a connection; 409 if there is one of this name */
  readonly createConnection: {
    readonly input: {
      readonly params?: undefined;
      readonly query?: undefined;
      readonly body: {
        /** letters, digits and _, as in the name of an environment variable */
        readonly name: string;
        readonly connection: ConnectionFields;
      };
    };
    readonly answer: ConnectionHead;
  };
  /** A connection with its fields; of secret ones only that they are set */
  readonly getConnection: {
    readonly input: {
      readonly params: {
        /** letters, digits and _, as in the name of an environment variable */
        readonly name: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: Connection;
  };
  /** Makes a connection, or puts another one in its place, secret fields included */
  readonly saveConnection: {
    readonly input: {
      readonly params: {
        /** letters, digits and _, as in the name of an environment variable */
        readonly name: string;
      };
      readonly query?: undefined;
      readonly body: ConnectionFields;
    };
    readonly answer: ConnectionHead;
  };
  /** Deletes a connection */
  readonly removeConnection: {
    readonly input: {
      readonly params: {
        /** letters, digits and _, as in the name of an environment variable */
        readonly name: string;
      };
      readonly query?: undefined;
      readonly body?: undefined;
    };
    readonly answer: undefined;
  };
  /** Opens a TCP connection to the server of a connection and closes it; nobody logs in */
  readonly testConnection: {
    readonly input: {
      readonly params: {
        /** letters, digits and _, as in the name of an environment variable */
        readonly name: string;
      };
      readonly query?: undefined;
      readonly body?: Record<string, never>;
    };
    readonly answer: {
      /** host and port */
      readonly place: string;
      readonly error: string | null;
    };
  };
}

/** The method and the path of every operation. */
export const OPERATIONS = {
  getHealth: ['GET', '/healthz'],
  getReadiness: ['GET', '/readyz'],
  getSystemStatus: ['GET', '/api/v1/system/status'],
  getSystemResources: ['GET', '/api/v1/system/resources'],
  getSystemHealth: ['GET', '/api/v1/system/health'],
  getOpenApi: ['GET', '/openapi.json'],
  listDags: ['GET', '/api/v1/dags'],
  getDag: ['GET', '/api/v1/dags/{dagId}'],
  changeDag: ['PATCH', '/api/v1/dags/{dagId}'],
  listVersions: ['GET', '/api/v1/dags/{dagId}/versions'],
  getVersion: ['GET', '/api/v1/dags/{dagId}/versions/{version}'],
  diffVersions: ['GET', '/api/v1/dags/{dagId}/versions/{from}/diff/{to}'],
  rollBackDag: ['POST', '/api/v1/dags/{dagId}/rollback'],
  listSlots: ['GET', '/api/v1/dags/{dagId}/slots'],
  previewSchedule: ['GET', '/api/v1/dags/{dagId}/schedule'],
  whyDag: ['GET', '/api/v1/dags/{dagId}/why'],
  getGrid: ['GET', '/api/v1/dags/{dagId}/grid'],
  listRuns: ['GET', '/api/v1/runs'],
  getRun: ['GET', '/api/v1/runs/{runId}'],
  triggerRun: ['POST', '/api/v1/dags/{dagId}/runs'],
  cancelRun: ['POST', '/api/v1/runs/{runId}/cancel'],
  killRun: ['POST', '/api/v1/runs/{runId}/kill'],
  pauseRun: ['POST', '/api/v1/runs/{runId}/pause'],
  resumeRun: ['POST', '/api/v1/runs/{runId}/resume'],
  retryRun: ['POST', '/api/v1/runs/{runId}/retry'],
  markRun: ['POST', '/api/v1/runs/{runId}/mark'],
  listMetrics: ['GET', '/api/v1/runs/{runId}/metrics'],
  listArtifacts: ['GET', '/api/v1/runs/{runId}/artifacts'],
  readArtifact: ['GET', '/api/v1/runs/{runId}/artifacts/{sha256}'],
  listJournal: ['GET', '/api/v1/runs/{runId}/journal'],
  whyRun: ['GET', '/api/v1/runs/{runId}/why'],
  listHooks: ['GET', '/api/v1/runs/{runId}/hooks'],
  readHookLog: ['GET', '/api/v1/runs/{runId}/hooks/{hookNo}/logs'],
  listTaskInstances: ['GET', '/api/v1/runs/{runId}/task-instances'],
  getTaskInstance: ['GET', '/api/v1/task-instances/{taskInstanceId}'],
  listAttempts: ['GET', '/api/v1/task-instances/{taskInstanceId}/attempts'],
  whyTaskInstance: ['GET', '/api/v1/task-instances/{taskInstanceId}/why'],
  getOutput: ['GET', '/api/v1/task-instances/{taskInstanceId}/output'],
  decideApproval: ['POST', '/api/v1/task-instances/{taskInstanceId}/decision'],
  readAttemptLog: ['GET', '/api/v1/attempts/{attemptId}/logs'],
  listTasks: ['GET', '/api/v1/tasks'],
  createTask: ['POST', '/api/v1/tasks'],
  searchTasks: ['GET', '/api/v1/tasks/search'],
  listTaskHistory: ['GET', '/api/v1/tasks/history'],
  getTaskStatistics: ['GET', '/api/v1/tasks/statistics'],
  getQueueStats: ['GET', '/api/v1/queue/stats'],
  getTask: ['GET', '/api/v1/tasks/{taskId}'],
  changeTask: ['PATCH', '/api/v1/tasks/{taskId}'],
  deleteTask: ['DELETE', '/api/v1/tasks/{taskId}'],
  getTaskStatus: ['GET', '/api/v1/tasks/{taskId}/status'],
  getTaskResult: ['GET', '/api/v1/tasks/{taskId}/result'],
  createTasks: ['POST', '/api/v1/tasks/batch'],
  changeTasks: ['POST', '/api/v1/tasks/bulk'],
  pauseTask: ['POST', '/api/v1/tasks/{taskId}/pause'],
  resumeTask: ['POST', '/api/v1/tasks/{taskId}/resume'],
  cancelTask: ['POST', '/api/v1/tasks/{taskId}/cancel'],
  listLogs: ['GET', '/api/v1/logs'],
  searchLogs: ['GET', '/api/v1/logs/search'],
  readSystemLogs: ['GET', '/api/v1/system/logs'],
  getDagStats: ['GET', '/api/v1/dags/{dagId}/stats'],
  listApprovals: ['GET', '/api/v1/approvals'],
  listBrokenFiles: ['GET', '/api/v1/broken-files'],
  listPools: ['GET', '/api/v1/pools'],
  getPool: ['GET', '/api/v1/pools/{pool}'],
  savePool: ['PUT', '/api/v1/pools/{pool}'],
  removePool: ['DELETE', '/api/v1/pools/{pool}'],
  listBackfills: ['GET', '/api/v1/backfills'],
  createBackfill: ['POST', '/api/v1/backfills'],
  getBackfill: ['GET', '/api/v1/backfills/{backfillId}'],
  pauseBackfill: ['POST', '/api/v1/backfills/{backfillId}/pause'],
  resumeBackfill: ['POST', '/api/v1/backfills/{backfillId}/resume'],
  cancelBackfill: ['POST', '/api/v1/backfills/{backfillId}/cancel'],
  listAssets: ['GET', '/api/v1/assets'],
  listAssetEvents: ['GET', '/api/v1/assets/events'],
  reportAssetEvent: ['POST', '/api/v1/assets/events'],
  getConfig: ['GET', '/api/v1/system/config'],
  changeConfig: ['PUT', '/api/v1/system/config'],
  validateConfig: ['POST', '/api/v1/system/config/validate'],
  getSchedulerStatus: ['GET', '/api/v1/scheduler/status'],
  getSchedulerMetrics: ['GET', '/api/v1/scheduler/metrics'],
  getSchedulerHealth: ['GET', '/api/v1/scheduler/health'],
  listJobs: ['GET', '/api/v1/scheduler/jobs'],
  pauseJob: ['POST', '/api/v1/scheduler/jobs/{dagId}/pause'],
  resumeJob: ['POST', '/api/v1/scheduler/jobs/{dagId}/resume'],
  controlScheduler: ['POST', '/api/v1/scheduler/control'],
  listWorkers: ['GET', '/api/v1/workers'],
  changeWorker: ['PATCH', '/api/v1/workers/{workerId}'],
  listSchedules: ['GET', '/api/v1/schedules'],
  createSchedule: ['POST', '/api/v1/schedules'],
  getSchedule: ['GET', '/api/v1/schedules/{scheduleId}'],
  removeSchedule: ['DELETE', '/api/v1/schedules/{scheduleId}'],
  pauseSchedule: ['POST', '/api/v1/schedules/{scheduleId}/pause'],
  resumeSchedule: ['POST', '/api/v1/schedules/{scheduleId}/resume'],
  getEvents: ['GET', '/api/v1/events'],
  getCurrentFigures: ['GET', '/api/v1/metrics'],
  getFigureHistory: ['GET', '/api/v1/metrics/history'],
  getFigureStream: ['GET', '/api/v1/metrics/realtime'],
  getFigureSocket: ['GET', '/api/v1/metrics/realtime/ws'],
  createStreamTicket: ['POST', '/api/v1/stream-tickets'],
  getMetrics: ['GET', '/metrics'],
  getMe: ['GET', '/api/v1/me'],
  listTokens: ['GET', '/api/v1/tokens'],
  createToken: ['POST', '/api/v1/tokens'],
  revokeToken: ['DELETE', '/api/v1/tokens/{tokenId}'],
  listAccounts: ['GET', '/api/v1/users'],
  saveAccount: ['PUT', '/api/v1/users/{name}'],
  removeAccount: ['DELETE', '/api/v1/users/{name}'],
  listAudit: ['GET', '/api/v1/audit'],
  logIn: ['POST', '/api/v1/login'],
  logOut: ['POST', '/api/v1/logout'],
  getLoginMethods: ['GET', '/api/v1/login/methods'],
  beginOidcLogin: ['GET', '/api/v1/login/oidc'],
  finishOidcLogin: ['GET', '/api/v1/login/oidc/callback'],
  listAlerts: ['GET', '/api/v1/alerts'],
  listAlertMutes: ['GET', '/api/v1/alerts/mutes'],
  createAlertMute: ['POST', '/api/v1/alerts/mutes'],
  removeAlertMute: ['DELETE', '/api/v1/alerts/mutes/{muteId}'],
  listAlertRules: ['GET', '/api/v1/alerts/rules'],
  listAlertChannels: ['GET', '/api/v1/alerts/channels'],
  testAlertChannel: ['POST', '/api/v1/alerts/channels/{name}/test'],
  getAlert: ['GET', '/api/v1/alerts/{alertId}'],
  acknowledgeAlert: ['POST', '/api/v1/alerts/{alertId}/acknowledge'],
  listVariables: ['GET', '/api/v1/variables'],
  createVariable: ['POST', '/api/v1/variables'],
  rotateKeys: ['POST', '/api/v1/variables/rotate'],
  getVariable: ['GET', '/api/v1/variables/{name}'],
  saveVariable: ['PUT', '/api/v1/variables/{name}'],
  removeVariable: ['DELETE', '/api/v1/variables/{name}'],
  listConnections: ['GET', '/api/v1/connections'],
  createConnection: ['POST', '/api/v1/connections'],
  getConnection: ['GET', '/api/v1/connections/{name}'],
  saveConnection: ['PUT', '/api/v1/connections/{name}'],
  removeConnection: ['DELETE', '/api/v1/connections/{name}'],
  testConnection: ['POST', '/api/v1/connections/{name}/test'],
} as const satisfies { readonly [Id in keyof Operations]: readonly [string, string] };
