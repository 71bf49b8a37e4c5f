import type { JsonObject } from './json.ts';

/** Facts of a reason: small values that the sentence shows and programs may read. */
export type Facts = JsonObject;

/** Why something happened or does not happen: a stable code, one sentence for people, and the facts in it. */
export interface Because {
  readonly code: BecauseCode;
  readonly text: string;
  readonly [fact: string]: unknown;
}

type Sentence = (f: Record<string, unknown>) => string;
const plural = (n: unknown, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/**
 * Every reason that orch gives, with its sentence. The position in this list is the code stored in the
 * database: append only.
 */
const SENTENCES = {
  none: () => 'No reason was recorded.',
  triggered: (f) => `Triggered by ${f.by ?? 'hand'}.`,
  rule_met: (f) => `Its trigger rule ${f.rule ?? 'all_success'} is met.`,
  root: () => 'It waits for nothing.',
  upstream_failed: (f) => `Rule ${f.rule}: upstream ${f.upstream ?? 'task'} is ${f.state ?? 'failed'}.`,
  upstream_skipped: (f) => `Rule ${f.rule}: upstream ${f.upstream ?? 'task'} was skipped.`,
  rule_unmet: (f) => `Rule ${f.rule} cannot be met by the states of its upstreams.`,
  when_false: (f) => `Its condition ${f.when} is false.`,
  when_error: (f) => `Its condition ${f.when} cannot be evaluated: ${f.error}`,
  short_circuit: (f) => `${f.task} ended the path: ${f.expression} is false.`,
  no_keys: (f) => `Fan-out ${f.fanOut} has no keys.`,
  expanded: (f) => `Fan-out ${f.fanOut} has ${plural(f.keys, 'key')}.`,
  expansion_failed: (f) => `Fan-out ${f.fanOut} cannot be expanded: ${f.error}`,
  unknown_key: (f) => `Key ${f.key} is not among the keys of fan-out ${f.fanOut}.`,
  succeeded: () => 'The attempt succeeded.',
  chosen: (f) => `It chose ${f.value}.`,
  passed: () => 'There is nothing to run.',
  skipped_itself: (f) => (f.message ? `The task skipped itself: ${f.message}` : 'The task skipped itself.'),
  attempt_failed: (f) => `Attempt ${f.try} failed: ${f.error}`,
  final_failure: (f) => `Attempt ${f.try} failed and is not retried: ${f.error}`,
  retries_spent: (f) => `Attempt ${f.try} failed and no retry is left: ${f.error}`,
  not_retryable: (f) =>
    `Attempt ${f.try} failed with ${f.name}, which its retry policy does not retry: ${f.error}`,
  retry_wait: (f) =>
    `Attempt ${f.try} failed; attempt ${Number(f.try) + 1} follows in ${f.delayMs} ms: ${f.error}`,
  retry_due: (f) => `The wait before attempt ${f.try} is over.`,
  timed_out: (f) => `It ran longer than its timeout of ${f.timeoutMs} ms.`,
  attempt_lost: (f) => `Attempt ${f.try} was lost: ${f.detail}`,
  lost_too_often: (f) => `Its attempts were lost ${plural(f.lost, 'time')}; the budget is ${f.budget}.`,
  critical_failed: (f) => `Critical task ${f.task} failed.`,
  cancelled_by_user: (f) => `Cancelled by ${f.by ?? 'hand'}.`,
  run_timed_out: (f) => `The run took longer than its timeout of ${f.timeoutMs} ms.`,
  shutdown: () => 'orch was stopped.',
  superseded: (f) => `A newer run took its place: ${f.run}.`,
  outside_scope: () => 'It is outside the scope of the run.',
  leaves_succeeded: () => 'Every leaf ended well.',
  leaf_failed: (f) => `${f.task} is ${f.state}.`,
  quorum_missed: (f) =>
    `Fan-out ${f.fanOut}: ${f.succeeded} of ${plural(f.keys, 'key')} succeeded, ${f.needed} needed.`,
  marked: (f) => `Marked ${f.state} by ${f.by ?? 'hand'}.`,
  retried: (f) => `Retried by ${f.by ?? 'hand'}.`,
  run_paused: () => 'The run is paused.',
  dag_paused: (f) =>
    `DAG ${f.dag} is paused${f.since ? ` since ${f.since}` : ''}${f.by ? `, by ${f.by}` : ''}. ` +
    `To go on: orch unpause ${f.dag}`,
  run_queued: (f) => `DAG ${f.dag} already has ${plural(f.active, 'active run')} of ${f.limit}.`,
  waits_upstream: (f) => `Waits for ${plural(f.open, 'upstream')}, first ${f.upstream}.`,
  waits_setup: (f) => `Waits for setup ${f.setup}.`,
  waits_retry: (f) => `Waits for its next attempt, due at ${f.dueAt}.`,
  pool_full: (f) => `Pool ${f.pool} is full (${f.used}/${f.slots}).`,
  pool_unknown: (f) => `Pool ${f.pool} does not exist. To make it: orch pool set ${f.pool} <slots>`,
  pool_too_small: (f) => `It needs ${plural(f.needed, 'slot')} of pool ${f.pool}, which has ${f.slots}.`,
  global_cap: (f) => `All ${plural(f.limit, 'global slot')} are in use.`,
  dag_cap: (f) => `DAG ${f.dag} has ${f.active} of ${f.limit} active tasks.`,
  run_cap: (f) => `The run has ${f.active} of ${f.limit} active tasks.`,
  task_cap: (f) => `The task has ${f.active} of ${f.limit} active attempts.`,
  fan_out_cap: (f) => `Fan-out ${f.fanOut} has ${f.active} of ${f.limit} active instances.`,
  in_turn: () => 'Its turn comes with the next free slot.',
  queued_here: () => 'It has a slot and is being handed to a runner.',
  running: (f) => `Attempt ${f.try} is running.`,
  no_leader: () => 'No process leads this store: go on with `orch trigger` or `orch retry`.',
  memory_stale: () => 'What was in memory differed from the store; it was read again.',
  quarantined: (f) => `The run was set aside after an internal error: ${f.error}`,
  output_rejected: (f) => `Its output was rejected: ${f.error}`,
  out_of_memory: (f) => `It used more memory than its cap of ${f.memoryMb} MB.`,
  late_outcome: (f) =>
    `An outcome of attempt ${f.try} came after the attempt had been settled; it was ignored.`,
  started: () => 'The run started.',
  input_missing: (f) =>
    `Input ${f.input} has no value: ${f.upstream} is outside the scope and never succeeded before.`,
  removed_key: (f) => `Key ${f.key} is no longer among the keys of fan-out ${f.fanOut}.`,
  dag_unpaused: (f) => `DAG ${f.dag} is no longer paused.`,
  key_back: (f) => `Key ${f.key} is among the keys of fan-out ${f.fanOut} again.`,
  list_again: (f) => `Fan-out ${f.fanOut} asks for its keys again, because what gives them was done again.`,
  repinned: (f) => `Moved from version ${f.from} to version ${f.to} by ${f.by ?? 'hand'}.`,
  scheduled: (f) => `Its slot of ${f.slot} is due.`,
  slot_skipped: () => 'A newer slot was due as well, and the DAG does not catch up.',
  slot_missed: (f) => `It was later than the misfire grace of ${f.graceMs} ms.`,
  slot_overlap: (f) => `Run ${f.run} was not over, and the DAG does not overlap.`,
  slot_coalesced: (f) => `The run of the slot of ${f.slot} stands for it.`,
  slot_paused: () => 'The DAG was paused.',
  slot_absent: () => 'No file declared the DAG.',
  slot_without_params: (f) => `A scheduled run has the defaults of its params only: ${f.error}`,
  dag_seen: (f) => `DAG ${f.dag} became active.`,
  dag_removed: (f) => `No file declares DAG ${f.dag} any more.`,
  schedule_changed: (f) => `DAG ${f.dag} has another schedule: slots count from now on.`,
  dag_failing: (f) =>
    `DAG ${f.dag} was paused${f.since ? ` at ${f.since}` : ''}: ${plural(f.failures, 'run')} failed ` +
    `one after the other. When it is mended: orch unpause ${f.dag}`,
  slots_none: (f) => `DAG ${f.dag} is not due by time: its runs start by hand.`,
  slots_unseen: (f) => `No scheduler has seen DAG ${f.dag} yet: orch up, or orch scheduler, starts one.`,
  slots_over: (f) => `No slot of DAG ${f.dag} is left.`,
  slot_waits: (f) => `The next slot of DAG ${f.dag} is due at ${f.due}.`,
  slot_unled: (f) =>
    `The next slot of DAG ${f.dag} is due at ${f.due}, and no scheduler runs: orch up starts one.`,
  slot_queued: (f) =>
    `The slot of ${f.due} waits: DAG ${f.dag} already has ${plural(f.active, 'active run')} of ${f.limit}.`,
  slot_due: (f) => `The slot of ${f.due} is due: a scheduler makes its run now.`,
  backfilled: (f) => `Backfill ${f.backfill} runs its slot of ${f.slot}.`,
  backfill_created: (f) => `Backfill ${f.backfill} was asked for by ${f.by ?? 'hand'}.`,
  backfill_paused: (f) =>
    `Backfill ${f.backfill} is paused${f.by ? ` by ${f.by}` : ''}. ` +
    `To go on: orch backfill resume ${f.backfill}`,
  backfill_resumed: (f) => `Backfill ${f.backfill} goes on: ${f.by ?? 'hand'} has resumed it.`,
  backfill_cancelled: (f) => `Backfill ${f.backfill} was cancelled by ${f.by ?? 'hand'}.`,
  backfill_done: (f) => `Backfill ${f.backfill} is done.`,
  backfill_stuck: (f) =>
    `Backfill ${f.backfill} was paused: ${f.error}. When it is mended: orch backfill resume ${f.backfill}`,
  slot_missing: () => 'It has no run.',
  slot_run_over: (f) =>
    f.partial === true ? `Its run, of a part of the DAG only, is ${f.state}.` : `Its run is ${f.state}.`,
  slot_in_flight: () => 'Its run is not finished: in flight.',
  slot_of_schedule: () => 'Its schedule has not decided about it yet.',
  slot_taken: (f) => `Run ${f.run} is about the same instant: a slot has one run for ever.`,
  past_unread: () => 'The run of the slot before is being read.',
  waits_past: (f) => `Waits for the run of the slot before, ${f.run}: ${f.task} is ${f.state}.`,
  past_bad: (f) =>
    `Waits for the run of the slot before, ${f.run}: ${f.task} is ${f.state}. Retry it there (orch retry ` +
    `${f.run}), or mark it a success.`,
  past_absent: (f) =>
    `The run of the slot before, ${f.run}, has no task ${f.task}, although an older one has: mark the task ` +
    'of this run, or retry the older slots with the version that has it.',
  past_fine: () => 'The run of the slot before lets it run.',
  not_latest: (f) => `It is for the run of the latest slot only, and the next one was due at ${f.next}.`,
  not_yet: (f) => (f.message ? `Not yet: ${f.message}` : 'Not yet.'),
  deferred: (f) =>
    f.message ? `It put itself off until ${f.dueAt}: ${f.message}` : `It put itself off until ${f.dueAt}.`,
  looped: (f) => `Iteration ${f.iteration}: ${f.until} is false.`,
  loop_spent: (f) => `${f.until} is still false after ${plural(f.iterations, 'iteration')}.`,
  loop_error: (f) => `Its condition ${f.until} cannot be evaluated: ${f.error}`,
  sensor_timed_out: (f) => `It looked for ${f.giveUpMs} ms in vain.`,
  deferred_too_long: (f) => `It put itself off for longer than ${f.giveUpMs} ms.`,
  called_too_often: (f) => `It was put off ${plural(f.calls, 'time')}, which is as often as it may be.`,
  waits_answer: (f) => `Waits for an answer: ${f.title}`,
  answered: (f) =>
    f.message ? `${f.by} decided for ${f.option}: ${f.message}` : `${f.by} decided for ${f.option}.`,
  answer_defaulted: (f) => `Nobody answered in time: ${f.option} holds.`,
  answer_timed_out: (f) => `Nobody answered within ${f.answerWithinMs} ms.`,
  waits_until: (f) => `That wait ends at ${f.dueAt}.`,
  assets_changed: (f) => `Its assets changed: ${f.assets}.`,
  file_arrived: (f) => `File ${f.file} arrived.`,
  events_passed: (f) => `Events of assets up to now do not count for DAG ${f.dag}.`,
  events_overlap: (f) => `Run ${f.run} was not over, and DAG ${f.dag} does not overlap.`,
  events_without_params: (f) => `A run by events has the defaults of its params only: ${f.error}`,
  file_passed: (f) => `File ${f.file} was there before DAG ${f.dag} became active.`,
  file_overlap: (f) => `File ${f.file}: run ${f.run} was not over, and DAG ${f.dag} does not overlap.`,
  file_without_params: (f) =>
    `File ${f.file}: a run by a file has the defaults of its params only: ${f.error}`,
  asset_reported: (f) => `Asset ${f.asset} was reported to have changed by ${f.by ?? 'hand'}.`,
  assets_awaited: (f) =>
    `DAG ${f.dag} runs on ${f.match} of ${plural(f.of, 'asset')}; ` +
    `without an event since its last such run: ${f.missing}.`,
  assets_due: (f) => `The assets of DAG ${f.dag} have changed: a scheduler makes its run now.`,
  assets_unled: (f) => `The assets of DAG ${f.dag} have changed, and no scheduler runs: orch up starts one.`,
  assets_queued: (f) =>
    `The assets of DAG ${f.dag} have changed; it waits: ${plural(f.active, 'active run')} of ${f.limit}.`,
  files_awaited: (f) => `DAG ${f.dag} runs for each file that arrives as ${f.files}.`,
  cache_hit: (f) => `Taken from the cache of run ${f.run}.`,
  cache_unread: () => 'Whether an earlier success stands for it is being read.',
  cache_first: () => 'Not from the cache: it has no earlier success there.',
  cache_changed: (f) => `Not from the cache: since run ${f.run} this has changed: ${f.changed}.`,
  cache_expired: (f) => `Not from the cache: the success of run ${f.run} is older than its ttl.`,
  cache_gone: (f) => `Not from the cache: what run ${f.run} gave is gone: ${f.file}.`,
  cache_passed: (f) => `Not from the cache, although run ${f.run} has done the same: it was to run again.`,
  cache_refused: (f) => `Not from the cache, nor kept there: ${f.error}.`,
  rolled_back: (f) =>
    `New runs of DAG ${f.dag} have version ${f.version}, ` +
    `${f.held ? 'whatever its file declares' : 'until its file changes'}: ${f.by} has asked for it.`,
  rollback_over: (f) =>
    `New runs of DAG ${f.dag} have version ${f.version} of its file: ${f.by} has ended the rollback.`,
  deadline_passed: (f) =>
    `Its deadline of ${f.deadline} has passed: ${plural(f.open, 'task')} not over, above all ${f.task}.`,
  deadline_at_risk: (f) =>
    `It may miss its deadline of ${f.deadline}: by the times of earlier runs it ends at ${f.p50} or, one ` +
    `time in twenty, after ${f.p95}; above all ${f.task} makes it late.`,
  repaired: (f) => `Repaired by ${f.by ?? 'hand'}: ${f.what}.`,
  alert_opened: (f) => `Rule ${f.rule} has raised an alert: ${f.title}.`,
  alert_resolved: (f) => `An alert of rule ${f.rule} is over: ${f.title}.`,
  scheduler_paused: (f) =>
    `The scheduler is paused${f.since ? ` since ${f.since}` : ''}, by ${f.by ?? 'hand'}: ` +
    'nothing is started. To go on: orch scheduler resume',
  scheduler_resumed: (f) => `The scheduler goes on: ${f.by ?? 'hand'} has resumed it.`,
  scheduler_stopped: (f) => `The scheduler was told to ${f.how} by ${f.by ?? 'hand'}.`,
  limits_changed: (f) => `${f.what}, by ${f.by ?? 'hand'}.`,
  schedule_added: (f) => `Ad-hoc schedule ${f.schedule} of DAG ${f.dag} was made by ${f.by ?? 'hand'}.`,
  schedule_paused: (f) => `Ad-hoc schedule ${f.schedule} of DAG ${f.dag} was paused by ${f.by ?? 'hand'}.`,
  schedule_resumed: (f) => `Ad-hoc schedule ${f.schedule} of DAG ${f.dag} was resumed by ${f.by ?? 'hand'}.`,
  schedule_removed: (f) => `Ad-hoc schedule ${f.schedule} of DAG ${f.dag} was removed by ${f.by ?? 'hand'}.`,
  prioritized: (f) => `Its priority is ${f.priority} from now on: ${f.by ?? 'hand'} has changed it.`,
  paused_at_checkpoint: (f) =>
    `Attempt ${f.try} was stopped for a pause; the next goes on from its checkpoint.`,
  run_deleted: (f) => `Run ${f.run} of DAG ${f.dag} was deleted by ${f.by ?? 'hand'}.`,
  held_still: (f) =>
    `Attempt ${f.try} is held still for a pause: it keeps its slot, and goes on with the resume.`,
  ended_while_paused: (f) => `Attempt ${f.try} was ended while it was paused; the next one begins anew.`,
  schedule_refused: (f) =>
    `Ad-hoc schedule ${f.schedule} of DAG ${f.dag} starts nothing: ` +
    `${f.who}, by whose right it runs, ${f.why}.`,
} as const satisfies Record<string, Sentence>;

export type BecauseCode = keyof typeof SENTENCES;

/** The codes in stored order. */
export const BECAUSE_CODES = Object.keys(SENTENCES) as readonly BecauseCode[];
const numbers = new Map(BECAUSE_CODES.map((code, index) => [code, index]));

/** The number under which the store keeps a code. */
export function becauseNumber(code: BecauseCode): number {
  return numbers.get(code) ?? 0;
}

/** Whether an attempt was ended for a pause: that is no failure of it, and the next one goes on. */
export function isEndedForPause(code: BecauseCode): boolean {
  return code === 'paused_at_checkpoint' || code === 'ended_while_paused';
}

/** Builds the reason for people and programs from a code and its facts. */
export function because(code: BecauseCode, facts: Facts = {}): Because {
  const sentence: Sentence = SENTENCES[code];
  return { ...facts, code, text: sentence(facts) };
}
