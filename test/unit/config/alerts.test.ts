import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfigWithOrigins } from '../../../core/config/load-config.ts';
import type { AppError, Diagnostic } from '../../../core/model/errors.ts';

function load(text: string, env: Record<string, string> = {}) {
  const projectDir = mkdtempSync(join(tmpdir(), 'orch-alerts-'));
  writeFileSync(join(projectDir, 'airflow.yaml'), text);
  return loadConfigWithOrigins({ projectDir, env });
}

function mistakesOf(text: string, env?: Record<string, string>): readonly Diagnostic[] {
  try {
    load(text, env);
    return [];
  } catch (error) {
    return (error as AppError).details['diagnostics'] as unknown as Diagnostic[];
  }
}

const SLACK = 'https://hooks.slack.example/services/T0/B0/very-secret';

describe('the section alerts', () => {
  test('without one there are no rules and no channels', () => {
    expect(load('').config.alerts).toEqual({ rules: [], channels: [] });
  });

  test('says what is wrong and who is told; addresses come from the environment', () => {
    const text = `alerts:
  rules:
    failed: { on: task_failure }
    disk: { on: resource, resource: disk, level: critical, for: 5m, channels: ops }
    slow: { on: performance, dags: [a, b_*], tasks: x.*, recovery: false, title: 'slow: \${{ rule }}' }
  channels:
    ops: { kind: slack }
    mail: { kind: smtp, host: mail.example, from: orch@a.example, to: [x@a.example, y@a.example] }
`;
    const env = { ORCH__ALERTS__CHANNELS__ops__URL: SLACK, ORCH__ALERTS__CHANNELS__mail__TO: 'a@b.c, d@e.f' };
    const { config, entries } = load(text, env);
    expect(config.alerts.rules).toMatchObject([
      {
        ...{ name: 'failed', on: 'task_failure', level: 'error', dags: [], channels: ['ops', 'mail'] },
        ...{ groupBy: 'dag', windowMs: 10_000, coolDownMs: 1_800_000, tellsRecovery: true },
      },
      { name: 'disk', resource: 'disk', threshold: 90, forMs: 300_000, channels: ['ops'], level: 'critical' },
      { name: 'slow', threshold: 3, dags: ['a', 'b_*'], tasks: ['x.*'], tellsRecovery: false },
    ]);
    expect(config.alerts.channels.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toMatchObject([
      { name: 'mail', kind: 'smtp', port: 587, tls: 'starttls', to: ['a@b.c', 'd@e.f'], user: null },
      { name: 'ops', kind: 'slack', url: SLACK, timeoutMs: 10_000 },
    ]);
    const shown = JSON.stringify(entries);
    for (const secret of ['very-secret', '@b.c', '@a.example']) expect(shown).not.toContain(secret);
    expect(shown).toContain('"key":"alerts.channels.ops.url","value":"***"');
  });

  test.each([
    ['an unknown kind', 'rules: { a: { on: task_failed } }', "'alerts.rules.a.on' must be 'task_failure' or"],
    ['a rule on nothing', 'rules: { a: { level: info } }', "'alerts.rules.a' needs 'on'"],
    ['an empty rule', 'rules: { a: }', "'alerts.rules.a' needs 'on'"],
    ['an empty channel', 'channels: { a: {} }', "'alerts.channels.a' needs 'kind'"],
    [
      'a key that means nothing',
      'rules: { a: { on: run_failure, threshold: 3 } }',
      "'alerts.rules.a.threshold' means nothing for 'on: run_failure'",
    ],
    ['a resource without a name', 'rules: { a: { on: resource } }', "'alerts.rules.a' needs 'resource'"],
    [
      'a channel that is not there',
      'rules: { a: { on: run_failure, channels: [opps] } }',
      "'alerts.rules.a.channels' names a channel that is not there: 'opps'",
    ],
    ['a channel without an address', 'channels: { a: { kind: slack } }', "'alerts.channels.a' needs 'url'"],
    [
      'an address that is no web address',
      "channels: { a: { kind: webhook, url: 'file:///etc/passwd' } }",
      "'alerts.channels.a.url' must be an address of http or https, without a user in it",
    ],
    [
      'an address with a password',
      "channels: { a: { kind: webhook, url: 'https://u:p@b.example' } }",
      "'alerts.channels.a.url' must be an address of http or https, without a user in it",
    ],
    [
      'a list of numbers',
      'rules: { a: { on: run_failure, dags: [1] } }',
      "'alerts.rules.a.dags' must be a list",
    ],
    [
      'a template that is not closed',
      "rules: { a: { on: run_failure, title: '${{ rule' } }",
      "'alerts.rules.a.title': '${{' is not closed: '}}' is missing",
    ],
    [
      'a template of what is not there',
      "rules: { a: { on: run_failure, text: '${{ alert.tasks }}' } }",
      "'alerts.rules.a.text': an alert has no 'tasks'; it has id",
    ],
  ])('%s is a mistake with its place', (_name, text, message) => {
    const [found] = mistakesOf(`alerts:\n  ${text}\n`);
    expect(found).toMatchObject({ file: 'airflow.yaml', line: 2 });
    expect(found?.message.slice(0, message.length)).toBe(message);
  });

  test('no secret is in what is said of mistakes', () => {
    const text = `alerts:
  channels: { a: { kind: slak, url: '${SLACK}' }, b: { kind: webhook, url: x, token: very-secret } }
  rules: { r: { on: run_failure, channels: c, title: "${SLACK}", levl: x } }
`;
    const found = mistakesOf(text, { ORCH__ALERTS__CHANNELS__b__SECRET: 'very-secret' });
    expect(found.length).toBeGreaterThan(2);
    expect(JSON.stringify(found)).not.toContain('very-secret');
  });
});
