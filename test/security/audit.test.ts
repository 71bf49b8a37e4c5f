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
