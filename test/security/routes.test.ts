import { describe, expect, test } from 'vitest';
import { ROUTES } from '../../server/routes/all.ts';
import { projectFiles } from '../tidy/project-files.ts';

type Schema = { readonly [key: string]: unknown };

/** What a task is, and where and as whom it runs: files of DAGs and the config say so. */
const NOT_IN_BODIES = ['run', 'uses', 'command', 'code', 'spec', 'file', 'env', 'image'].concat([
  'executor',
  'operator',
  'pool',
  'isolation',
  'runAs',
  'output',
]);

/** The objects inside a schema, each with its place. */
function objectsIn(schema: unknown, place: string): [place: string, schema: Schema][] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { type, properties, items, anyOf } = schema as Schema;
  const inside = [
    ...Object.entries((properties as Schema | undefined) ?? {}).map(([key, one]) => [key, one] as const),
    ...((anyOf as readonly unknown[] | undefined) ?? []).map((one) => ['', one] as const),
    ['[]', items] as const,
  ].flatMap(([key, one]) => objectsIn(one, key === '' ? place : `${place}.${key}`));
  return type === 'object' ? [[place, schema as Schema], ...inside] : inside;
}

describe('the routes', () => {
  test('these need no login, and no others', () => {
    const open = ROUTES.filter(({ role }) => role === 'public');
    expect(open.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'get /healthz',
      'get /readyz',
      'get /openapi.json',
      'post /api/v1/login',
      'get /api/v1/login/methods',
      'get /api/v1/login/oidc',
      'get /api/v1/login/oidc/callback',
    ]);
  });

  test('what comes in takes keys of any name in these places only', () => {
    const places = ROUTES.flatMap(({ id, params, query, body }) =>
      [...objectsIn(params, id), ...objectsIn(query, id), ...objectsIn(body, id)]
        .filter(([, schema]) => schema['additionalProperties'] !== false)
        .map(([place]) => place),
    );
    expect([...new Set(places)]).toEqual([
      'triggerRun.params',
      'createTask.params',
      'createTasks.tasks.[].params',
      'createBackfill.params',
      'reportAssetEvent.extra',
      'validateConfig',
      'changeConfig',
      'createSchedule.params',
    ]);
  });

  test('no body says what is run, as whom, or where', () => {
    for (const { id, body } of ROUTES) {
      const keys = objectsIn(body, id).flatMap(([, { properties }]) => Object.keys(properties ?? {}));
      expect(
        keys.filter((key) => NOT_IN_BODIES.includes(key)),
        id,
      ).toEqual([]);
    }
  });
});

test('nothing but the server listens on a port: the others are sockets of files', () => {
  const listens = /\b(create(Secure|Adaptor|Http2)?Server|WebSocketServer|createSocket)\b/;
  const files = [...projectFiles()].filter(
    ([path, text]) => /^(cli|core|dags|operators|server)\/.*\.(ts|js)$/.test(path) && listens.test(text),
  );
  expect(files.map(([path]) => path)).toEqual([
    'core/executors/runner-server.ts',
    'core/scheduler/door.ts',
    'server/listen.ts',
  ]);
  for (const [path, text] of files)
    if (path.startsWith('core/')) expect(text, path).toMatch(/\.listen\((this\.path|\{ path)\b/);
});
