import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ConfigInput, loadConfig, loadConfigWithOrigins } from '../../../core/config/load-config.ts';
import { AppError, type Diagnostic } from '../../../core/model/errors.ts';

function project(files: { readonly [name: string]: string } = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'orch-config-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

function diagnosticsOf(input: ConfigInput): readonly Diagnostic[] {
  try {
    loadConfig(input);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toBe('invalid');
    return error.details.diagnostics as unknown as readonly Diagnostic[];
  }
  return [];
}

const originOf = (input: ConfigInput, key: string) => {
  const entry = loadConfigWithOrigins(input).entries.find((one) => one.key === key);
  return [entry?.value, entry?.origin.kind, entry?.origin.place];
};

describe('defaults', () => {
  test('an empty project has the documented defaults', () => {
    const projectDir = project();
    expect(loadConfig({ projectDir, env: {}, cores: 2 })).toEqual({
      store: { kind: 'sqlite', path: join(projectDir, '.orch'), durability: 'normal' },
      scheduler: { maxActive: 8, loadCpuMs: 20_000, loadWaitMs: 30_000, loadMemoryMb: 1_024 },
      runners: { max: 8, memoryMb: 2_048, idleMs: 60_000, maxAttempts: 50_000 },
      pools: {
        default: { slots: 128, description: null, origin: { kind: 'default', place: 'default' } },
      },
      variables: {},
      connections: {},
      defaults: {
        retries: { max: 0, delayMs: 300_000, backoff: 'fixed', factor: 2, maxDelayMs: 86_400_000, jitter: 0 },
        timeoutMs: 3_600_000,
        killGraceMs: 10_000,
        lostBudget: 3,
        maxActiveRuns: 16,
        maxActiveTasks: 16,
      },
      log: { level: 'info', maxBytes: 10_485_760, keep: 5, maxBytesPerAttempt: 67_108_864 },
      retention: { runsMs: 90 * 86_400_000, keep: 10, diskFreeBytes: 512_000_000 },
      alerts: { rules: [], channels: [] },
      telemetry: { serviceName: 'orch', resource: {}, traces: null, metrics: null, lineage: null },
      server: {
        host: '127.0.0.1',
        port: 7_070,
        oidc: null,
        requireLogin: false,
        url: null,
        limits: { requestsPerSecond: 50, burst: 200, failedLogins: 10, requestTimeoutMs: 30_000 },
      },
    });
  });

  test('the result cannot be changed, at any depth', () => {
    const config = loadConfig({ projectDir: project({ 'airflow.yaml': 'pools: { web: 2 }' }), env: {} });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.defaults.retries)).toBe(true);
    expect(Object.isFrozen(config.pools.web)).toBe(true);
  });

  test('a config file that holds nothing is as good as none', () => {
    for (const text of ['', '# only a comment\n', 'store:\n', '{}']) {
      expect(loadConfig({ projectDir: project({ 'airflow.yaml': text }), env: {} }).store.kind).toBe(
        'sqlite',
      );
    }
  });
});

describe('precedence', () => {
  const files = {
    'airflow.yaml': 'log: { level: warn }\nprofiles:\n  dev: { log: { level: debug } }\n',
    '.env': 'ORCH__LOG__LEVEL=error\n',
  };

  test('flag > environment > .env > profile > base > default', () => {
    const key = 'log.level';
    const yaml = { 'airflow.yaml': files['airflow.yaml'] };
    expect(originOf({ projectDir: project(), env: {} }, key)).toEqual(['info', 'default', 'default']);
    expect(originOf({ projectDir: project(yaml), env: {} }, key)).toEqual([
      'warn',
      'file',
      'airflow.yaml:1:15',
    ]);
    const inProfile = { projectDir: project(yaml), env: {}, profile: 'dev' };
    expect(originOf(inProfile, key)).toEqual(['debug', 'file', 'airflow.yaml:3:24']);
    const dotenv = { projectDir: project(files), env: {}, profile: 'dev' };
    expect(originOf(dotenv, key)).toEqual(['error', 'dotenv', '.env:1']);
    const env = { ...dotenv, env: { ORCH__LOG__LEVEL: 'info' } };
    expect(originOf(env, key)).toEqual(['info', 'env', 'ORCH__LOG__LEVEL']);
    const flags = { ...env, flags: { 'log.level': 'debug' } };
    expect(originOf(flags, key)).toEqual(['debug', 'flag', '--log-level']);
  });

  test('the real environment wins over .env, whatever the order of names', () => {
    const projectDir = project({ '.env': 'ORCH__SCHEDULER__MAX_ACTIVE=1\n' });
    expect(loadConfig({ projectDir, env: { ORCH__SCHEDULER__MAXACTIVE: '5' } }).scheduler.maxActive).toBe(5);
  });

  test('what is true or false is so in the file, and as a text in the environment', () => {
    const projectDir = project({ 'airflow.yaml': 'server: { requireLogin: true }' });
    expect(loadConfig({ projectDir, env: {} }).server.requireLogin).toBe(true);
    const off = { ORCH__SERVER__REQUIRE_LOGIN: 'false' };
    expect(loadConfig({ projectDir, env: off }).server.requireLogin).toBe(false);
    const odd = { projectDir, env: { ORCH__SERVER__REQUIRE_LOGIN: 'yes' } };
    expect(diagnosticsOf(odd).map(({ message }) => message)).toEqual([
      "'server.requireLogin' must be true or false, not 'yes'",
    ]);
  });

  test('.env may choose the profile; the environment and the flag beat it', () => {
    const yaml = 'profiles: { a: { log: { level: debug } }, b: { log: { level: error } } }';
    const projectDir = project({ 'airflow.yaml': yaml, '.env': 'ORCH_PROFILE=a' });
    expect(loadConfig({ projectDir, env: {} }).log.level).toBe('debug');
    expect(loadConfig({ projectDir, env: { ORCH_PROFILE: 'b' } }).log.level).toBe('error');
    expect(loadConfig({ projectDir, env: { ORCH_PROFILE: 'b' }, profile: 'a' }).log.level).toBe('debug');
  });

  test('ORCH_LOG_LEVEL is short for ORCH__LOG__LEVEL, which beats it', () => {
    const projectDir = project();
    expect(loadConfig({ projectDir, env: { ORCH_LOG_LEVEL: 'warn' } }).log.level).toBe('warn');
    const both = { ORCH_LOG_LEVEL: 'warn', ORCH__LOG__LEVEL: 'error' };
    expect(loadConfig({ projectDir, env: both }).log.level).toBe('error');
  });

  test('layers are merged key by key: a pool keeps its description when its slots are overridden', () => {
    const projectDir = project({ 'airflow.yaml': 'pools: { web: { slots: 8, description: the web } }' });
    const { pools } = loadConfig({ projectDir, env: { ORCH__POOLS__web: '2' } });
    const origin = { kind: 'env', place: 'ORCH__POOLS__web' };
    expect(pools.web).toEqual({ slots: 2, description: 'the web', origin });
  });
});

describe('values', () => {
  test('short forms stand for the key that matters most', () => {
    const projectDir = project({
      'airflow.yaml': 'pools: { web: 3 }\ndefaults: { retries: 4, timeout: 1h30m }',
    });
    const config = loadConfig({
      projectDir,
      env: { ORCH__DEFAULTS__RETRIES: '5', ORCH__DEFAULTS__KILL_GRACE: '250ms' },
    });
    expect(config.pools.web?.slots).toBe(3);
    expect(config.defaults.retries.max).toBe(5);
    expect(config.defaults.timeoutMs).toBe(5_400_000);
    expect(config.defaults.killGraceMs).toBe(250);
  });

  test('a state folder elsewhere may be absolute', () => {
    const projectDir = project({ 'airflow.yaml': 'store: { path: /var/lib/orch }' });
    expect(loadConfig({ projectDir, env: {} }).store.path).toBe('/var/lib/orch');
  });

  test('pools named like properties of objects are pools', () => {
    const projectDir = project({ 'airflow.yaml': 'pools: { constructor: 2, __proto__: 3 }' });
    const { pools } = loadConfig({ projectDir, env: {} });
    expect(Object.keys(pools).sort()).toEqual(['__proto__', 'constructor', 'default']);
    expect(Object.getPrototypeOf(pools)).toBe(null);
  });
});

describe('mistakes', () => {
  test('all of them are told at once, each with its place, line and suggestion', () => {
    const text = [
      'store:',
      '  kind: sqlitee',
      'scheduler: { maxActiv: 3 }',
      'defaults: { timeout: 5 minutes }',
      'variable: {}',
    ];
    const found = diagnosticsOf({
      projectDir: project({ 'airflow.yaml': text.join('\n') }),
      env: { ORCH__SCHEDULER__MAX_ACTIV: '3', ORCH__RUNNERS__MAX: 'many' },
    });
    expect(found.map(({ file, line, column, message, hint }) => [file, line, column, message, hint])).toEqual(
      [
        [
          'ORCH__SCHEDULER__MAX_ACTIV',
          undefined,
          undefined,
          'ORCH__SCHEDULER__MAX_ACTIV names no key of the config',
          'did you mean ORCH__SCHEDULER__MAX_ACTIVE?',
        ],
        [
          'airflow.yaml',
          2,
          9,
          "'store.kind' must be 'sqlite' or 'postgres', not 'sqlitee'",
          "did you mean 'sqlite'?",
        ],
        ['airflow.yaml', 3, 14, "unknown key 'maxActiv' in 'scheduler'", "did you mean 'maxActive'?"],
        [
          'airflow.yaml',
          4,
          22,
          "'defaults.timeout' must be a duration such as '90s', '5m' or '1h30m', not '5 minutes'",
          undefined,
        ],
        ['airflow.yaml', 5, 1, "unknown section 'variable'", "did you mean 'variables'?"],
        [
          'ORCH__RUNNERS__MAX',
          undefined,
          undefined,
          "'runners.max' must be a whole number from 1 to 100000, not 'many'",
          undefined,
        ],
      ],
    );
    expect(found[2]?.source).toBe('scheduler: { maxActiv: 3 }');
  });

  test.each([
    ['a list for a section', 'store: [a]', "'store' must be a map of keys to values, not a list"],
    ['a text for a section', 'runners: 3', "'runners' must be a map of keys to values, not 3"],
    ['a list for the whole', '- a', 'the config must be a map of keys to values, not a list'],
    [
      'a fraction',
      'scheduler: { maxActive: 1.5 }',
      "'scheduler.maxActive' must be a whole number from 1 to 100000, not 1.5",
    ],
    [
      'a number out of range',
      'scheduler: { maxActive: 0 }',
      "'scheduler.maxActive' must be a whole number from 1 to 100000, not 0",
    ],
    [
      'a bad pool name',
      'pools: { "a b": 1 }',
      "'a b' is no name: a letter or underscore, then letters, digits, '_' or '-'",
    ],
    ['an unknown section', 'stor: {}', "unknown section 'stor'"],
    ['an alias', 'pools: { a: &x 1, b: *x }', 'anchors and aliases are not read in the config'],
    ['a duplicate key', 'store: {}\nstore: {}', 'Map keys must be unique'],
    [
      'an address with a path',
      'server: { url: https://a.example/orch }',
      "'server.url' must be a text as its description has, not what stands here",
    ],
    ['postgres without an address', 'store: { kind: postgres }', "'store.kind: postgres' needs 'store.url'"],
    ['profiles that are no map', 'profiles: 3', "'profiles' must be a map of names to sections"],
    [
      'a mistake in another profile',
      'profiles: { x: { log: { level: loud } } }',
      "'log.level' must be 'debug' or 'info' or 'warn' or 'error', not 'loud'",
    ],
  ])('%s', (_name, text, message) => {
    const found = diagnosticsOf({ projectDir: project({ 'airflow.yaml': text }), env: {} });
    expect(found.map((one) => one.message)).toContain(message);
  });

  test('an unknown profile names those that exist', () => {
    const projectDir = project({ 'airflow.yaml': 'profiles: { prod: {} }' });
    const [found] = diagnosticsOf({ projectDir, env: {}, profile: 'prdo' });
    expect([found?.message, found?.hint]).toEqual(["there is no profile 'prdo'", "did you mean 'prod'?"]);
  });

  test('a file of more than a megabyte is refused without reading it', () => {
    const projectDir = project({ 'airflow.yaml': `# ${'x'.repeat(1_100_000)}` });
    expect(() => loadConfig({ projectDir, env: {} })).toThrow(/larger than/);
  });

  test('a file in another encoding is refused', () => {
    const projectDir = project({ 'airflow.yaml': '' });
    writeFileSync(join(projectDir, 'airflow.yaml'), Buffer.from('profiles: { für: {} }', 'latin1'));
    expect(() => loadConfig({ projectDir, env: {} })).toThrow(/airflow\.yaml is not text in UTF-8/);
  });

  test('a pipe in the place of a file is refused, not read', () => {
    for (const name of ['airflow.yaml', '.env']) {
      const projectDir = project();
      execFileSync('mkfifo', [join(projectDir, name)]);
      expect(() => loadConfig({ projectDir, env: {} })).toThrow(`${name} is not a file`);
    }
  });
});

describe('secrets', () => {
  const url = 'postgres://orch:hunter2@db/orch?sslpassword=hunter3&access_token=hunter4&sslmode=require';

  test('the password of the store is given to the program and shown to nobody', () => {
    const loaded = loadConfigWithOrigins({
      projectDir: project(),
      env: { ORCH__STORE__KIND: 'postgres', ORCH__STORE__URL: url },
    });
    expect(loaded.config.store).toMatchObject({ kind: 'postgres', url });
    expect(JSON.stringify(loaded.entries)).not.toContain('hunter');
    expect(loaded.entries.find(({ key }) => key === 'store.url')?.value).toBe(
      'postgres://orch:***@db/orch?sslpassword=***&access_token=***&sslmode=require',
    );
  });

  test.each(['hunter2', 'postgres://orch:1/hunter2@db/orch', 'postgres://orch:1#hunter2@db/orch'])(
    'an address that cannot be understood is masked whole: %s',
    (wrong) => {
      const loaded = loadConfigWithOrigins({
        projectDir: project(),
        env: { ORCH__STORE__KIND: 'postgres', ORCH__STORE__URL: wrong },
      });
      expect(JSON.stringify(loaded.entries)).not.toContain('hunter');
    },
  );

  test('a line of the file that is quoted in a mistake shows no password', () => {
    const text = `store: { kind: postgres, url: "${url}", durabilty: full }`;
    const found = diagnosticsOf({ projectDir: project({ 'airflow.yaml': text }), env: {} });
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain('hunter');
  });

  test('a value of the wrong kind is not repeated', () => {
    const found = diagnosticsOf({
      projectDir: project({ 'airflow.yaml': 'store: { url: [hunter2] }' }),
      env: {},
    });
    expect(found.map(({ message }) => message).join()).not.toContain('hunter2');
  });
});
