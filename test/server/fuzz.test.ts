import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ROUTES } from '../../server/routes/all.ts';
import { nearly } from './any-input.ts';
import { type Reply, type Served, serve } from './served.ts';

vi.setConfig({ testTimeout: 120_000 });

/** What one request may take of this process, and how long it is waited for: far beyond what any needs. */
const BUDGET = { cpuMs: 5_000, waitMs: 60_000 };

const FILES = {
  'dags/one.yaml':
    "id: one\nschedule: '17 3 * * *'\ntasks: { a: { run: 'echo hello' }, b: { run: 'exit 1' } }\n",
};
/** Of each route; a password takes a tenth of a second to check. */
const RUNS = { logIn: 5, others: 20 } as const;
const SEED = 20_261_127;
const ENDS = new Set(['stop', 'restart']);

describe('whatever comes in', () => {
  let api: Served;
  const real: Record<string, string> = { dagId: 'one', taskInstanceId: '1.0', attemptId: '1.0.1', name: 'a' };
  beforeAll(async () => {
    api = await serve(FILES);
    const { run } = await api.orch.run('one');
    Object.assign(real, { runId: run.uid, version: '1', from: '1', to: '1', backfillId: '1' });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(ROUTES.map((route) => [route.id, route] as const))(
    '%s answers it or refuses it',
    async (_, route) => {
      const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
      const queries = Object.entries(route.query.properties);
      const input = fc.record({
        params: fc.record(
          Object.fromEntries(
            names.map((name) => [
              name,
              fc.oneof(
                fc.constant(real[name] ?? 'x'),
                nearly(route.params.properties[name] as object as never),
              ),
            ]),
          ),
        ),
        query: fc.record(
          Object.fromEntries(queries.map(([name, schema]) => [name, nearly(schema as never)])),
          {
            requiredKeys: [],
          },
        ),
        body: route.body === null ? fc.constant(undefined) : nearly(route.body as never),
      });
      await fc.assert(
        fc.asyncProperty(input, async ({ params, query, body }) => {
          // After that there is no scheduler to ask.
          fc.pre(!ENDS.has(String((body as { action?: unknown } | undefined)?.action)));
          const path = route.path.replaceAll(/\{(\w+)\}/g, (_braces, name: string) => encoded(params[name]));
          const search = new URLSearchParams(
            Object.entries(query).flatMap(([name, value]) =>
              (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, textOf(one)]),
            ),
          );
          const url = `${path}${search.size === 0 ? '' : `?${search}`}`;
          const what = `${route.method} ${url} ${JSON.stringify(body)}`;
          const { status, headers } = await withinBudget(what, () =>
            api.send(route.method.toUpperCase(), url, body),
          );
          expect(headers.get('location'), url).toBeNull();
          expect(status, what).toBeLessThan(500);
        }),
        { numRuns: route.id === 'logIn' ? RUNS.logIn : RUNS.others, seed: SEED, endOnFailure: true },
      );
    },
  );
});

/** Does a request; one that is not answered, or takes too much, is named by the error. */
async function withinBudget(what: string, request: () => Promise<Reply>): Promise<Reply> {
  const before = process.cpuUsage();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} is not answered`)), BUDGET.waitMs);
  try {
    const reply = await Promise.race([request(), late.promise]);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000, `${what} takes too much CPU time`).toBeLessThan(BUDGET.cpuMs);
    return reply;
  } finally {
    clearTimeout(timer);
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : String(JSON.stringify(value));
}

/** As a client writes it into a path; half a character cannot be written. */
function encoded(value: unknown): string {
  return encodeURIComponent(textOf(value).toWellFormed());
}
