CREATE OR REPLACE FUNCTION orch_stale(misses text)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
    begin
      raise exception 'rows are not as expected' using errcode = 'OR001', detail = misses;
    end $function$
CREATE OR REPLACE FUNCTION orch_tally()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin
      if tg_op = 'DELETE' then
        if exists (select from gone where task_name is not null) then
          insert into queue_tally (dag_id, priority, day, queued, running, paused, success, failed, cancelled) select r.dag_id, coalesce(r.priority, 1), r.created_at / 86400000, sum(case when r.state = 0 then -1 else 0 end), sum(case when r.state = 1 then -1 else 0 end), sum(case when r.state = 2 then -1 else 0 end), sum(case when r.state = 3 then -1 else 0 end), sum(case when r.state = 4 then -1 else 0 end), sum(case when r.state = 5 then -1 else 0 end) from gone as r
            where task_name is not null group by 1, 2, 3 on conflict (dag_id, priority, day) do update
  set queued = queue_tally.queued + excluded.queued, running = queue_tally.running + excluded.running, paused = queue_tally.paused + excluded.paused, success = queue_tally.success + excluded.success, failed = queue_tally.failed + excluded.failed, cancelled = queue_tally.cancelled + excluded.cancelled;
          delete from queue_tally where queued = 0 and running = 0 and paused = 0 and success = 0 and failed = 0 and cancelled = 0 and (dag_id, priority, day) in (select r.dag_id, coalesce(r.priority, 1), r.created_at / 86400000 from gone as r);
        end if;
      elsif exists (select from made where task_name is not null) then
        if tg_op = 'INSERT' then
          insert into queue_tally (dag_id, priority, day, queued, running, paused, success, failed, cancelled) select r.dag_id, coalesce(r.priority, 1), r.created_at / 86400000, sum(case when r.state = 0 then 1 else 0 end), sum(case when r.state = 1 then 1 else 0 end), sum(case when r.state = 2 then 1 else 0 end), sum(case when r.state = 3 then 1 else 0 end), sum(case when r.state = 4 then 1 else 0 end), sum(case when r.state = 5 then 1 else 0 end) from made as r
            where task_name is not null group by 1, 2, 3 on conflict (dag_id, priority, day) do update
  set queued = queue_tally.queued + excluded.queued, running = queue_tally.running + excluded.running, paused = queue_tally.paused + excluded.paused, success = queue_tally.success + excluded.success, failed = queue_tally.failed + excluded.failed, cancelled = queue_tally.cancelled + excluded.cancelled;
        else
          insert into queue_tally (dag_id, priority, day, queued, running, paused, success, failed, cancelled) select r.dag_id, coalesce(r.priority, 1), r.created_at / 86400000, sum(case when r.state = 0 then r.by else 0 end), sum(case when r.state = 1 then r.by else 0 end), sum(case when r.state = 2 then r.by else 0 end), sum(case when r.state = 3 then r.by else 0 end), sum(case when r.state = 4 then r.by else 0 end), sum(case when r.state = 5 then r.by else 0 end) from (select dag_id, priority, created_at, state, task_name, 1 as by from made
  union all select dag_id, priority, created_at, state, task_name, -1 from gone) as r
            where task_name is not null group by 1, 2, 3 on conflict (dag_id, priority, day) do update
  set queued = queue_tally.queued + excluded.queued, running = queue_tally.running + excluded.running, paused = queue_tally.paused + excluded.paused, success = queue_tally.success + excluded.success, failed = queue_tally.failed + excluded.failed, cancelled = queue_tally.cancelled + excluded.cancelled;
        end if;
      end if;
      return null;
    end $function$
CREATE TRIGGER queue_tally_gone AFTER DELETE ON dag_run REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION orch_tally()
CREATE TRIGGER queue_tally_made AFTER INSERT ON dag_run REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION orch_tally()
CREATE TRIGGER queue_tally_turned AFTER UPDATE ON dag_run REFERENCING OLD TABLE AS gone NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION orch_tally()
index CREATE INDEX alert_dag ON alert USING btree (dag_id, alert_id)
index CREATE INDEX alert_dag_rule ON alert USING btree (dag_id, rule, alert_id)
index CREATE INDEX alert_delivery_channel ON alert_delivery USING btree (channel, state, delivery_no)
index CREATE INDEX alert_delivery_open ON alert_delivery USING btree (due_at) WHERE (state = 0)
index CREATE INDEX alert_level ON alert USING btree (level, alert_id)
index CREATE INDEX alert_rule ON alert USING btree (rule, alert_id)
index CREATE INDEX audit_entry_action ON audit_entry USING btree (action, audit_no)
index CREATE INDEX audit_entry_actor ON audit_entry USING btree (actor, audit_no)
index CREATE INDEX audit_entry_actor_action ON audit_entry USING btree (actor, action, audit_no)
index CREATE INDEX audit_entry_at ON audit_entry USING btree (at)
index CREATE INDEX backfill_dag ON backfill USING btree (dag_id, backfill_no)
index CREATE INDEX backfill_unfinished ON backfill USING btree (backfill_no) WHERE (state < 2)
index CREATE INDEX cache_entry_at ON cache_entry USING btree (at)
index CREATE INDEX cache_entry_instance ON cache_entry USING btree (dag_id, instance, at)
index CREATE INDEX dag_run_backfill ON dag_run USING btree (backfill_no, run_no) WHERE (backfill_no IS NOT NULL)
index CREATE INDEX dag_run_backfill_open ON dag_run USING btree (backfill_no) WHERE ((state < 3) AND (backfill_no IS NOT NULL))
index CREATE INDEX dag_run_created ON dag_run USING btree (created_at, run_no)
index CREATE INDEX dag_run_dag ON dag_run USING btree (dag_id, run_no)
index CREATE INDEX dag_run_ended ON dag_run USING btree (state, run_no) WHERE (state >= 3)
index CREATE INDEX dag_run_ended_dag ON dag_run USING btree (dag_id, state, run_no) WHERE (state >= 3)
index CREATE INDEX dag_run_open ON dag_run USING btree (state, dag_id, priority, created_at) WHERE (state < 3)
index CREATE INDEX dag_run_task ON dag_run USING btree (created_at, run_no) WHERE (task_name IS NOT NULL)
index CREATE INDEX dag_run_task_ended ON dag_run USING btree (COALESCE(ended_at, (0)::bigint), run_no) WHERE (task_name IS NOT NULL)
index CREATE INDEX dag_run_task_name ON dag_run USING btree (task_name, run_no) WHERE (task_name IS NOT NULL)
index CREATE INDEX dag_run_task_priority ON dag_run USING btree (priority, run_no) WHERE (task_name IS NOT NULL)
index CREATE INDEX dag_run_task_state ON dag_run USING btree (state, run_no) WHERE (task_name IS NOT NULL)
index CREATE INDEX dag_run_task_type ON dag_run USING btree (dag_id, run_no) WHERE (task_name IS NOT NULL)
index CREATE INDEX dag_run_unfinished ON dag_run USING btree (run_no) WHERE (state < 3)
index CREATE INDEX hook_job_open ON hook_job USING btree (due_at) WHERE (state < 2)
index CREATE INDEX inbox_pending ON inbox USING btree (inbox_id) WHERE (answer IS NULL)
index CREATE INDEX journal_run ON journal USING btree (run_no, seq)
index CREATE INDEX kept_reply_at ON kept_reply USING btree (at)
index CREATE INDEX login_account ON login USING btree (account)
index CREATE UNIQUE INDEX account_pkey ON account USING btree (name)
index CREATE UNIQUE INDEX ad_hoc_schedule_pkey ON ad_hoc_schedule USING btree (schedule_id)
index CREATE UNIQUE INDEX alert_cursor_pkey ON alert_cursor USING btree (id)
index CREATE UNIQUE INDEX alert_delivery_pkey ON alert_delivery USING btree (delivery_no)
index CREATE UNIQUE INDEX alert_group_pk ON alert_group USING btree (rule, grouped)
index CREATE UNIQUE INDEX alert_live ON alert USING btree (rule, fingerprint) WHERE ((resolved_at IS NULL) OR (closing = 1))
index CREATE UNIQUE INDEX alert_mute_pkey ON alert_mute USING btree (mute_id)
index CREATE UNIQUE INDEX alert_pkey ON alert USING btree (alert_id)
index CREATE UNIQUE INDEX api_token_hash_key ON api_token USING btree (hash)
index CREATE UNIQUE INDEX api_token_pkey ON api_token USING btree (token_id)
index CREATE UNIQUE INDEX artifact_pk ON artifact USING btree (run_no, node_no, try_no, name)
index CREATE UNIQUE INDEX asset_cursor_pkey ON asset_cursor USING btree (dag_id)
index CREATE UNIQUE INDEX asset_event_attempt ON asset_event USING btree (run_no, node_no, try_no, uri) WHERE (run_no IS NOT NULL)
index CREATE UNIQUE INDEX asset_event_pkey ON asset_event USING btree (event_no)
index CREATE UNIQUE INDEX asset_event_request ON asset_event USING btree (request_no) WHERE (request_no IS NOT NULL)
index CREATE UNIQUE INDEX asset_event_uri ON asset_event USING btree (uri, event_no)
index CREATE UNIQUE INDEX asset_pkey ON asset USING btree (uri)
index CREATE UNIQUE INDEX audit_entry_pkey ON audit_entry USING btree (audit_no)
index CREATE UNIQUE INDEX backfill_pkey ON backfill USING btree (backfill_no)
index CREATE UNIQUE INDEX broken_file_pkey ON broken_file USING btree (file)
index CREATE UNIQUE INDEX cache_entry_pkey ON cache_entry USING btree (key)
index CREATE UNIQUE INDEX connection_pkey ON connection USING btree (name)
index CREATE UNIQUE INDEX dag_pin_pkey ON dag_pin USING btree (dag_id)
index CREATE UNIQUE INDEX dag_pkey ON dag USING btree (dag_id)
index CREATE UNIQUE INDEX dag_run_pkey ON dag_run USING btree (run_no)
index CREATE UNIQUE INDEX dag_run_slot ON dag_run USING btree (dag_id, logical_at) WHERE (trigger_kind = ANY (ARRAY[1, 2]))
index CREATE UNIQUE INDEX dag_run_uid_key ON dag_run USING btree (uid)
index CREATE UNIQUE INDEX dag_version_content ON dag_version USING btree (dag_id, graph_hash, code_hash)
index CREATE UNIQUE INDEX dag_version_pkey ON dag_version USING btree (version_no)
index CREATE UNIQUE INDEX file_arrival_pk ON file_arrival USING btree (dag_id, path)
index CREATE UNIQUE INDEX hook_job_pk ON hook_job USING btree (run_no, hook_no)
index CREATE UNIQUE INDEX inbox_pkey ON inbox USING btree (inbox_id)
index CREATE UNIQUE INDEX inbox_trigger_uid_key ON inbox USING btree (trigger_uid)
index CREATE UNIQUE INDEX journal_pkey ON journal USING btree (seq)
index CREATE UNIQUE INDEX kept_reply_pkey ON kept_reply USING btree (key)
index CREATE UNIQUE INDEX lease_pkey ON lease USING btree (id)
index CREATE UNIQUE INDEX login_pkey ON login USING btree (hash)
index CREATE UNIQUE INDEX metric_sample_pk ON metric_sample USING btree (step_ms, at)
index CREATE UNIQUE INDEX outside_identity_account_key ON outside_identity USING btree (account)
index CREATE UNIQUE INDEX outside_identity_key ON outside_identity USING btree (issuer, subject)
index CREATE UNIQUE INDEX queue_tally_pk ON queue_tally USING btree (dag_id, priority, day)
index CREATE UNIQUE INDEX run_deadline_pk ON run_deadline USING btree (run_no, stage)
index CREATE UNIQUE INDEX run_expansion_pk ON run_expansion USING btree (run_no, base)
index CREATE UNIQUE INDEX scheduler_fact_pkey ON scheduler_fact USING btree (name)
index CREATE UNIQUE INDEX schema_migration_pkey ON schema_migration USING btree (number)
index CREATE UNIQUE INDEX slot_span_pk ON slot_span USING btree (dag_id, first_at)
index CREATE UNIQUE INDEX task_attempt_pk ON task_attempt USING btree (run_no, node_no, try_no)
index CREATE UNIQUE INDEX task_cache_pk ON task_cache USING btree (run_no, node_no)
index CREATE UNIQUE INDEX task_checkpoint_pk ON task_checkpoint USING btree (run_no, node_no)
index CREATE UNIQUE INDEX task_instance_pk ON task_instance USING btree (run_no, node_no)
index CREATE UNIQUE INDEX task_metric_pk ON task_metric USING btree (run_no, node_no, try_no, name)
index CREATE UNIQUE INDEX task_output_pk ON task_output USING btree (run_no, node_no, try_no)
index CREATE UNIQUE INDEX task_progress_pk ON task_progress USING btree (run_no, node_no)
index CREATE UNIQUE INDEX task_wait_pk ON task_wait USING btree (run_no, node_no)
index CREATE UNIQUE INDEX variable_pkey ON variable USING btree (name)
table account column 01 name text not null collate C
table account column 02 password_hash text
table account column 03 grants text not null
table account column 04 disabled smallint not null
table account column 05 created_at bigint not null
table account column 06 created_by text not null
table account constraint account_disabled_check CHECK ((disabled = ANY (ARRAY[0, 1])))
table account constraint account_pkey PRIMARY KEY (name)
table ad_hoc_schedule column 01 schedule_id text not null collate C
table ad_hoc_schedule column 02 dag_id text not null collate C
table ad_hoc_schedule column 03 name text not null
table ad_hoc_schedule column 04 plan text not null
table ad_hoc_schedule column 05 paused smallint not null
table ad_hoc_schedule column 06 cursor_at bigint not null
table ad_hoc_schedule column 07 last text
table ad_hoc_schedule column 08 created_at bigint not null
table ad_hoc_schedule column 09 created_by text not null
table ad_hoc_schedule column 10 maker text
table ad_hoc_schedule constraint ad_hoc_schedule_paused_check CHECK ((paused = ANY (ARRAY[0, 1])))
table ad_hoc_schedule constraint ad_hoc_schedule_pkey PRIMARY KEY (schedule_id)
table alert column 01 alert_id text not null collate C
table alert column 02 rule text not null collate C
table alert column 03 level smallint not null
table alert column 04 type smallint not null
table alert column 05 fingerprint text not null collate C
table alert column 06 grouped text not null collate C
table alert column 07 title text not null
table alert column 08 message text not null
table alert column 09 details text not null
table alert column 10 count integer not null
table alert column 11 told integer not null
table alert column 12 first_at bigint not null
table alert column 13 last_at bigint not null
table alert column 14 resolved_at bigint
table alert column 15 closing smallint not null
table alert column 16 acknowledged_by text
table alert column 17 acknowledged_at bigint
table alert column 18 dag_id text collate C
table alert column 19 task_id text
table alert column 20 run_uid text collate C
table alert constraint alert_closing_check CHECK ((closing = ANY (ARRAY[0, 1])))
table alert constraint alert_level_check CHECK (((level >= 0) AND (level <= 3)))
table alert constraint alert_pkey PRIMARY KEY (alert_id)
table alert_cursor column 01 id smallint not null
table alert_cursor column 02 seq bigint not null
table alert_cursor constraint alert_cursor_id_check CHECK ((id = 1))
table alert_cursor constraint alert_cursor_pkey PRIMARY KEY (id)
table alert_delivery column 01 delivery_no bigint not null generated always as identity
table alert_delivery column 02 channel text not null collate C
table alert_delivery column 03 message text not null
table alert_delivery column 04 state smallint not null
table alert_delivery column 05 tries integer not null
table alert_delivery column 06 created_at bigint not null
table alert_delivery column 07 due_at bigint not null
table alert_delivery column 08 ended_at bigint
table alert_delivery column 09 error text
table alert_delivery constraint alert_delivery_pkey PRIMARY KEY (delivery_no)
table alert_delivery constraint alert_delivery_state_check CHECK (((state >= 0) AND (state <= 2)))
table alert_group column 01 rule text not null collate C
table alert_group column 02 grouped text not null collate C
table alert_group column 03 sent_at bigint
table alert_group column 04 due_at bigint
table alert_group column 05 recover_at bigint
table alert_group constraint alert_group_pk PRIMARY KEY (rule, grouped)
table alert_mute column 01 mute_id text not null collate C
table alert_mute column 02 rule text collate C
table alert_mute column 03 dag_id text collate C
table alert_mute column 04 until_at bigint
table alert_mute column 05 reason text not null
table alert_mute column 06 created_by text not null
table alert_mute column 07 created_at bigint not null
table alert_mute constraint alert_mute_pkey PRIMARY KEY (mute_id)
table api_token column 01 token_id text not null collate C
table api_token column 02 hash text not null collate C
table api_token column 03 name text not null
table api_token column 04 grants text not null
table api_token column 05 created_at bigint not null
table api_token column 06 created_by text not null
table api_token column 07 expires_at bigint
table api_token column 08 used_at bigint
table api_token column 09 revoked_at bigint
table api_token constraint api_token_hash_key UNIQUE (hash)
table api_token constraint api_token_pkey PRIMARY KEY (token_id)
table artifact column 01 run_no integer not null
table artifact column 02 node_no integer not null
table artifact column 03 try_no smallint not null
table artifact column 04 name text not null collate C
table artifact column 05 bytes bigint not null
table artifact column 06 media_type text not null
table artifact column 07 sha256 text not null collate C
table artifact constraint artifact_bytes_check CHECK ((bytes >= 0))
table artifact constraint artifact_pk PRIMARY KEY (run_no, node_no, try_no, name)
table artifact constraint artifact_sha256 CHECK (((length(sha256) = 64) AND (sha256 !~ '[^0-9a-f]'::text)))
table asset column 01 uri text not null collate C
table asset column 02 first_at bigint not null
table asset column 03 last_no integer not null
table asset column 04 events integer not null
table asset constraint asset_events_check CHECK ((events > 0))
table asset constraint asset_pkey PRIMARY KEY (uri)
table asset_cursor column 01 dag_id text not null collate C
table asset_cursor column 02 event_no integer not null
table asset_cursor constraint asset_cursor_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id)
table asset_cursor constraint asset_cursor_pkey PRIMARY KEY (dag_id)
table asset_event column 01 event_no integer not null
table asset_event column 02 uri text not null collate C
table asset_event column 03 at bigint not null
table asset_event column 04 run_no integer
table asset_event column 05 node_no integer
table asset_event column 06 try_no smallint
table asset_event column 07 run_uid text
table asset_event column 08 dag_id text collate C
table asset_event column 09 task text
table asset_event column 10 reported_by text
table asset_event column 11 request_no integer
table asset_event column 12 extra text
table asset_event constraint asset_event_pkey PRIMARY KEY (event_no)
table asset_event constraint asset_event_source CHECK ((((run_no IS NULL) = (request_no IS NOT NULL)) AND ((run_no IS NULL) = (reported_by IS NOT NULL)) AND ((run_no IS NULL) = (try_no IS NULL)) AND ((run_no IS NULL) = (node_no IS NULL)) AND ((run_no IS NULL) = (run_uid IS NULL)) AND ((run_no IS NULL) = (dag_id IS NULL)) AND ((run_no IS NULL) = (task IS NULL))))
table asset_event constraint asset_event_uri_fkey FOREIGN KEY (uri) REFERENCES asset(uri)
table audit_entry column 01 audit_no bigint not null generated always as identity
table audit_entry column 02 at bigint not null
table audit_entry column 03 actor text not null collate C
table audit_entry column 04 action text not null collate C
table audit_entry column 05 target text not null
table audit_entry column 06 request_id text not null
table audit_entry column 07 status smallint
table audit_entry constraint audit_entry_pkey PRIMARY KEY (audit_no)
table backfill column 01 backfill_no integer not null
table backfill column 02 dag_id text not null collate C
table backfill column 03 first_at bigint not null
table backfill column 04 last_at bigint not null
table backfill column 05 which smallint not null
table backfill column 06 reverse smallint not null
table backfill column 07 scope text not null
table backfill column 08 max_active_runs integer not null
table backfill column 09 state smallint not null
table backfill column 10 cursor_at bigint
table backfill column 11 slots integer not null
table backfill column 12 decided integer not null
table backfill column 13 spared integer not null
table backfill column 14 created_at bigint not null
table backfill column 15 created_by text not null
table backfill column 16 ended_at bigint
table backfill column 17 params text not null
table backfill constraint backfill_counts CHECK (((spared >= 0) AND (spared <= decided)))
table backfill constraint backfill_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id)
table backfill constraint backfill_ended CHECK (((state >= 2) = (ended_at IS NOT NULL)))
table backfill constraint backfill_max_active_runs_check CHECK ((max_active_runs > 0))
table backfill constraint backfill_order CHECK ((first_at <= last_at))
table backfill constraint backfill_pkey PRIMARY KEY (backfill_no)
table backfill constraint backfill_reverse_check CHECK ((reverse = ANY (ARRAY[0, 1])))
table backfill constraint backfill_state_check CHECK (((state >= 0) AND (state <= 3)))
table backfill constraint backfill_which_check CHECK (((which >= 0) AND (which <= 2)))
table broken_file column 01 file text not null collate C
table broken_file column 02 at bigint not null
table broken_file column 03 diagnostics text not null
table broken_file constraint broken_file_pkey PRIMARY KEY (file)
table cache_entry column 01 key text not null collate C
table cache_entry column 02 dag_id text not null collate C
table cache_entry column 03 instance text not null collate C
table cache_entry column 04 run_uid text not null
table cache_entry column 05 at bigint not null
table cache_entry column 06 expires_at bigint
table cache_entry column 07 json text
table cache_entry column 08 sha256 text
table cache_entry column 09 bytes bigint
table cache_entry column 10 artifacts text
table cache_entry column 11 parts text not null
table cache_entry constraint cache_entry_output CHECK ((((sha256 IS NULL) = (bytes IS NULL)) AND (NOT (("json" IS NOT NULL) AND (sha256 IS NOT NULL)))))
table cache_entry constraint cache_entry_pkey PRIMARY KEY (key)
table connection column 01 name text not null collate C
table connection column 02 kind text not null
table connection column 03 key_id text not null
table connection column 04 sealed text not null
table connection column 05 revision text not null
table connection column 06 changed_at bigint not null
table connection column 07 changed_by text not null
table connection constraint connection_pkey PRIMARY KEY (name)
table dag column 01 dag_id text not null collate C
table dag column 02 paused smallint not null
table dag column 03 file text not null
table dag column 04 version_no integer not null
table dag column 05 present smallint not null
table dag column 06 since_at bigint
table dag column 07 cursor_at bigint
table dag column 08 decided_no integer
table dag constraint dag_dag_id CHECK ((((length(dag_id) >= 1) AND (length(dag_id) <= 128)) AND (dag_id !~ '^[0-9-]'::text) AND (dag_id !~ '[^A-Za-z0-9_-]'::text)))
table dag constraint dag_decided_no_fkey FOREIGN KEY (decided_no) REFERENCES dag_version(version_no)
table dag constraint dag_paused_check CHECK ((paused = ANY (ARRAY[0, 1])))
table dag constraint dag_pkey PRIMARY KEY (dag_id)
table dag constraint dag_present_check CHECK ((present = ANY (ARRAY[0, 1])))
table dag constraint dag_version_no_fkey FOREIGN KEY (version_no) REFERENCES dag_version(version_no)
table dag_pin column 01 dag_id text not null collate C
table dag_pin column 02 version_no integer not null
table dag_pin column 03 declared_no integer not null
table dag_pin column 04 held smallint not null
table dag_pin column 05 at bigint not null
table dag_pin column 06 pinned_by text not null
table dag_pin constraint dag_pin_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id)
table dag_pin constraint dag_pin_declared_no_fkey FOREIGN KEY (declared_no) REFERENCES dag_version(version_no)
table dag_pin constraint dag_pin_held_check CHECK ((held = ANY (ARRAY[0, 1])))
table dag_pin constraint dag_pin_other CHECK ((version_no <> declared_no))
table dag_pin constraint dag_pin_pkey PRIMARY KEY (dag_id)
table dag_pin constraint dag_pin_version_no_fkey FOREIGN KEY (version_no) REFERENCES dag_version(version_no)
table dag_run column 01 run_no integer not null
table dag_run column 02 uid text not null collate C
table dag_run column 03 dag_id text not null collate C
table dag_run column 04 version_no integer not null
table dag_run column 05 state smallint not null
table dag_run column 06 trigger_kind smallint not null
table dag_run column 07 params text not null
table dag_run column 08 scope text not null
table dag_run column 09 max_parallel integer
table dag_run column 10 inputs_from integer
table dag_run column 11 logical_at bigint
table dag_run column 12 interval_start_at bigint
table dag_run column 13 interval_end_at bigint
table dag_run column 14 created_at bigint not null
table dag_run column 15 started_at bigint
table dag_run column 16 ended_at bigint
table dag_run column 17 because smallint not null
table dag_run column 18 facts text
table dag_run column 19 counts text
table dag_run column 20 backfill_no integer
table dag_run column 21 cause text
table dag_run column 22 no_cache smallint not null
table dag_run column 23 priority smallint
table dag_run column 24 task_name text
table dag_run column 25 created_by text
table dag_run constraint dag_run_ended CHECK (((state >= 3) = (ended_at IS NOT NULL)))
table dag_run constraint dag_run_max_parallel_check CHECK ((max_parallel > 0))
table dag_run constraint dag_run_no_cache_check CHECK ((no_cache = ANY (ARRAY[0, 1])))
table dag_run constraint dag_run_pkey PRIMARY KEY (run_no)
table dag_run constraint dag_run_priority_check CHECK (((priority >= 0) AND (priority <= 3)))
table dag_run constraint dag_run_slot_time CHECK (((trigger_kind <> 1) OR (logical_at IS NOT NULL)))
table dag_run constraint dag_run_state_check CHECK (((state >= 0) AND (state <= 5)))
table dag_run constraint dag_run_trigger_kind_check CHECK (((trigger_kind >= 0) AND (trigger_kind <= 4)))
table dag_run constraint dag_run_uid CHECK (((uid ~~ '________-____-____-____-____________'::text) AND (length(replace(uid, '-'::text, ''::text)) = 32) AND (uid !~ '[^0-9a-f-]'::text)))
table dag_run constraint dag_run_uid_key UNIQUE (uid)
table dag_run constraint dag_run_version_no_fkey FOREIGN KEY (version_no) REFERENCES dag_version(version_no)
table dag_version column 01 version_no integer not null
table dag_version column 02 dag_id text not null collate C
table dag_version column 03 graph_hash text not null collate C
table dag_version column 04 code_hash text not null collate C
table dag_version column 05 file text not null
table dag_version column 06 spec text not null
table dag_version column 07 created_at bigint not null
table dag_version constraint dag_version_content UNIQUE (dag_id, graph_hash, code_hash)
table dag_version constraint dag_version_dag_id CHECK ((((length(dag_id) >= 1) AND (length(dag_id) <= 128)) AND (dag_id !~ '^[0-9-]'::text) AND (dag_id !~ '[^A-Za-z0-9_-]'::text)))
table dag_version constraint dag_version_graph_hash_check CHECK ((length(graph_hash) > 0))
table dag_version constraint dag_version_pkey PRIMARY KEY (version_no)
table file_arrival column 01 dag_id text not null collate C
table file_arrival column 02 path text not null collate C
table file_arrival column 03 bytes bigint not null
table file_arrival column 04 modified_at bigint not null
table file_arrival column 05 decided_at bigint not null
table file_arrival column 06 run_no integer
table file_arrival constraint file_arrival_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id)
table file_arrival constraint file_arrival_pk PRIMARY KEY (dag_id, path)
table hook_job column 01 run_no integer not null
table hook_job column 02 hook_no integer not null
table hook_job column 03 node_no integer
table hook_job column 04 hook smallint not null
table hook_job column 05 position smallint not null
table hook_job column 06 event text not null
table hook_job column 07 state smallint not null
table hook_job column 08 tries integer not null
table hook_job column 09 created_at bigint not null
table hook_job column 10 due_at bigint not null
table hook_job column 11 started_at bigint
table hook_job column 12 ended_at bigint
table hook_job column 13 error text
table hook_job column 14 log_segment integer
table hook_job column 15 log_offset bigint
table hook_job column 16 log_length bigint
table hook_job constraint hook_job_hook_no_check CHECK ((hook_no > 0))
table hook_job constraint hook_job_pk PRIMARY KEY (run_no, hook_no)
table hook_job constraint hook_job_state_check CHECK (((state >= 0) AND (state <= 3)))
table inbox column 01 inbox_id integer not null generated always as identity
table inbox column 02 trigger_uid text collate C
table inbox column 03 request text not null
table inbox column 04 created_at bigint not null
table inbox column 05 answer text
table inbox column 06 answered_at bigint
table inbox constraint inbox_answered CHECK (((answer IS NULL) = (answered_at IS NULL)))
table inbox constraint inbox_pkey PRIMARY KEY (inbox_id)
table inbox constraint inbox_trigger_uid_key UNIQUE (trigger_uid)
table journal column 01 seq bigint not null
table journal column 02 at bigint not null
table journal column 03 epoch integer not null
table journal column 04 run_no integer
table journal column 05 node_no integer
table journal column 06 try_no smallint
table journal column 07 from_state smallint not null
table journal column 08 to_state smallint not null
table journal column 09 because smallint not null
table journal column 10 facts text
table journal constraint journal_pkey PRIMARY KEY (seq)
table journal constraint journal_states CHECK ((((from_state >= '-1'::integer) AND (from_state <= 13)) AND ((to_state >= '-1'::integer) AND (to_state <= 13))))
table kept_reply column 01 key text not null collate C
table kept_reply column 02 fingerprint text not null
table kept_reply column 03 at bigint not null
table kept_reply column 04 status smallint
table kept_reply column 05 type text
table kept_reply column 06 body text
table kept_reply column 07 holder text
table kept_reply constraint kept_reply_pkey PRIMARY KEY (key)
table lease column 01 id smallint not null
table lease column 02 epoch integer not null
table lease column 03 schema_no integer not null
table lease column 04 tick bigint not null
table lease column 05 seal bigint not null
table lease column 06 seq bigint not null
table lease column 07 run_no integer not null
table lease column 08 holder text
table lease column 09 expires_at bigint not null
table lease column 10 progress_at bigint not null
table lease constraint lease_id_check CHECK ((id = 1))
table lease constraint lease_pkey PRIMARY KEY (id)
table login column 01 hash text not null collate C
table login column 02 account text not null collate C
table login column 03 created_at bigint not null
table login column 04 expires_at bigint not null
table login constraint login_account_fkey FOREIGN KEY (account) REFERENCES account(name) ON DELETE CASCADE
table login constraint login_pkey PRIMARY KEY (hash)
table metric_sample column 01 step_ms bigint not null
table metric_sample column 02 at bigint not null
table metric_sample column 03 figures text not null
table metric_sample constraint metric_sample_pk PRIMARY KEY (step_ms, at)
table outside_identity column 01 issuer text not null collate C
table outside_identity column 02 subject text not null collate C
table outside_identity column 03 account text not null collate C
table outside_identity constraint outside_identity_account_fkey FOREIGN KEY (account) REFERENCES account(name) ON DELETE CASCADE
table outside_identity constraint outside_identity_account_key UNIQUE (account)
table outside_identity constraint outside_identity_key PRIMARY KEY (issuer, subject)
table queue_tally column 01 dag_id text not null collate C
table queue_tally column 02 priority smallint not null
table queue_tally column 03 day bigint not null
table queue_tally column 04 queued bigint not null
table queue_tally column 05 running bigint not null
table queue_tally column 06 paused bigint not null
table queue_tally column 07 success bigint not null
table queue_tally column 08 failed bigint not null
table queue_tally column 09 cancelled bigint not null
table queue_tally constraint queue_tally_pk PRIMARY KEY (dag_id, priority, day)
table run_deadline column 01 run_no integer not null
table run_deadline column 02 stage smallint not null
table run_deadline column 03 at bigint not null
table run_deadline constraint run_deadline_pk PRIMARY KEY (run_no, stage)
table run_deadline constraint run_deadline_stage_check CHECK (((stage >= 0) AND (stage <= 2)))
table run_expansion column 01 run_no integer not null
table run_expansion column 02 base integer not null
table run_expansion column 03 fan_out integer not null
table run_expansion column 04 parent_base integer not null
table run_expansion column 05 keys text not null
table run_expansion column 06 items text
table run_expansion column 07 gone text
table run_expansion constraint run_expansion_base_check CHECK ((base > 0))
table run_expansion constraint run_expansion_pk PRIMARY KEY (run_no, base)
table run_expansion constraint run_expansion_run_no_fkey FOREIGN KEY (run_no) REFERENCES dag_run(run_no) ON DELETE CASCADE
table scheduler_fact column 01 name text not null collate C
table scheduler_fact column 02 value text not null
table scheduler_fact constraint scheduler_fact_pkey PRIMARY KEY (name)
table schema_migration column 01 number integer not null
table schema_migration column 02 name text not null
table schema_migration column 03 applied_at bigint not null
table schema_migration constraint schema_migration_pkey PRIMARY KEY (number)
table slot_span column 01 dag_id text not null collate C
table slot_span column 02 first_at bigint not null
table slot_span column 03 last_at bigint not null
table slot_span column 04 disposition smallint not null
table slot_span column 05 run_no integer
table slot_span column 06 decided_at bigint not null
table slot_span column 07 because smallint not null
table slot_span column 08 facts text
table slot_span constraint slot_span_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id)
table slot_span constraint slot_span_disposition_check CHECK (((disposition >= 0) AND (disposition <= 4)))
table slot_span constraint slot_span_order CHECK ((first_at <= last_at))
table slot_span constraint slot_span_pk PRIMARY KEY (dag_id, first_at)
table slot_span constraint slot_span_run CHECK (((disposition <> 0) OR ((run_no IS NOT NULL) AND (first_at = last_at))))
table task_attempt column 01 run_no integer not null
table task_attempt column 02 node_no integer not null
table task_attempt column 03 state smallint not null
table task_attempt column 04 try_no smallint not null
table task_attempt column 05 reason smallint not null
table task_attempt column 06 because smallint not null
table task_attempt column 07 log_segment integer
table task_attempt column 08 started_at bigint
table task_attempt column 09 ended_at bigint
table task_attempt column 10 log_offset bigint
table task_attempt column 11 log_length bigint
table task_attempt column 12 facts text
table task_attempt column 13 error text
table task_attempt constraint task_attempt_codes CHECK ((((state >= 0) AND (state <= 13)) AND ((reason >= 0) AND (reason <= 10)) AND (try_no > 0)))
table task_attempt constraint task_attempt_pk PRIMARY KEY (run_no, node_no, try_no)
table task_cache column 01 run_no integer not null
table task_cache column 02 node_no integer not null
table task_cache column 03 version_no integer
table task_cache column 04 key text
table task_cache column 05 parts text
table task_cache column 06 because smallint not null
table task_cache column 07 facts text
table task_cache constraint task_cache_pk PRIMARY KEY (run_no, node_no)
table task_checkpoint column 01 run_no integer not null
table task_checkpoint column 02 node_no integer not null
table task_checkpoint column 03 try_no smallint not null
table task_checkpoint column 04 at bigint not null
table task_checkpoint column 05 state text
table task_checkpoint constraint task_checkpoint_pk PRIMARY KEY (run_no, node_no)
table task_instance column 01 run_no integer not null
table task_instance column 02 node_no integer not null
table task_instance column 03 state smallint not null
table task_instance column 04 try_no smallint not null
table task_instance column 05 reason smallint not null
table task_instance column 06 because smallint not null
table task_instance column 07 log_segment integer
table task_instance column 08 started_at bigint
table task_instance column 09 ended_at bigint
table task_instance column 10 log_offset bigint
table task_instance column 11 log_length bigint
table task_instance column 12 facts text
table task_instance column 13 error text
table task_instance column 14 try_base smallint not null
table task_instance column 15 lost smallint not null
table task_instance column 16 queued_at bigint
table task_instance column 17 due_at bigint
table task_instance constraint task_instance_codes CHECK ((((state >= 0) AND (state <= 13)) AND ((reason >= 0) AND (reason <= 10))))
table task_instance constraint task_instance_pk PRIMARY KEY (run_no, node_no)
table task_instance constraint task_instance_state CHECK (
CASE
    WHEN (state >= 7) THEN ((ended_at IS NOT NULL) AND ((reason = 0) OR (state = 8) OR (state = 11)))
    WHEN ((state >= 2) AND (state <= 4)) THEN ((ended_at IS NULL) AND (try_no > 0))
    WHEN (state = 6) THEN (due_at IS NOT NULL)
    ELSE true
END)
table task_metric column 01 run_no integer not null
table task_metric column 02 node_no integer not null
table task_metric column 03 try_no smallint not null
table task_metric column 04 name text not null collate C
table task_metric column 05 value double precision not null
table task_metric column 06 at bigint not null
table task_metric constraint task_metric_pk PRIMARY KEY (run_no, node_no, try_no, name)
table task_output column 01 run_no integer not null
table task_output column 02 node_no integer not null
table task_output column 03 try_no smallint not null
table task_output column 04 json text
table task_output column 05 sha256 text collate C
table task_output column 06 bytes bigint
table task_output constraint task_output_one CHECK (((("json" IS NULL) = (sha256 IS NOT NULL)) AND ((sha256 IS NULL) = (bytes IS NULL))))
table task_output constraint task_output_pk PRIMARY KEY (run_no, node_no, try_no)
table task_output constraint task_output_sha256 CHECK (((sha256 IS NULL) OR ((length(sha256) = 64) AND (sha256 !~ '[^0-9a-f]'::text))))
table task_progress column 01 run_no integer not null
table task_progress column 02 node_no integer not null
table task_progress column 03 done double precision not null
table task_progress column 04 total double precision not null
table task_progress column 05 step text
table task_progress constraint task_progress_pk PRIMARY KEY (run_no, node_no)
table task_wait column 01 run_no integer not null
table task_wait column 02 node_no integer not null
table task_wait column 03 since_at bigint
table task_wait column 04 calls integer not null
table task_wait column 05 state text
table task_wait column 06 iterations integer not null
table task_wait constraint task_wait_calls_check CHECK ((calls >= 0))
table task_wait constraint task_wait_over CHECK (((since_at IS NOT NULL) OR ((calls = 0) AND (state IS NULL))))
table task_wait constraint task_wait_pk PRIMARY KEY (run_no, node_no)
table variable column 01 name text not null collate C
table variable column 02 kind text not null
table variable column 03 key_id text not null
table variable column 04 sealed text not null
table variable column 05 revision text not null
table variable column 06 changed_at bigint not null
table variable column 07 changed_by text not null
table variable constraint variable_pkey PRIMARY KEY (name)
