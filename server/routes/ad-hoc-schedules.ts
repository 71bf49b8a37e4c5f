import { type Static, Type } from 'typebox';
import { lostRights } from '../../core/accounts/lost-right.ts';
import { compileGraph } from '../../core/graph/graph.ts';
import { requiredSelection } from '../../core/graph/required-selection.ts';
import type { AdHocSchedule, AdHocSlot, AdHocWhen } from '../../core/model/ad-hoc-schedule.ts';
import type { Because } from '../../core/model/because.ts';
import { AppError } from '../../core/model/errors.ts';
import type { JsonObject } from '../../core/model/json.ts';
import { checkParams, paramsRefusal } from '../../core/schema/params.ts';
import type { Store } from '../../core/store/store.ts';
import { adHocStep } from '../../core/timetables/ad-hoc-step.ts';
import { scheduleWords } from '../../core/timetables/schedule-words.ts';
import { timetableOf } from '../../core/timetables/timetable-of.ts';
import type { Access } from '../access.ts';
import { askLeader, namedInside } from '../ask-leader.ts';
import { readInstant } from '../instants.ts';
import { rightOf } from '../principal.ts';
import { API, type Route, route } from '../route.ts';
import { AdHoc, AdHocScheduleForm, type When } from '../schemas/scheduler.ts';
import { DagId, exact, pageOf } from '../schemas/words.ts';
import type { Services } from '../services.ts';
import { instant } from '../views.ts';

const tag = 'schedules';
const scheduleId = { scheduleId: Type.String({ minLength: 1, maxLength: 64 }) };

function viewOf(schedule: AdHocSchedule, refused: Because | null, now: number): Static<typeof AdHoc> {
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
    refused,
    last: last === null ? null : lastView(last),
    createdAt: instant(schedule.createdAt),
    createdBy: schedule.createdBy,
  };
}

function lastView({ slotAt, runUid, error, refused }: AdHocSlot): Static<typeof AdHoc>['last'] {
  return { slotAt: instant(slotAt), runId: runUid, error, refused: refused ?? null };
}

/** Schedules as they stand, with what refuses them now. */
async function viewsOf({ store, clock }: Services, schedules: readonly AdHocSchedule[]) {
  const now = clock.now();
  const lost = await lostRights(store.accounts, schedules, now);
  return schedules.map((one) => viewOf(one, lost.get(one.scheduleId) ?? null, now));
}

async function shown(services: Services, access: Access, id: string): Promise<Static<typeof AdHoc>> {
  const [view] = await viewsOf(services, [await find(services.store, access, id)]);
  if (view === undefined) throw new Error(`schedule ${id} has no view`);
  return view;
}

function whenView(when: AdHocWhen): Static<typeof When> {
  if (when.kind === 'every') return { everyMs: when.everyMs };
  if (when.kind === 'at') return { at: when.at[0] ?? '' };
  return { cron: when.cron, ...(when.tz === undefined ? {} : { timezone: when.tz }) };
}

/** @throws AppError `invalid` for a cron expression or a zone that is none. */
function whenOf(when: Static<typeof When>): AdHocWhen {
  if ('everyMs' in when) return { kind: 'every', everyMs: when.everyMs };
  if ('at' in when) return { kind: 'at', at: [instant(readInstant('when.at', when.at))] };
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
  handle: async (services, { query, access }) => {
    const all = await services.store.operations.schedules.all();
    const seen = all.filter(
      ({ dagId }) => access.has('viewer', dagId) && (query.dagId === undefined || query.dagId === dagId),
    );
    return { items: await viewsOf(services, seen), nextCursor: null };
  },
});

const get = route('get', `${API}/schedules/{scheduleId}`, {
  id: 'getSchedule',
  tag,
  summary: 'A schedule that no DAG file declares',
  role: 'viewer',
  params: scheduleId,
  answer: AdHoc,
  handle: (services, { params, access }) => shown(services, access, params.scheduleId),
});

const create = route('post', `${API}/schedules`, {
  id: 'createSchedule',
  tag,
  summary: 'Has a DAG run by a schedule beside that of its file: each slot once, also over restarts',
  description:
    'What the params are is checked now, and again at each slot. Without `catchup` only the newest of ' +
    'several missed slots gets a run. While the DAG is paused none does, nor while who made it has no ' +
    'right to trigger the DAG.',
  role: 'operator',
  body: AdHocScheduleForm,
  answer: AdHoc,
  status: 201,
  handle: async (services, { body, access, newId }) => {
    const { store } = services;
    const dag = await access.dag(body.dagId);
    const spec = (await store.version(dag.versionNo))?.spec;
    if (spec === undefined) throw new Error(`version ${dag.versionNo} is not stored`);
    const checked = checkParams(spec, (body.params ?? {}) as JsonObject);
    if (!checked.ok) throw paramsRefusal(checked.problems);
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
    const asked = { scheduleId: id, dagId: dag.dagId, name, plan, by, ...rightOf(access.principal) };
    await askLeader(services, { type: 'createSchedule', ...asked });
    return shown(services, access, id);
  },
});

/** The route that pauses or resumes a schedule. */
function changeRoute(word: 'pause' | 'resume'): Route {
  return route('post', `${API}/schedules/{scheduleId}/${word}`, {
    id: `${word}Schedule`,
    tag,
    summary:
      word === 'pause'
        ? 'Pauses an ad-hoc schedule'
        : 'Ends the pause of an ad-hoc schedule; one that is refused runs by your right from then on',
    role: 'operator',
    params: scheduleId,
    body: exact({}),
    answer: AdHoc,
    handle: async (services, { params, access }) => {
      await find(services.store, access, params.scheduleId);
      const to = word === 'pause' ? 'paused' : 'active';
      const by = access.principal.name;
      const asked = { scheduleId: params.scheduleId, to, by, ...rightOf(access.principal) } as const;
      await askLeader(services, { type: 'changeSchedule', ...asked });
      return shown(services, access, params.scheduleId);
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
