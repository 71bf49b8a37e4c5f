import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { operations, sampleOf } from './sample-answer.ts';
import { type Ended, runCommand } from './served-command.ts';

const STEERS = '\u001b]0;title\u0007\u009b2J\r';
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const COLOUR = /\u001b\[[\d;]*m/g;
const ID = '01900000-0000-7000-8000-000000000000';

/** Members that the answers of the server have under these names, whatever would fit there. */
let more: { [name: string]: unknown };
/** What the server answers instead, by operation. */
let instead: { [operationId: string]: unknown };
let server: Server;
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'orch-hostile-'));
  server = createServer(({ method, url = '' }, answer) => {
    const path = url.split('?')[0] as string;
    const asked = operations.find((one) => one.method === method && one.path.test(path));
    const body = instead[asked?.id ?? ''] ?? (asked?.schema ? sampleOf(asked.schema, more) : {});
    const status = (body as { status?: unknown }).status === 404 ? 404 : 200;
    answer.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'r' });
    answer.end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
beforeEach(() => {
  more = { spec: SPEC, schedule: [CRON] };
  instead = { retryRun: sampleOf({ $ref: 'RetryPlan' }) };
});
afterAll(() => {
  server.close();
  rmSync(home, { recursive: true });
});

const CRON = { kind: 'cron', cron: '0 0 6 * * *' };
const SPEC = { id: 'a', params: {}, schedule: [CRON], tasks: [{ path: 't', action: { kind: 'pass' } }] };

function ask(line: string): Promise<Ended> {
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return runCommand([...line.replace('ID', ID).split(' '), '--server', at], home);
}

describe('a server that sends what steers terminals does not steer one', () => {
  const lines = [
    'status ID',
    'status ID --json',
    'status ID --color always',
    'show a',
    'show a --json',
    'why ID',
  ];
  test.each(lines)('%s', async (line) => {
    more = { ...more, dagId: `a${STEERS}`, text: `so${STEERS}`, title: `a${STEERS}` };
    const detail = `none${STEERS}`;
    instead = { getDag: { type: 'urn:orch:error:not_found', status: 404, title: 'No', detail } };
    const { stdout, stderr } = await ask(line);
    const bare = `${stdout}${stderr}`.replaceAll(COLOUR, '');
    expect(bare).toContain('title');
    expect(bare).not.toMatch(/[^\P{Cc}\n]/u);
  });
});

/** Command lines that tell what a server answers in parts that no schema describes. */
const OPEN = [
  'list',
  'show a',
  'graph a',
  'status ID',
  'why ID',
  'why a',
  'trigger a --detach',
  'asset list',
];
const SLOTS = ['backfill create a --from 2026-01-01 --to 2026-01-02', 'schedule preview a'];
/** Others; none of them waits for anything. */
const CLOSED = ['runs', 'logs ID', 'retry ID --dry-run', 'backfill list', 'alerts list', 'approve', 'stats'];

describe('what a server answers that is', () => {
  test.each([...OPEN, ...SLOTS, ...CLOSED, 'rollback a --to 1', 'pool list', 'config show'])(
    'as its schemas say is told: %s',
    async (line) => {
      const { code, stderr } = await ask(line);
      expect(`${code} ${stderr}`).toMatch(/^0 /);
    },
  );

  const open: readonly (readonly [string, readonly string[], object])[] = [
    ['no graph', OPEN, { spec: {}, schedule: [{}], because: {}, checks: [] }],
    ['a graph of other things', OPEN, { spec: { id: 1, tasks: [null], schedule: [{ kind: 'every' }] } }],
    [
      'a graph without a cron expression',
      SLOTS,
      { spec: { ...SPEC, schedule: [{ kind: 'cron', cron: 'x' }] } },
    ],
    ['a graph in no zone', SLOTS, { spec: { ...SPEC, schedule: [{ ...CRON, tz: 'No/Where' }] } }],
    ['a graph of bad params', OPEN.slice(6), { spec: { ...SPEC, params: { x: { type: 7, pattern: '(' } } } }],
    ['a state that is new', CLOSED, { state: 'brand_new', level: 'brand_new', trigger: 'brand_new' }],
    ['no instant', CLOSED, { createdAt: 'never', startedAt: 'never', at: 'never' }],
  ];
  const cases = open.flatMap(([what, lines, members]) => lines.map((line) => [what, line, members] as const));
  test.each(cases)('%s is no defect of orch: %s', async (_, line, members) => {
    more = { ...more, ...members };
    const { code, stderr } = await ask(line);
    expect(`${code} ${stderr}`).not.toMatch(/^70 |defect of orch; please|\n +at /);
  });

  test('a cron expression that is none is told as one of the server', async () => {
    more = { ...more, spec: { ...SPEC, schedule: [{ kind: 'cron', cron: 'never' }] } };
    const { code, stderr } = await ask(SLOTS[0] as string);
    expect(code).toBe(6);
    expect(stderr).toMatch(/What the server http:\S+ answered cannot be told: in a cron expression of it,/);
  });
});

describe('a list that has no end', () => {
  test.each([
    ['list', 6, 'an answer that cannot be read: its list has no end: it gave the same nextCursor again'],
    ['runs --limit 3', 0, ''],
    ['logs ID', 6, 'a page of a log goes on where it began'],
  ])('%s ends', async (line, exit, text) => {
    more = { ...more, nextCursor: 'again', next: 0, atEnd: false };
    if (line === 'logs ID') more = { ...more, nextCursor: null };
    const run = sampleOf({ $ref: 'Run' });
    instead = { listRuns: { items: [run, run, run, run], nextCursor: 'again' } };
    const { code, stderr } = await ask(line);
    expect([code, stderr]).toEqual([exit, expect.stringContaining(text)]);
  });
});
