import type { Route } from '../../server/route.ts';

/** Names of fields that say which DAG, or what of a DAG, is meant. */
const OWNED = words(`
  dagId runId taskInstanceId attemptId backfillId taskId taskIds scheduleId alertId muteId inputsFrom
`);
/** Fields by their route that are such in spite of their name, `true`, or are not. */
const EXCEPT: Readonly<Record<string, boolean>> = {
  'createTask.type': true,
  'createTasks.tasks.*.type': true,
  'changeTasks.filter.type': true,
  'listTasks.type': true,
  'searchTasks.type': true,
  'listTaskHistory.type': true,
  'getTaskStatistics.type': true,
  // Ids that something new shall have.
  'triggerRun.runId': false,
  'createTask.runId': false,
  'createTasks.tasks.*.runId': false,
};
/** Names of fields that name nothing of a DAG, or only what lies in one that another field has named. */
const PLAIN = words(`
  accessKeyId action actor after authuser bucket catchup client_info code connection count createdBy cron
  cursor database description disabled dryRun endpoint error error_description error_uri everyMs expiresAt
  extra filter from grants hd held hookNo host iss job keys latest level limit maxActiveRuns maxParallel
  message
  misfireGraceMs name noCache only option params part password path paused planHash pool port priority prompt
  q reason regex region reverse role rule runs scope secret secretAccessKey select session_state sessionToken
  sha256 since slots sort sslmode state step stream tag task tasks ticket timezone tls to token tokenId type
  until upstream downstream uri url user value version wait when which workerId at dags
`);

/** A field of what a route takes: `tasks.*.type` is in the items of a list. */
export interface Field {
  readonly part: 'params' | 'query' | 'body';
  readonly path: string;
}

/** Every field that a route takes, by its schemas. */
export function fieldsOf(route: Route): readonly Field[] {
  return (['params', 'query', 'body'] as const).flatMap((part) =>
    pathsOf(route[part], '').map((path) => ({ part, path })),
  );
}

/** Whether a field says what of a DAG is meant; `null`: nobody has said that of its name. */
export function isOwned(route: Route, { path }: Field): boolean | null {
  const except = EXCEPT[`${route.id}.${path}`];
  if (except !== undefined) return except;
  const name = path.split('.').at(-1) ?? '';
  return OWNED.has(name) || (PLAIN.has(name) ? false : null);
}

function pathsOf(schema: unknown, at: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, items, anyOf = [] } = schema as Shape;
  const own = Object.entries(properties).flatMap(([name, one]) => [
    `${at}${name}`,
    ...pathsOf(one, `${at}${name}.`),
  ]);
  return [...own, ...pathsOf(items, `${at}*.`), ...anyOf.flatMap((one) => pathsOf(one, at))];
}

interface Shape {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly items?: unknown;
  readonly anyOf?: readonly unknown[];
}

/** A body with one field set; lists on the way have one item. */
export function withField(body: unknown, path: string, value: unknown): unknown {
  const [name = '', ...rest] = path.split('.');
  const inner = rest.join('.');
  if (name === '*') return (body as readonly unknown[]).map((one) => withField(one, inner, value));
  const before = (body ?? {}) as Readonly<Record<string, unknown>>;
  return { ...before, [name]: inner === '' ? value : withField(before[name], inner, value) };
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
