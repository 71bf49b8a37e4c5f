import { type Static, Type } from 'typebox';
import { compileGraph } from '../../core/graph/graph.ts';
import { requiredSelection } from '../../core/graph/required-selection.ts';
import type { AdHocSchedule, AdHocWhen } from '../../core/model/ad-hoc-schedule.ts';
import { AppError } from '../../core/model/errors.ts';
import type { JsonObject } from '../../core/model/json.ts';
import { checkParams } from '../../core/schema/params.ts';
import type { Store } from '../../core/store/store.ts';
import { adHocStep } from '../../core/timetables/ad-hoc-step.ts';
import { scheduleWords } from '../../core/timetables/schedule-words.ts';
import { timetableOf } from '../../core/timetables/timetable-of.ts';
import type { Access } from '../access.ts';
import { askLeader, namedInside } from '../ask-leader.ts';
import { API, type Route, route } from '../route.ts';
import { AdHoc, AdHocScheduleForm, type When } from '../schemas/scheduler.ts';
import { DagId, exact, pageOf } from '../schemas/words.ts';
import { instant } from '../views.ts';

const tag = 'schedules';
const scheduleId = { scheduleId: Type.String({ minLength: 1, maxLength: 64 }) };

function viewOf(schedule: AdHocSchedule, now: number): Static<typeof AdHoc> {
  const { plan, last } = schedule;
  const step = adHocStep(schedule, now);
  const nextAt = step.kind === 'wait' ? step.untilAt : step.slotAt;
  return {
    scheduleId: schedule.scheduleId,
    dagId: schedule.dagId,
    name: schedule.name,
    when: whenView(plan.when),
    trigger: scheduleWords([plan.when]),
    params: { ...plan.params },
    scope: { ...plan.scope } as Static<typeof AdHoc>['scope'],
    catchup: plan.catchup,
    misfireGraceMs: plan.misfireGraceMs,
    paused: schedule.paused,
    nextRunAt: instant(nextAt),
    last: last === null ? null : { slotAt: instant(last.slotAt), runId: last.runUid, error: last.error },
    createdAt: instant(schedule.createdAt),
    createdBy: schedule.createdBy,
  };
}

function whenView(when: AdHocWhen): Static<typeof When> {
  if (when.kind === 'every') return { everyMs: when.everyMs };
  if (when.kind === 'at') return { at: when.at[0] ?? '' };
  return { cron: when.cron, ...(when.tz === undefined ? {} : { timezone: when.tz }) };
}

/** @throws AppError `invalid` for a cron expression or a zone that is none. */
function whenOf(when: Static<typeof When>): AdHocWhen {
  if ('everyMs' in when) return { kind: 'every', everyMs: when.everyMs };
  if ('at' in when) return { kind: 'at', at: [instant(Date.parse(when.at))] };
  const schedule: AdHocWhen = {
    kind: 'cron',
    cron: when.cron,
    ...(when.timezone === undefined ? {} : { tz: when.timezone }),
  };
  try {
    timetableOf({ schedule: [schedule] });
  } catch (error) {
    throw new AppError('invalid', `the schedule is wrong: ${(error as Error).message}`);
  }
  return schedule;
}

async function find(store: Store, access: Access, id: string): Promise<AdHocSchedule> {
  const found = await store.operations.schedules.find(id);
  if (found === null || !access.has('viewer', found.dagId))
    throw new AppError('not_found', `there is no ad-hoc schedule ${id}`);
  access.requireDag(found.dagId);
  return found;
}

const list = route('get', `${API}/schedules`, {
  id: 'listSchedules',
  tag,
  summary: 'Schedules that no DAG file declares, oldest first; all of them are one page',
  role: 'viewer',
  query: { dagId: Type.Optional(DagId) },
  answer: pageOf('AdHocSchedulePage', AdHoc),
  handle: async ({ store, clock }, { query, access }) => {
    const all = await store.operations.schedules.all();
    const seen = all.filter(
      ({ dagId }) => access.has('viewer', dagId) && (query.dagId === undefined || query.dagId === dagId),
    );
    return { items: seen.map((one) => viewOf(one, clock.now())), nextCursor: null };
  },
});

const get = route('get', `${API}/schedules/{scheduleId}`, {
  id: 'getSchedule',
  tag,
  summary: 'A schedule that no DAG file declares',
  role: 'viewer',
  params: scheduleId,
  answer: AdHoc,
  handle: async ({ store, clock }, { params, access }) =>
    viewOf(await find(store, access, params.scheduleId), clock.now()),
});

const create = route('post', `${API}/schedules`, {
  id: 'createSchedule',
  tag,
  summary: 'Has a DAG run by a schedule beside that of its file: each slot once, also over restarts',
  description:
    'What the params are is checked now, and again at each slot. Without `catchup` only the newest of ' +
    'several missed slots gets a run. While the DAG is paused none does.',
  role: 'operator',
  body: AdHocScheduleForm,
  answer: AdHoc,
  status: 201,
  handle: async (services, { body, access, newId }) => {
    const { store, clock } = services;
    const dag = await access.dag(body.dagId);
    const spec = (await store.version(dag.versionNo))?.spec;
    if (spec === undefined) throw new Error(`version ${dag.versionNo} is not stored`);
    const checked = checkParams(spec, (body.params ?? {}) as JsonObject);
    if (!checked.ok) throw new AppError('invalid', checked.problems.map(({ message }) => message).join('; '));
    const scope = body.scope ?? {};
    try {
      requiredSelection(compileGraph(spec), scope);
    } catch (error) {
      namedInside(error);
    }
    const plan = {
      when: whenOf(body.when),
      params: (body.params ?? {}) as JsonObject,
      scope,
      catchup: body.catchup ?? false,
      misfireGraceMs: body.misfireGraceMs ?? null,
    };
    const id = newId();
    const by = access.principal.name;
    const name = body.name ?? `${dag.dagId} ${scheduleWords([plan.when])}`;
    await askLeader(services, { type: 'createSchedule', scheduleId: id, dagId: dag.dagId, name, plan, by });
    return viewOf(await find(store, access, id), clock.now());
  },
});

/** The route that pauses or resumes a schedule. */
function changeRoute(word: 'pause' | 'resume'): Route {
  return route('post', `${API}/schedules/{scheduleId}/${word}`, {
    id: `${word}Schedule`,
    tag,
    summary: word === 'pause' ? 'Pauses an ad-hoc schedule' : 'Ends the pause of an ad-hoc schedule',
    role: 'operator',
    params: scheduleId,
    body: exact({}),
    answer: AdHoc,
    handle: async (services, { params, access }) => {
      const { store, clock } = services;
      await find(store, access, params.scheduleId);
      const to = word === 'pause' ? 'paused' : 'active';
      const by = access.principal.name;
      await askLeader(services, { type: 'changeSchedule', scheduleId: params.scheduleId, to, by });
      return viewOf(await find(store, access, params.scheduleId), clock.now());
    },
  });
}

const remove = route('delete', `${API}/schedules/{scheduleId}`, {
  id: 'removeSchedule',
  tag,
  summary: 'Removes an ad-hoc schedule; its runs stay',
  role: 'operator',
  params: scheduleId,
  handle: async (services, { params, access }) => {
    await find(services.store, access, params.scheduleId);
    const by = access.principal.name;
    await askLeader(services, { type: 'changeSchedule', scheduleId: params.scheduleId, to: 'removed', by });
  },
});

/** Schedules that no DAG file declares. */
export const adHocRoutes: readonly Route[] = [
  list,
  create,
  get,
  changeRoute('pause'),
  changeRoute('resume'),
  remove,
];
