CREATE TABLE "account" (
  "name" text not null primary key,
  "password_hash" text,
  "grants" text not null,
  "disabled" integer not null check (disabled in (0, 1)),
  "created_at" integer not null,
  "created_by" text not null
) strict, without rowid;

CREATE TABLE "ad_hoc_schedule" (
  "schedule_id" text not null primary key,
  "dag_id" text not null,
  "name" text not null,
  "plan" text not null,
  "paused" integer not null check (paused in (0, 1)),
  "cursor_at" integer not null,
  "last" text,
  "created_at" integer not null,
  "created_by" text not null,
  "maker" text
) strict, without rowid;

CREATE TABLE "alert" (
  "alert_id" text not null primary key,
  "rule" text not null,
  "level" integer not null check (level between 0 and 3),
  "type" integer not null,
  "fingerprint" text not null,
  "grouped" text not null,
  "title" text not null,
  "message" text not null,
  "details" text not null,
  "count" integer not null,
  "told" integer not null,
  "first_at" integer not null,
  "last_at" integer not null,
  "resolved_at" integer,
  "closing" integer not null check (closing in (0, 1)),
  "acknowledged_by" text,
  "acknowledged_at" integer,
  "dag_id" text,
  "task_id" text,
  "run_uid" text
) strict, without rowid;

CREATE INDEX alert_dag on alert (
  dag_id,
  alert_id
);

CREATE INDEX alert_dag_rule on alert (
  dag_id,
  rule,
  alert_id
);

CREATE INDEX alert_level on alert (
  level,
  alert_id
);

CREATE UNIQUE INDEX "alert_live" on "alert" (
  "rule",
  "fingerprint"
) where resolved_at is null or closing = 1;

CREATE INDEX alert_rule on alert (
  rule,
  alert_id
);

CREATE TABLE "alert_cursor" (
  "id" integer not null primary key check (id = 1),
  "seq" integer not null
) strict;

CREATE TABLE "alert_delivery" (
  "delivery_no" integer primary key autoincrement,
  "channel" text not null,
  "message" text not null,
  "state" integer not null check (state between 0 and 2),
  "tries" integer not null,
  "created_at" integer not null,
  "due_at" integer not null,
  "ended_at" integer,
  "error" text
) strict;

CREATE INDEX alert_delivery_channel on alert_delivery (
  channel,
  state,
  delivery_no
);

CREATE INDEX "alert_delivery_open" on "alert_delivery" (
  "due_at"
) where "state" = 0;

CREATE TABLE "alert_group" (
  "rule" text not null,
  "grouped" text not null,
  "sent_at" integer,
  "due_at" integer,
  "recover_at" integer,
  constraint "alert_group_pk" primary key ("rule", "grouped")
) strict, without rowid;

CREATE TABLE "alert_mute" (
  "mute_id" text not null primary key,
  "rule" text,
  "dag_id" text,
  "until_at" integer,
  "reason" text not null,
  "created_by" text not null,
  "created_at" integer not null
) strict, without rowid;

CREATE TABLE "api_token" (
  "token_id" text not null primary key,
  "hash" text not null unique,
  "name" text not null,
  "grants" text not null,
  "created_at" integer not null,
  "created_by" text not null,
  "expires_at" integer,
  "used_at" integer,
  "revoked_at" integer
) strict, without rowid;

CREATE TABLE "artifact" (
  "run_no" integer not null,
  "node_no" integer not null,
  "try_no" integer not null,
  "name" text not null,
  "bytes" integer not null check (bytes >= 0),
  "media_type" text not null,
  "sha256" text not null,
  constraint "artifact_pk" primary key ("run_no", "node_no", "try_no", "name"),
  constraint "artifact_sha256" check (length(sha256) = 64 and "sha256" not glob '*[^0-9a-f]*')
) strict, without rowid;

CREATE TABLE "asset" (
  "uri" text not null primary key,
  "first_at" integer not null,
  "last_no" integer not null,
  "events" integer not null check (events > 0)
) strict;

CREATE TABLE "asset_cursor" (
  "dag_id" text not null primary key references "dag" ("dag_id"),
  "event_no" integer not null
) strict, without rowid;

CREATE TABLE "asset_event" (
  "event_no" integer not null primary key,
  "uri" text not null references "asset" ("uri"),
  "at" integer not null,
  "run_no" integer,
  "node_no" integer,
  "try_no" integer,
  "run_uid" text,
  "dag_id" text,
  "task" text,
  "reported_by" text,
  "request_no" integer,
  "extra" text,
  constraint "asset_event_source" check ((run_no is null) = (request_no is not null) and (run_no is null) = (reported_by is not null) and (run_no is null) = (try_no is null) and (run_no is null) = (node_no is null) and (run_no is null) = (run_uid is null) and (run_no is null) = (dag_id is null) and (run_no is null) = (task is null))
) strict;

CREATE UNIQUE INDEX "asset_event_attempt" on "asset_event" (
  "run_no",
  "node_no",
  "try_no",
  "uri"
) where "run_no" is not null;

CREATE UNIQUE INDEX "asset_event_request" on "asset_event" (
  "request_no"
) where "request_no" is not null;

CREATE UNIQUE INDEX "asset_event_uri" on "asset_event" (
  "uri",
  "event_no"
);

CREATE TABLE "audit_entry" (
  "audit_no" integer primary key autoincrement,
  "at" integer not null,
  "actor" text not null,
  "action" text not null,
  "target" text not null,
  "request_id" text not null,
  "status" integer
) strict;

CREATE INDEX audit_entry_action on audit_entry (
  action,
  audit_no
);

CREATE INDEX audit_entry_actor on audit_entry (
  actor,
  audit_no
);

CREATE INDEX audit_entry_actor_action on audit_entry (
  actor,
  action,
  audit_no
);

CREATE INDEX "audit_entry_at" on "audit_entry" (
  "at"
);

CREATE TABLE "backfill" (
  "backfill_no" integer not null primary key,
  "dag_id" text not null references "dag" ("dag_id"),
  "first_at" integer not null,
  "last_at" integer not null,
  "which" integer not null check (which between 0 and 2),
  "reverse" integer not null check (reverse in (0, 1)),
  "scope" text not null,
  "max_active_runs" integer not null check (max_active_runs > 0),
  "state" integer not null check (state between 0 and 3),
  "cursor_at" integer,
  "slots" integer not null,
  "decided" integer not null,
  "spared" integer not null,
  "created_at" integer not null,
  "created_by" text not null,
  "ended_at" integer,
  "params" text default '{}' not null,
  constraint "backfill_order" check (first_at <= last_at),
  constraint "backfill_counts" check (spared between 0 and decided),
  constraint "backfill_ended" check ((state >= 2) = (ended_at is not null))
) strict;

CREATE INDEX backfill_dag on backfill (
  dag_id,
  backfill_no
);

CREATE INDEX "backfill_unfinished" on "backfill" (
  "backfill_no"
) where "state" < 2;

CREATE TABLE "broken_file" (
  "file" text not null primary key,
  "at" integer not null,
  "diagnostics" text not null
) strict;

CREATE TABLE "cache_entry" (
  "key" text not null primary key,
  "dag_id" text not null,
  "instance" text not null,
  "run_uid" text not null,
  "at" integer not null,
  "expires_at" integer,
  "json" text,
  "sha256" text,
  "bytes" integer,
  "artifacts" text,
  "parts" text not null,
  constraint "cache_entry_output" check ((sha256 is null) = (bytes is null) and not (json is not null and sha256 is not null))
) strict;

CREATE INDEX "cache_entry_at" on "cache_entry" (
  "at"
);

CREATE INDEX "cache_entry_instance" on "cache_entry" (
  "dag_id",
  "instance",
  "at"
);

CREATE TABLE "connection" (
  "name" text not null primary key,
  "kind" text not null,
  "key_id" text not null,
  "sealed" text not null,
  "revision" text not null,
  "changed_at" integer not null,
  "changed_by" text not null
) strict, without rowid;

CREATE TABLE "dag" (
  "dag_id" text not null primary key,
  "paused" integer not null check (paused in (0, 1)),
  "file" text not null,
  "version_no" integer not null references "dag_version" ("version_no"),
  "present" integer default 1 not null check (present in (0, 1)),
  "since_at" integer,
  "cursor_at" integer,
  "decided_no" integer references "dag_version" ("version_no"),
  constraint "dag_dag_id" check (length(dag_id) between 1 and 128 and dag_id not glob '[0-9-]*' and "dag_id" not glob '*[^A-Za-z0-9_-]*')
) strict;

CREATE TABLE "dag_pin" (
  "dag_id" text not null primary key references "dag" ("dag_id"),
  "version_no" integer not null references "dag_version" ("version_no"),
  "declared_no" integer not null references "dag_version" ("version_no"),
  "held" integer not null check (held in (0, 1)),
  "at" integer not null,
  "pinned_by" text not null,
  constraint "dag_pin_other" check (version_no <> declared_no)
) strict, without rowid;

CREATE TRIGGER queue_tally_gone after delete on dag_run when old.task_name is not null begin update queue_tally set queued = queued - (
  old.state = 0
), running = running - (
  old.state = 1
), paused = paused - (
  old.state = 2
), success = success - (
  old.state = 3
), failed = failed - (
  old.state = 4
), cancelled = cancelled - (
  old.state = 5
) where (
  dag_id,
  priority,
  day
) = (
  old.dag_id,
  coalesce(old.priority, 1),
  old.created_at / 86400000
); delete from queue_tally where (
  dag_id,
  priority,
  day
) = (
  old.dag_id,
  coalesce(old.priority, 1),
  old.created_at / 86400000
) and queued = 0 and running = 0 and paused = 0 and success = 0 and failed = 0 and cancelled = 0; end;

CREATE TRIGGER queue_tally_made after insert on dag_run when new.task_name is not null begin insert into queue_tally (
  dag_id,
  priority,
  day,
  queued,
  running,
  paused,
  success,
  failed,
  cancelled
) values (
  new.dag_id,
  coalesce(new.priority, 1),
  new.created_at / 86400000,
  new.state = 0,
  new.state = 1,
  new.state = 2,
  new.state = 3,
  new.state = 4,
  new.state = 5
) on conflict (
  dag_id,
  priority,
  day
) do update set queued = queue_tally.queued + excluded.queued, running = queue_tally.running + excluded.running, paused = queue_tally.paused + excluded.paused, success = queue_tally.success + excluded.success, failed = queue_tally.failed + excluded.failed, cancelled = queue_tally.cancelled + excluded.cancelled; end;

CREATE TRIGGER queue_tally_moved after update of priority on dag_run when new.task_name is not null and coalesce(
  old.priority,
  1
) <> coalesce(
  new.priority,
  1
) begin update queue_tally set queued = queued - (
  old.state = 0
), running = running - (
  old.state = 1
), paused = paused - (
  old.state = 2
), success = success - (
  old.state = 3
), failed = failed - (
  old.state = 4
), cancelled = cancelled - (
  old.state = 5
) where (
  dag_id,
  priority,
  day
) = (
  old.dag_id,
  coalesce(old.priority, 1),
  old.created_at / 86400000
); insert into queue_tally (
  dag_id,
  priority,
  day,
  queued,
  running,
  paused,
  success,
  failed,
  cancelled
) values (
  new.dag_id,
  coalesce(new.priority, 1),
  new.created_at / 86400000,
  new.state = 0,
  new.state = 1,
  new.state = 2,
  new.state = 3,
  new.state = 4,
  new.state = 5
) on conflict (
  dag_id,
  priority,
  day
) do update set queued = queue_tally.queued + excluded.queued, running = queue_tally.running + excluded.running, paused = queue_tally.paused + excluded.paused, success = queue_tally.success + excluded.success, failed = queue_tally.failed + excluded.failed, cancelled = queue_tally.cancelled + excluded.cancelled; end;

CREATE TRIGGER queue_tally_turned after update of state on dag_run when new.task_name is not null and old.state <> new.state and not (
  coalesce(old.priority, 1) <> coalesce(new.priority, 1)
) begin update queue_tally set queued = queued + (
  new.state = 0
) - (
  old.state = 0
), running = running + (
  new.state = 1
) - (
  old.state = 1
), paused = paused + (
  new.state = 2
) - (
  old.state = 2
), success = success + (
  new.state = 3
) - (
  old.state = 3
), failed = failed + (
  new.state = 4
) - (
  old.state = 4
), cancelled = cancelled + (
  new.state = 5
) - (
  old.state = 5
) where (
  dag_id,
  priority,
  day
) = (
  old.dag_id,
  coalesce(old.priority, 1),
  old.created_at / 86400000
); end;

CREATE TABLE "dag_run" (
  "run_no" integer primary key,
  "uid" text not null unique,
  "dag_id" text not null,
  "version_no" integer not null references "dag_version" ("version_no"),
  "state" integer not null check (state between 0 and 5),
  "trigger_kind" integer not null check (trigger_kind between 0 and 4),
  "params" text not null,
  "scope" text not null,
  "max_parallel" integer check (max_parallel > 0),
  "inputs_from" integer,
  "logical_at" integer,
  "interval_start_at" integer,
  "interval_end_at" integer,
  "created_at" integer not null,
  "started_at" integer,
  "ended_at" integer,
  "because" integer not null,
  "facts" text,
  "counts" text,
  "backfill_no" integer,
  "cause" text,
  "no_cache" integer default 0 not null check (no_cache in (0, 1)),
  "priority" integer check (priority between 0 and 3),
  "task_name" text,
  "created_by" text,
  constraint "dag_run_uid" check (uid like '________-____-____-____-____________' and length(replace(uid, '-', '')) = 32 and "uid" not glob '*[^0-9a-f-]*'),
  constraint "dag_run_ended" check ((state >= 3) = (ended_at is not null)),
  constraint "dag_run_slot_time" check (trigger_kind <> 1 or logical_at is not null)
) strict;

CREATE INDEX "dag_run_backfill" on "dag_run" (
  "backfill_no",
  "run_no"
) where "backfill_no" is not null;

CREATE INDEX dag_run_backfill_open on dag_run (
  backfill_no
) where state < 3 and backfill_no is not null;

CREATE INDEX dag_run_created on dag_run (
  created_at,
  run_no
);

CREATE INDEX "dag_run_dag" on "dag_run" (
  "dag_id",
  "run_no"
);

CREATE INDEX dag_run_ended on dag_run (
  state,
  run_no
) where state >= 3;

CREATE INDEX dag_run_ended_dag on dag_run (
  dag_id,
  state,
  run_no
) where state >= 3;

CREATE INDEX dag_run_open on dag_run (
  state,
  dag_id,
  priority,
  created_at
) where state < 3;

CREATE UNIQUE INDEX "dag_run_slot" on "dag_run" (
  "dag_id",
  "logical_at"
) where trigger_kind in (
  1,
  2
);

CREATE INDEX "dag_run_task" on "dag_run" (
  "created_at",
  "run_no"
) where "task_name" is not null;

CREATE INDEX dag_run_task_ended on dag_run (
  (coalesce(ended_at, 0)),
  run_no
) where task_name is not null;

CREATE INDEX dag_run_task_name on dag_run (
  task_name,
  run_no
) where task_name is not null;

CREATE INDEX dag_run_task_priority on dag_run (
  priority,
  run_no
) where task_name is not null;

CREATE INDEX dag_run_task_state on dag_run (
  state,
  run_no
) where task_name is not null;

CREATE INDEX dag_run_task_type on dag_run (
  dag_id,
  run_no
) where task_name is not null;

CREATE INDEX "dag_run_unfinished" on "dag_run" (
  "run_no"
) where "state" < 3;

CREATE TABLE "dag_version" (
  "version_no" integer primary key,
  "dag_id" text not null,
  "graph_hash" text not null check (length(graph_hash) > 0),
  "code_hash" text not null,
  "file" text not null,
  "spec" text not null,
  "created_at" integer not null,
  constraint "dag_version_dag_id" check (length(dag_id) between 1 and 128 and dag_id not glob '[0-9-]*' and "dag_id" not glob '*[^A-Za-z0-9_-]*'),
  constraint "dag_version_content" unique ("dag_id", "graph_hash", "code_hash")
) strict;

CREATE TABLE "file_arrival" (
  "dag_id" text not null references "dag" ("dag_id"),
  "path" text not null,
  "bytes" integer not null,
  "modified_at" integer not null,
  "decided_at" integer not null,
  "run_no" integer,
  constraint "file_arrival_pk" primary key ("dag_id", "path")
) strict, without rowid;

CREATE TABLE "hook_job" (
  "run_no" integer not null,
  "hook_no" integer not null check (hook_no > 0),
  "node_no" integer,
  "hook" integer not null,
  "position" integer not null,
  "event" text not null,
  "state" integer not null check (state between 0 and 3),
  "tries" integer not null,
  "created_at" integer not null,
  "due_at" integer not null,
  "started_at" integer,
  "ended_at" integer,
  "error" text,
  "log_segment" integer,
  "log_offset" integer,
  "log_length" integer,
  constraint "hook_job_pk" primary key ("run_no", "hook_no")
) strict, without rowid;

CREATE INDEX "hook_job_open" on "hook_job" (
  "due_at"
) where "state" < 2;

CREATE TABLE "inbox" (
  "inbox_id" integer primary key autoincrement,
  "trigger_uid" text unique,
  "request" text not null,
  "created_at" integer not null,
  "answer" text,
  "answered_at" integer,
  constraint "inbox_answered" check ((answer is null) = (answered_at is null))
) strict;

CREATE INDEX "inbox_pending" on "inbox" (
  "inbox_id"
) where "answer" is null;

CREATE TABLE "journal" (
  "seq" integer primary key,
  "at" integer not null,
  "epoch" integer not null,
  "run_no" integer,
  "node_no" integer,
  "try_no" integer,
  "from_state" integer not null,
  "to_state" integer not null,
  "because" integer not null,
  "facts" text,
  constraint "journal_states" check (from_state between -1 and 13 and to_state between -1 and 13)
) strict;

CREATE INDEX "journal_run" on "journal" (
  "run_no"
);

CREATE TABLE "kept_reply" (
  "key" text not null primary key,
  "fingerprint" text not null,
  "at" integer not null,
  "status" integer,
  "type" text,
  "body" text,
  "holder" text
) strict, without rowid;

CREATE INDEX "kept_reply_at" on "kept_reply" (
  "at"
);

CREATE TABLE "lease" (
  "id" integer primary key check (id = 1),
  "epoch" integer not null,
  "schema_no" integer not null,
  "tick" integer not null,
  "seal" integer not null,
  "seq" integer not null,
  "run_no" integer not null,
  "holder" text,
  "expires_at" integer not null,
  "progress_at" integer default 0 not null
) strict;

CREATE TABLE "login" (
  "hash" text not null primary key,
  "account" text not null references "account" ("name") on delete cascade,
  "created_at" integer not null,
  "expires_at" integer not null
) strict, without rowid;

CREATE INDEX "login_account" on "login" (
  "account"
);

CREATE TABLE "metric_sample" (
  "step_ms" integer not null,
  "at" integer not null,
  "figures" text not null,
  constraint "metric_sample_pk" primary key ("step_ms", "at")
) strict, without rowid;

CREATE TABLE "outside_identity" (
  "issuer" text not null,
  "subject" text not null,
  "account" text not null unique references "account" ("name") on delete cascade,
  constraint "outside_identity_key" primary key ("issuer", "subject")
) strict, without rowid;

CREATE TABLE queue_tally (
  dag_id text not null,
  priority integer not null,
  day integer not null,
  queued integer not null,
  running integer not null,
  paused integer not null,
  success integer not null,
  failed integer not null,
  cancelled integer not null,
  constraint queue_tally_pk primary key (dag_id, priority, day)
) strict, without rowid;

CREATE TABLE "run_deadline" (
  "run_no" integer not null,
  "stage" integer not null check (stage between 0 and 2),
  "at" integer not null,
  constraint "run_deadline_pk" primary key ("run_no", "stage")
) strict, without rowid;

CREATE TABLE "run_expansion" (
  "run_no" integer not null references "dag_run" ("run_no") on delete cascade,
  "base" integer not null check (base > 0),
  "fan_out" integer not null,
  "parent_base" integer not null,
  "keys" text not null,
  "items" text,
  "gone" text,
  constraint "run_expansion_pk" primary key ("run_no", "base")
) strict, without rowid;

CREATE TABLE "scheduler_fact" (
  "name" text not null primary key,
  "value" text not null
) strict, without rowid;

CREATE TABLE "schema_migration" (
  "number" integer primary key,
  "name" text not null,
  "applied_at" integer not null
) strict;

CREATE TABLE "slot_span" (
  "dag_id" text not null references "dag" ("dag_id"),
  "first_at" integer not null,
  "last_at" integer not null,
  "disposition" integer not null check (disposition between 0 and 4),
  "run_no" integer,
  "decided_at" integer not null,
  "because" integer not null,
  "facts" text,
  constraint "slot_span_pk" primary key ("dag_id", "first_at"),
  constraint "slot_span_order" check (first_at <= last_at),
  constraint "slot_span_run" check (disposition <> 0 or (run_no is not null and first_at = last_at))
) strict, without rowid;

CREATE TABLE "task_attempt" (
  "run_no" integer not null,
  "node_no" integer not null,
  "state" integer not null,
  "try_no" integer not null,
  "reason" integer not null,
  "because" integer not null,
  "log_segment" integer,
  "started_at" integer,
  "ended_at" integer,
  "log_offset" integer,
  "log_length" integer,
  "facts" text,
  "error" text,
  constraint "task_attempt_pk" primary key ("run_no", "node_no", "try_no"),
  constraint "task_attempt_codes" check (state between 0 and 13 and reason between 0 and 10 and try_no > 0)
) strict, without rowid;

CREATE TABLE "task_cache" (
  "run_no" integer not null,
  "node_no" integer not null,
  "version_no" integer,
  "key" text,
  "parts" text,
  "because" integer not null,
  "facts" text,
  constraint "task_cache_pk" primary key ("run_no", "node_no")
) strict, without rowid;

CREATE TABLE "task_checkpoint" (
  "run_no" integer not null,
  "node_no" integer not null,
  "try_no" integer not null,
  "at" integer not null,
  "state" text,
  constraint "task_checkpoint_pk" primary key ("run_no", "node_no")
) strict, without rowid;

CREATE TABLE "task_instance" (
  "run_no" integer not null,
  "node_no" integer not null,
  "state" integer not null,
  "try_no" integer not null,
  "reason" integer not null,
  "because" integer not null,
  "log_segment" integer,
  "started_at" integer,
  "ended_at" integer,
  "log_offset" integer,
  "log_length" integer,
  "facts" text,
  "error" text,
  "try_base" integer not null,
  "lost" integer not null,
  "queued_at" integer,
  "due_at" integer,
  constraint "task_instance_pk" primary key ("run_no", "node_no"),
  constraint "task_instance_codes" check (state between 0 and 13 and reason between 0 and 10),
  constraint "task_instance_state" check (case when state >= 7 then ended_at is not null and (reason = 0 or state = 8 or state = 11) when state between 2 and 4 then ended_at is null and try_no > 0 when state = 6 then due_at is not null else true end)
) strict, without rowid;

CREATE TABLE "task_metric" (
  "run_no" integer not null,
  "node_no" integer not null,
  "try_no" integer not null,
  "name" text not null,
  "value" real not null,
  "at" integer not null,
  constraint "task_metric_pk" primary key ("run_no", "node_no", "try_no", "name")
) strict, without rowid;

CREATE TABLE "task_output" (
  "run_no" integer not null,
  "node_no" integer not null,
  "try_no" integer not null,
  "json" text,
  "sha256" text,
  "bytes" integer,
  constraint "task_output_pk" primary key ("run_no", "node_no", "try_no"),
  constraint "task_output_sha256" check (sha256 is null or (length(sha256) = 64 and "sha256" not glob '*[^0-9a-f]*')),
  constraint "task_output_one" check ((json is null) = (sha256 is not null) and (sha256 is null) = (bytes is null))
) strict, without rowid;

CREATE TABLE "task_progress" (
  "run_no" integer not null,
  "node_no" integer not null,
  "done" real not null,
  "total" real not null,
  "step" text,
  constraint "task_progress_pk" primary key ("run_no", "node_no")
) strict, without rowid;

CREATE TABLE "task_wait" (
  "run_no" integer not null,
  "node_no" integer not null,
  "since_at" integer,
  "calls" integer not null check (calls >= 0),
  "state" text,
  "iterations" integer default 0 not null,
  constraint "task_wait_pk" primary key ("run_no", "node_no"),
  constraint "task_wait_over" check (since_at is not null or (calls = 0 and state is null))
) strict, without rowid;

CREATE TABLE "variable" (
  "name" text not null primary key,
  "kind" text not null,
  "key_id" text not null,
  "sealed" text not null,
  "revision" text not null,
  "changed_at" integer not null,
  "changed_by" text not null
) strict, without rowid;
