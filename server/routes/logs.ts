import { Type } from 'typebox';
import { type LineFilter, lineFilter } from '../../core/log/line-filter.ts';
import { LOG_LEVELS, readOwnLog } from '../../core/log/read-own-log.ts';
import { AppError } from '../../core/model/errors.ts';
import { attemptId } from '../../core/model/ids.ts';
import { logFile } from '../../core/scheduler/paths.ts';
import type { Access } from '../access.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { readInstant } from '../instants.ts';
import { API, type Route, route } from '../route.ts';
import { AttemptLog, FoundLine, OwnLine, READ_STREAMS } from '../schemas/log.ts';
import { DagId, limitOf, oneOf, PAGING, pageOf, RunId } from '../schemas/words.ts';
import { type LogSearch, listLogs, namesOf, type SearchPlace, searchLogs } from '../search-logs.ts';
import { instant } from '../views.ts';

const tag = 'logs';
const SEARCH = {
  q: Type.Optional(Type.String({ maxLength: 1_024, description: 'only lines that contain this text' })),
  regex: Type.Optional(Type.String({ maxLength: 1_024, description: 'only lines that match' })),
};

function filterOf({ q, regex }: { readonly q?: string; readonly regex?: string }): LineFilter | null {
  if (q !== undefined && regex !== undefined) throw new AppError('usage', 'give q or regex, not both');
  if (q !== undefined) return lineFilter({ text: q });
  return regex === undefined ? null : lineFilter({ regex });
}

/** Which runs are looked through. */
const RUNS = {
  dagId: Type.Optional(Type.Array(DagId)),
  runId: Type.Optional(RunId),
};

/** The runs of a query as far as the asker may see them. */
async function runsOf(
  query: { readonly dagId?: readonly string[]; readonly runId?: string },
  access: Access,
): Promise<Pick<LogSearch, 'run' | 'dagIds'>> {
  const run = query.runId === undefined ? null : await access.run(query.runId);
  return { run, dagIds: await access.dagIds(query.dagId) };
}

/** Where a page goes on that ended at a place. */
function placeOf(cursor: string | undefined): SearchPlace | null {
  const at = readCursor(cursor, ['no', 'no', 'no', 'number']);
  return at && { runNo: at[0], nodeNo: at[1], tryNo: at[2], byte: at[3] };
}

function cursorOf(next: SearchPlace | null): string | null {
  return next && writeCursor([next.runNo, next.nodeNo, next.tryNo, next.byte]);
}

const list = route('get', `${API}/logs`, {
  id: 'listLogs',
  tag,
  summary: 'The logs of attempts, the newest run first, in a run by task instance',
  description: '`/api/v1/attempts/{attemptId}/logs` has the lines of one.',
  role: 'viewer',
  query: { ...PAGING, ...RUNS },
  answer: pageOf('AttemptLogPage', AttemptLog),
  handle: async (services, { query, access }) => {
    const wanted = { ...(await runsOf(query, access)), since: null, limit: limitOf(query) };
    const { found, next } = await listLogs(services, wanted, placeOf(query.cursor));
    const nameOf = await namesOf(services, found);
    const items = found.map((one) => ({
      attemptId: attemptId(one.run.runNo, one.nodeNo, one.tryNo),
      runId: one.run.uid,
      dagId: one.run.dagId,
      taskInstanceId: `${one.run.runNo}.${one.nodeNo}`,
      name: nameOf(one),
      tryNo: one.tryNo,
      bytes: one.bytes,
    }));
    return { items, nextCursor: cursorOf(next) };
  },
});

const search = route('get', `${API}/logs/search`, {
  id: 'searchLogs',
  tag,
  summary: 'Lines of the logs of attempts, the newest run first',
  description:
    'A page may have fewer lines than asked for, or none, while there is a nextCursor: time was over.',
  role: 'viewer',
  query: {
    ...PAGING,
    ...SEARCH,
    ...RUNS,
    level: Type.Optional(Type.Array(oneOf(READ_STREAMS, 'only lines of these streams'))),
    since: Type.Optional(Type.String({ format: 'date-time', description: 'written then or later' })),
  },
  answer: pageOf('FoundLinePage', FoundLine),
  handle: async (services, { query, access }) => {
    const matches = filterOf(query);
    const { found, next } = await searchLogs(
      services,
      {
        ...(await runsOf(query, access)),
        since: query.since === undefined ? null : readInstant('since', query.since),
        limit: limitOf(query),
        ...(query.level === undefined ? {} : { streams: query.level }),
        ...(matches === null ? {} : { matches }),
      },
      placeOf(query.cursor),
    );
    const nameOf = await namesOf(services, found);
    const items = found.map((one) => ({
      runId: one.run.uid,
      dagId: one.run.dagId,
      attemptId: attemptId(one.run.runNo, one.nodeNo, one.tryNo),
      taskInstanceId: `${one.run.runNo}.${one.nodeNo}`,
      name: nameOf(one),
      at: instant(one.line.at),
      stream: one.line.stream,
      text: one.line.text,
    }));
    return { items, nextCursor: cursorOf(next) };
  },
});

const own = route('get', `${API}/system/logs`, {
  id: 'readSystemLogs',
  tag: 'system',
  summary: 'The newest lines of the log of orch itself on this machine, newest last',
  role: 'admin',
  query: {
    ...SEARCH,
    limit: PAGING.limit,
    part: Type.Optional(Type.String({ maxLength: 64, description: 'of orch, such as scheduler' })),
    level: Type.Optional(oneOf(LOG_LEVELS, 'this or a graver one')),
  },
  answer: pageOf('OwnLinePage', OwnLine),
  handle: async ({ stateDir }, { query, access }) => {
    access.requireGlobal();
    const matches = filterOf(query);
    const lines = await readOwnLog(logFile(stateDir), {
      limit: limitOf(query),
      ...(query.part === undefined ? {} : { part: query.part }),
      ...(query.level === undefined ? {} : { level: query.level }),
      ...(matches === null ? {} : { matches }),
    });
    const items = lines.map(({ at, facts, ...line }) => ({ at: instant(at), ...line, facts: { ...facts } }));
    return { items, nextCursor: null };
  },
});

/** Logs of many attempts at once, and that of orch itself. */
export const logRoutes: readonly Route[] = [list, search, own];
