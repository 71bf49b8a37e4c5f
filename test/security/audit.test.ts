import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { readAudit, verdictOf } from './audit.ts';

const advisory = { title: 'It leaks', url: 'https://github.com/advisories/GHSA-1' };
test.each([
  ['{"auditReportVersion":2,"vulnerabilities":{},"metadata":{}}', 'clean'],
  ['{"message":"405 Method Not Allowed","statusCode":405}', 'unknown'],
  ['{"vulnerabilities":{}}', 'unknown'],
  ['null', 'unknown'],
  ['', 'unknown'],
])('%s is: %s', (text, kind) => expect(readAudit(text).kind).toBe(kind));

test('each advisory is a line, whoever depends on its package', () => {
  const vulnerabilities = {
    a: { severity: 'high', via: ['b'] },
    b: { severity: 'high', via: [advisory] },
  };
  expect(readAudit(JSON.stringify({ auditReportVersion: 2, vulnerabilities }))).toEqual({
    kind: 'found',
    lines: ['b (high): It leaks, https://github.com/advisories/GHSA-1'],
  });
});

test('CI fails for an advisory, and only says it where no registry can tell', async () => {
  expect(readFileSync('.ci/run', 'utf8')).toMatch(/^ +step audit \d+ npm run --silent audit$/m);
  const away = verdictOf(readAudit('{"message":"405 Method Not Allowed"}'));
  expect(away).toEqual({ code: 0, lines: [expect.stringMatching(/^No registry could tell; .*405/)] });
  expect(verdictOf(readAudit('{"auditReportVersion":2,"vulnerabilities":{}}')).code).toBe(0);

  // The check as CI makes it, with a registry that knows of an advisory and of nothing else.
  const found = { ...advisory, id: 1, name: 'hono', severity: 'high', vulnerable_versions: '*' };
  await using registry = createServer((request, response) => {
    const isQuestion = request.method === 'POST';
    response.writeHead(isQuestion ? 200 : 404, { 'content-type': 'application/json' });
    response.end(isQuestion ? JSON.stringify({ hono: [found] }) : '{}');
  }).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const { port } = registry.address() as { port: number };
  const env = { ...process.env, npm_config_registry: `http://127.0.0.1:${port}/`, npm_config_audit: 'false' };
  const check = spawn(process.execPath, ['test/security/audit-main.ts'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const said: Buffer[] = [];
  check.stdout.on('data', (part: Buffer) => said.push(part));
  const [code] = await once(check, 'close');
  const line = 'hono (high): It leaks, https://github.com/advisories/GHSA-1\n';
  expect([code, Buffer.concat(said).toString()]).toEqual([1, line]);
}, 30_000);
