import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfigWithOrigins } from '../../../core/config/load-config.ts';
import type { AppError, Diagnostic } from '../../../core/model/errors.ts';

function load(text: string, env: Record<string, string> = {}, dotenv = '') {
  const projectDir = mkdtempSync(join(tmpdir(), 'orch-telemetry-'));
  writeFileSync(join(projectDir, 'airflow.yaml'), text);
  writeFileSync(join(projectDir, '.env'), dotenv);
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

describe('the section telemetry', () => {
  test('without an endpoint nothing is sent', () => {
    const off = { serviceName: 'orch', resource: {}, traces: null, metrics: null, lineage: null };
    expect(load('').config.telemetry).toEqual(off);
    expect(load('telemetry: { otlp: { traces: true }, lineage: { namespace: x } }').config.telemetry).toEqual(
      off,
    );
  });

  test('says where spans, figures and lineage go; keys come from variables that it names', () => {
    const text = `telemetry:
  serviceName: market
  otlp: { endpoint: 'http://collector:4318/base/?token=in-query', headersEnv: HEADERS, metrics: false }
  lineage: { endpoint: 'https://catalog.example/api/lineage', namespace: shop, apiKeyEnv: CATALOG_KEY }
`;
    const env = { HEADERS: 'X-Key=se%20cret, b=1=2', CATALOG_KEY: 'key-secret' };
    const { config, entries } = load(text, env);
    expect(config.telemetry).toEqual({
      serviceName: 'market',
      resource: {},
      traces: {
        url: 'http://collector:4318/base/v1/traces?token=in-query',
        headers: { 'x-key': 'se cret', b: '1=2' },
      },
      metrics: null,
      lineage: {
        url: 'https://catalog.example/api/lineage',
        headers: { authorization: 'Bearer key-secret' },
        namespace: 'shop',
      },
    });
    const shown = JSON.stringify(entries);
    for (const secret of ['in-query', 'se cret', 'se%20cret', 'key-secret'])
      expect(shown).not.toContain(secret);
    expect(entries.find(({ key }) => key === 'telemetry.otlp.endpoint')).toEqual({
      key: 'telemetry.otlp.endpoint',
      value: 'http://collector:4318/base/?***',
      origin: { kind: 'file', place: 'airflow.yaml:3:21' },
    });
    expect(entries.find(({ key }) => key === 'telemetry.otlp.headersEnv')?.value).toBe('HEADERS');
  });

  test('the variables of the standards come before the file, and those of orch before them', () => {
    const standard = {
      OTEL_SERVICE_NAME: 'named',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment=prod%20eu, team = desk',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k',
      OPENLINEAGE_URL: 'http://marquez:5000',
      OPENLINEAGE_NAMESPACE: '',
    };
    const { config, entries } = load(
      'telemetry: { serviceName: file }',
      standard,
      'OPENLINEAGE_API_KEY=of-dotenv',
    );
    expect(config.telemetry).toEqual({
      serviceName: 'named',
      resource: { 'deployment.environment': 'prod eu', team: 'desk' },
      traces: { url: 'http://otel:4318/v1/traces', headers: { 'api-key': 'k' } },
      metrics: { url: 'http://otel:4318/v1/metrics', headers: { 'api-key': 'k' } },
      lineage: {
        url: 'http://marquez:5000/api/v1/lineage',
        headers: { authorization: 'Bearer of-dotenv' },
        namespace: 'orch',
      },
    });
    const origin = entries.find(({ key }) => key === 'telemetry.lineage.endpoint')?.origin;
    expect(origin).toEqual({ kind: 'env', place: 'OPENLINEAGE_URL' });
    const { OTEL_SERVICE_NAME: _, ...unnamed } = standard;
    expect(load('', unnamed).config.telemetry.serviceName).toBe('other');
    const ours = { ...standard, ORCH__TELEMETRY__OTLP__ENDPOINT: 'http://ours:4318' };
    expect(load('', ours).config.telemetry.traces?.url).toBe('http://ours:4318/v1/traces');
  });

  test.each([
    ['otlp: { endpoint: "collector:4317" }', {}, "'telemetry.otlp.endpoint' must be an address of http or"],
    ['lineage: { endpoint: "http://me:secret@x" }', {}, "'telemetry.lineage.endpoint' must be an address"],
    [
      'otlp: { endpoint: "http://x" }',
      { OTEL_EXPORTER_OTLP_HEADERS: 'secret' },
      'OTEL_EXPORTER_OTLP_HEADERS must',
    ],
    [
      'otlp: { endpoint: "http://x" }',
      { OTEL_EXPORTER_OTLP_HEADERS: 'a=%secret' },
      'OTEL_EXPORTER_OTLP_HEADERS',
    ],
    ['otlp: { endpoint: "http://x" }', { OTEL_EXPORTER_OTLP_HEADERS: 'a=secret%0A' }, 'OTEL_EXPORTER_OTLP_'],
    ['otlp: { endpoint: "http://x" }', { OTEL_RESOURCE_ATTRIBUTES: 'secret' }, 'OTEL_RESOURCE_ATTRIBUTES'],
    ['lineage: { endpoint: "http://x" }', { OPENLINEAGE_API_KEY: 'secret\n' }, 'OPENLINEAGE_API_KEY has'],
    ['otlp: { endpont: "http://x" }', {}, "unknown key 'endpont' in 'telemetry.otlp'"],
  ])('%s is a mistake', (section, env, message) => {
    const mistakes = mistakesOf(`telemetry: { ${section} }`, env);
    expect(mistakes.map((one) => one.message)).toEqual([expect.stringContaining(message)]);
    expect(JSON.stringify(mistakes)).not.toContain('secret');
  });
});
