import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfigWithOrigins } from '../../../core/config/load-config.ts';

const SECRET = 'Kanari7';

function load(files: { readonly [name: string]: string }, env: { readonly [name: string]: string } = {}) {
  const projectDir = mkdtempSync(join(tmpdir(), 'orch-config-'));
  onTestFinished(() => rmSync(projectDir, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(projectDir, name), text);
  return loadConfigWithOrigins({ projectDir, env });
}

/** The mistakes of a config, all that would be printed of them. */
function mistakes(files: { readonly [name: string]: string }, env = {}): string {
  try {
    load(files, env);
  } catch (error) {
    return JSON.stringify((error as { details: object }).details);
  }
  return '';
}

test('the environment wins over .env, .env over airflow.yaml, and is a secret unless that names it', () => {
  const files = {
    'airflow.yaml': [
      'variables: { region: eu, zone: a }',
      'connections: { db: { type: postgres, host: h }, w: { type: http, url: "http://x" } }',
    ].join('\n'),
    '.env': 'ORCH_VAR_region=us\nORCH_VAR_key=from-env-file\n',
  };
  const { config, entries } = load(files, {
    ORCH_VAR_key: SECRET,
    ORCH_CONN_db: `postgres://me:${SECRET}@db`,
  });
  expect(config.variables).toMatchObject({
    region: { text: 'us', kind: 'plain', wins: true },
    zone: { text: 'a', kind: 'plain', wins: false },
    key: { text: SECRET, kind: 'secret', wins: true },
  });
  expect(JSON.parse(config.connections['db']?.text ?? '')).toMatchObject({ host: 'db', password: SECRET });
  expect(config.connections['w']).toMatchObject({ kind: 'http', wins: false });
  expect(JSON.stringify(entries)).not.toContain(SECRET);
  expect(entries.find(({ key }) => key === 'variables.key')).toMatchObject({ value: '***' });
});

test('no secret stands in airflow.yaml, and no mistake prints one', () => {
  const file = (text: string) => mistakes({ 'airflow.yaml': text });
  const inFile = file(`connections:\n  db:\n    type: postgres\n    host: h\n    password: ${SECRET}\n`);
  expect(inFile).toContain("'password' is a secret: it does not stand in the config");
  const missing = file('connections: { db: { type: postgres, port: 1 } }');
  expect(missing).toContain("connection 'db' of type postgres needs host");
  const inEnv = mistakes({}, { ORCH_CONN_db: `nope://me:${SECRET}@db`, 'ORCH_VAR_a-b': SECRET });
  expect(inEnv).toContain('ORCH_CONN_db needs a type');
  expect(inEnv).toContain('ORCH_VAR_a-b names no variable');
  const both = mistakes(
    { 'airflow.yaml': 'store: { encryptionKeyFile: keys }' },
    { ORCH__STORE__ENCRYPTION_KEY: SECRET },
  );
  expect(both).toContain('both name keys');
  expect(inFile + inEnv + both).not.toContain(SECRET);
});
