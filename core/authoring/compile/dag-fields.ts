import { DAG_DEFAULTS, type DagSpec } from '../../model/dag.ts';
import type { AuthorDag } from '../author-form.ts';
import { readDuration } from './inherit.ts';
import { formatInstant } from './instants.ts';
import { readParams } from './params.ts';
import type { Problems } from './problems.ts';
import { readInstant, readSchedules, readZone } from './schedules.ts';

type Changing<T> = { -readonly [K in keyof T]: T[K] };
/** A DAG spec that still lacks its tasks. */
export type DagDraft = Changing<Omit<DagSpec, 'tasks' | 'fanOuts'>>;

/** Everything of a DAG but its tasks, without what the defaults say anyway. */
export function draftDag(dag: AuthorDag, problems: Problems): DagDraft {
  const draft: DagDraft = { v: 1, id: dag.id };
  if (dag.title) draft.title = dag.title;
  if (dag.description) draft.description = dag.description;
  if (dag.owner) draft.owner = dag.owner;
  if (dag.tags !== undefined && dag.tags.length > 0) draft.tags = [...new Set(dag.tags)];
  const params = dag.params === undefined ? undefined : readParams(dag.params, problems);
  if (params !== undefined) draft.params = params;
  writeTimes(draft, dag, problems);
  writePolicies(draft, dag);
  writeLimits(draft, dag, problems);
  return draft;
}

function writeTimes(draft: DagDraft, dag: AuthorDag, problems: Problems): void {
  const zone = readZone(dag.timezone, problems);
  if (zone !== DAG_DEFAULTS.timezone) draft.timezone = zone;
  if (dag.schedule !== undefined) draft.schedule = readSchedules(dag.schedule, zone, problems);
  const startAt = dag.startAt === undefined ? null : readInstant(dag.startAt, zone, ['startAt'], problems);
  const endAt = dag.endAt === undefined ? null : readInstant(dag.endAt, zone, ['endAt'], problems);
  if (startAt !== null) draft.startAt = formatInstant(startAt);
  if (endAt !== null) draft.endAt = formatInstant(endAt);
  if (startAt !== null && endAt !== null && endAt < startAt) {
    problems.error('bad-date', `endAt ${draft.endAt} lies before startAt ${draft.startAt}`, ['endAt']);
  }
  const misfireGraceMs = readDuration(dag.misfireGrace, 0, "'misfireGrace'", ['misfireGrace'], problems);
  if (misfireGraceMs !== undefined) draft.misfireGraceMs = misfireGraceMs;
  const jitterMs = readDuration(dag.jitter, 0, "'jitter'", ['jitter'], problems);
  if (jitterMs !== undefined && jitterMs > 0) draft.jitterMs = jitterMs;
}

function writePolicies(draft: DagDraft, dag: AuthorDag): void {
  if (dag.catchup) draft.catchup = true;
  if (dag.onActivate !== undefined && dag.onActivate !== 'next') draft.onActivate = dag.onActivate;
  if (dag.overlap !== undefined && dag.overlap !== 'queue') draft.overlap = dag.overlap;
  if (dag.coalesce) draft.coalesce = true;
  if (dag.priority !== undefined && dag.priority !== DAG_DEFAULTS.priority) draft.priority = dag.priority;
  if (dag.priorityRule !== undefined && dag.priorityRule !== 'absolute')
    draft.priorityRule = dag.priorityRule;
  if (dag.taskType) draft.taskType = true;
}

function writeLimits(draft: DagDraft, dag: AuthorDag, problems: Problems): void {
  const { maxActiveRuns, maxActiveTasks, maxActiveTasksTotal } = dag;
  if (maxActiveRuns !== undefined && maxActiveRuns !== DAG_DEFAULTS.maxActiveRuns)
    draft.maxActiveRuns = maxActiveRuns;
  if (maxActiveTasks !== undefined && maxActiveTasks !== DAG_DEFAULTS.maxActiveTasks) {
    draft.maxActiveTasks = maxActiveTasks;
  }
  if (maxActiveTasksTotal !== undefined) draft.maxActiveTasksTotal = maxActiveTasksTotal;
  if (dag.pauseAfterFailures !== undefined) draft.pauseAfterFailures = dag.pauseAfterFailures;
  const timeoutMs = readDuration(dag.timeout, 1, "'timeout'", ['timeout'], problems);
  if (timeoutMs !== undefined) draft.timeoutMs = timeoutMs;
  const deadlineMs = readDuration(dag.deadline, 1, "'deadline'", ['deadline'], problems);
  if (deadlineMs !== undefined) draft.deadlineMs = deadlineMs;
}
