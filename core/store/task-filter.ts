import { type RawBuilder, sql } from 'kysely';
import { PRIORITY_LEVELS, type PriorityLevel } from '../model/dag.ts';
import { isRunFinished, RUN_STATES, type RunState, S } from '../model/states.ts';

/** The states of a task of the queue: those of its run, or of its one instance while the run is under way. */
export const QUEUE_STATES = [
  'queued',
  'running',
  'paused',
  'waiting',
  'up_for_retry',
  'success',
  'failed',
  'cancelled',
] as const;
export type QueueState = (typeof QUEUE_STATES)[number];

/** Whether a task in this state has ended. */
export function isTaskFinished(state: QueueState): boolean {
  return (RUN_STATES as readonly string[]).includes(state) && isRunFinished(state as RunState);
}

/** Which tasks are wanted; an absent field admits all of them. */
export interface TaskFilter {
  readonly types?: readonly string[];
  readonly states?: readonly QueueState[];
  readonly priorities?: readonly PriorityLevel[];
  readonly createdBy?: string;
  /** A part of the name. */
  readonly name?: string;
  /** A part of the name, the id, the type, who asked for it, or the params. */
  readonly text?: string;
  /** Created at or after this instant. */
  readonly since?: number;
}

/** The state of a task, as text: a fragment over a run `r` and its instance `i`. */
export const STATE = sql<QueueState>`case
  when r.state = ${code('queued')} then 'queued' when r.state = ${code('paused')} then 'paused'
  when r.state = ${code('success')} then 'success' when r.state = ${code('failed')} then 'failed'
  when r.state = ${code('cancelled')} then 'cancelled'
  when i.state is null or i.state in (${lit(S.none)}, ${lit(S.scheduled)}) then 'queued'
  when i.state = ${lit(S.waiting)} then 'waiting' when i.state = ${lit(S.up_for_retry)} then 'up_for_retry'
  else 'running' end`;

/** The one instance `i` of a run `r`. */
export const WITH_INSTANCE = sql`left join task_instance as i on i.run_no = r.run_no and i.node_no = 0`;

/** The states that the run of a task may have, as stored, by the state of the task. */
export function runCodesOf(states: readonly QueueState[]): readonly number[] {
  const runStates = states.flatMap((state): readonly RunState[] => {
    if (state === 'queued') return ['queued', 'running'];
    if (state === 'paused' || isTaskFinished(state)) return [state as RunState];
    return ['running'];
  });
  return [...new Set(runStates)].map((state) => RUN_STATES.indexOf(state));
}

/** Whether the run of a task does not say whether a filter has it. */
export function needsInstance({ states }: TaskFilter): boolean {
  return states?.some((state) => !isTaskFinished(state)) ?? false;
}

/**
 * What a filter asks of a task, over a run `r` and its instance `i`. The signs keep indexes of the columns
 * away: these do not have the tasks in the order of a list.
 */
export function conditionsOf(filter: TaskFilter): RawBuilder<unknown>[] {
  const { types, states, priorities, createdBy, name, text, since } = filter;
  const all: RawBuilder<unknown>[] = [];
  if (types !== undefined) all.push(sql`r.dag_id || '' in (${list(types)})`);
  if (needsInstance(filter)) all.push(sql`${STATE} in (${list(states ?? [])})`);
  else if (states !== undefined) all.push(sql`+r.state in (${list(runCodesOf(states))})`);
  if (priorities !== undefined)
    all.push(sql`+r.priority in (${list(priorities.map((one) => PRIORITY_LEVELS.indexOf(one)))})`);
  if (createdBy !== undefined) all.push(sql`r.created_by = ${createdBy}`);
  if (name !== undefined) all.push(has(sql`r.task_name`, name));
  if (text !== undefined) {
    const places = [sql`r.task_name`, sql`r.uid`, sql`r.dag_id`, sql`r.created_by`, sql`r.params`];
    const found = places.map((place) => has(place, text));
    all.push(sql`(${sql.join(found, sql` or `)})`);
  }
  if (since !== undefined) all.push(sql`+r.created_at >= ${since}`);
  return all;
}

/** Whether a text holds another one, whatever its case. */
function has(place: RawBuilder<unknown>, part: string): RawBuilder<unknown> {
  const pattern = `%${part.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`;
  return sql`lower(${place}) like ${pattern} escape '\\'`;
}

function list(values: readonly (string | number)[]): RawBuilder<unknown> {
  return values.length === 0 ? sql`null` : sql.join(values);
}

function code(state: RunState): RawBuilder<unknown> {
  return sql.lit(RUN_STATES.indexOf(state));
}

function lit(value: number): RawBuilder<unknown> {
  return sql.lit(value);
}
