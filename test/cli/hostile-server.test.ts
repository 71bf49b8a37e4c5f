import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from './served-command.ts';

const STEERS = '\u001b]0;title\u0007\u009b2J\r';
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const COLOUR = /\u001b\[[\d;]*m/g;
const ID = '01900000-0000-7000-8000-000000000000';
const because = { code: 'x', facts: {}, text: `so${STEERS}` };
const RUN = {
  ...{
    runId: ID,
    dagId: `a${STEERS}`,
    version: 1,
    state: 'failed',
    trigger: `api${STEERS}`,
    params: {},
    scope: {},
  },
  ...{ because, logicalDate: null, createdAt: '2026-11-28T09:00:00Z', startedAt: null, endedAt: null },
  ...{ durationMs: null, counts: {}, total: 0, completed: 0, setAside: null, deadline: null },
};
let server: Server;
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'orch-hostile-'));
  server = createServer(({ url = '' }, answer) => {
    const [status, body] = url.includes(ID)
      ? [200, url.endsWith('/why') ? { because } : { ...RUN, items: [], nextCursor: null }]
      : [404, { type: 'urn:orch:error:not_found', status: 404, title: 'No', detail: `none${STEERS}` }];
    answer
      .writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'r' })
      .end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterAll(() => {
  server.close();
  rmSync(home, { recursive: true });
});

const LINES = [
  'status ID',
  'status ID --json',
  'status ID --color always',
  'show a',
  'show a --json',
  'why ID',
];
test.each(LINES)('a server that sends what steers terminals does not steer one: %s', async (line) => {
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const words = line.replace('ID', ID).split(' ');
  const { stdout, stderr } = await runCommand([...words, '--server', at], home);
  const bare = `${stdout}${stderr}`.replaceAll(COLOUR, '');
  expect(bare).toContain('title');
  expect(bare).not.toMatch(/[^\P{Cc}\n]/u);
});
