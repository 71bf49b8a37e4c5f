import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { readAudit } from './audit.ts';

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

/** How the check ends that CI makes, with a registry that answers the question so, and what it says. */
async function checkWith(status: number, answer: object): Promise<[code: unknown, said: string]> {
  await using registry = createServer((request, response) => {
    const isQuestion = request.method === 'POST';
    response.writeHead(isQuestion ? status : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isQuestion ? answer : {}));
  }).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const { port } = registry.address() as { port: number };
  const env = { ...process.env, npm_config_registry: `http://127.0.0.1:${port}/`, npm_config_audit: 'false' };
  const check = spawn('npm', ['run', '--silent', 'audit'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const said: Buffer[] = [];
  check.stdout.on('data', (part: Buffer) => said.push(part));
  const [code] = await once(check, 'close');
  return [code, Buffer.concat(said).toString()];
}

test('CI fails for an advisory, and only says it where no registry can tell', async () => {
  expect(readFileSync('.ci/run', 'utf8')).toMatch(/^ +step audit \d+ npm run --silent audit$/m);
  const found = { ...advisory, id: 1, name: 'hono', severity: 'high', vulnerable_versions: '*' };
  const [code, said] = await checkWith(200, { hono: [found] });
  expect([code, said]).toEqual([1, 'hono (high): It leaks, https://github.com/advisories/GHSA-1\n']);
  const [other, line] = await checkWith(405, { error: 'no' });
  expect([other, line.match(/\n/g)?.length]).toEqual([0, 1]);
  expect(line).toMatch(/^No registry could tell; .*405/);
}, 30_000);
