import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { packagePath } from '../../core/config/installation.ts';
import { breakingChanges, type Document } from '../../server/breaking-changes.ts';
import { openApiText } from '../../server/openapi.ts';
import { ROUTES } from '../../server/routes/all.ts';

const document = JSON.parse(openApiText(ROUTES)) as Document;

/** The document after a change of its text, which must be in it. */
function changed(from: RegExp | string, to: string): Document {
  const text = JSON.stringify(document);
  const other = text.replace(from, to);
  expect(other).not.toBe(text);
  return JSON.parse(other) as Document;
}

describe('what breaks clients', () => {
  test('openapi.json is the document of the routes: npm run openapi writes it', () => {
    expect(readFileSync(packagePath('openapi.json'), 'utf8')).toBe(openApiText(ROUTES));
  });

  test('nothing does while nothing changes', () => {
    expect(breakingChanges(document, document)).toEqual([]);
  });

  const additions: readonly [string, RegExp | string, string][] = [
    ['a field more in an answer', '"durationMs":{', '"more":{"type":"string"},"durationMs":{'],
    ['a state more in an answer', '"enum":["run","coalesced"', '"enum":["new","run","coalesced"'],
    ['another sentence', '"summary":"Starts a run"', '"summary":"Starts one"'],
  ];
  test.each(additions)('%s does not', (_, from, to) => {
    expect(breakingChanges(document, changed(from, to))).toEqual([]);
  });

  const breaks: readonly [string, RegExp | string, string, string][] = [
    [
      'an operation that is gone',
      '"operationId":"cancelRun"',
      '"operationId":"stopRun"',
      'cancelRun: is gone',
    ],
    ['another path', '"/api/v1/audit"', '"/api/v1/log"', 'listAudit: is at get /api/v1/log'],
    [
      'a role more',
      /("operationId":"listRuns".*?"x-role":)"viewer"/,
      '$1"admin"',
      'listRuns: needs the role admin',
    ],
    [
      'a parameter that is gone',
      /("operationId":"getRun".*?)"name":"runId"/,
      '$1"name":"id"',
      'runId is gone',
    ],
    ['a field that is gone', /("Run":.*?)"durationMs":/, '$1"tookMs":', 'durationMs is gone'],
    [
      'a field of another type',
      /("Run":.*?)"version":\{"type":"integer"/,
      '$1"version":{"type":"string"',
      'is string',
    ],
    [
      'a value that is refused',
      '"enum":["failed","all","tasks"]',
      '"enum":["failed","all"]',
      'may not be tasks',
    ],
    [
      'a body field that is needed',
      /("operationId":"reportAssetEvent".*?"required":\["uri")/,
      '$1,"extra"',
      'needed now',
    ],
  ];
  test.each(breaks)('%s does', (_, from, to, text) => {
    expect(breakingChanges(document, changed(from, to)).join('\n')).toContain(text);
  });
});
