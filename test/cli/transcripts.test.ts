import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { makeProject, normalized, orch } from './orch-process.ts';

const DEMO = `id: demo
title: Small market
params:
  symbols: { type: array, items: { type: string }, default: [BTC, ETH] }
  fast: { type: integer, minimum: 1, default: 12 }
tasks:
  symbol:
    forEach:
      over: \${{ params.symbols }}
      returns: clean
      tasks:
        collect:
          run: 'if [ "$SYMBOL" = BAD ]; then echo "asked for $SYMBOL"; echo "no such symbol" >&2; exit 3; fi'
          env: { SYMBOL: "\${{ item }}" }
        clean: { run: "true", needs: [collect] }
  compare: { run: "true", after: [symbol] }
`;

vi.setConfig({ testTimeout: 120_000 });

let dir = '';
const run = (...args: string[]) => orch(['-C', dir, ...args]);

beforeAll(() => {
  dir = makeProject({ 'dags/demo.yaml': DEMO });
});

describe('a new project', () => {
  test('init makes one that checks and runs, and never overwrites', async () => {
    const home = mkdtempSync(join(tmpdir(), 'orch-init-'));
    const made = await orch(['init', 'market'], { cwd: home });
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const files = 'airflow.yaml, dags/hello.ts, dags/disk_report.yaml, tsconfig.json, .gitignore';
    expect(made.stdout).toContain(`✓ market is a project now: ${files}`);
    // Not 'npx orch' in the new folder, which would ask the registry: no orch is installed there.
    expect(made.stdout).toContain('Next:\n  npx orch -C market trigger hello        run a DAG');
    const market = join(home, 'market');
    expect(readdirSync(market).sort()).toEqual(['.gitignore', 'airflow.yaml', 'dags', 'tsconfig.json']);
    const yaml = readFileSync(join(market, 'dags/disk_report.yaml'), 'utf8');
    const [, schema = ''] = /\$schema=(\S+)/.exec(yaml) ?? [];
    expect(resolve(market, 'dags', schema)).toBe(resolve('dag.schema.json'));
    expect(await orch(['check'], { cwd: market })).toMatchObject({
      code: 0,
      stdout:
        'warning  types of TypeScript files were not checked: the project has no typescript ' +
        '(npm install --save-dev typescript)\n\n✓ 2 files, 2 DAGs, 4 tasks: 1 warning\n',
    });
    expect((await orch(['check', '--no-types'], { cwd: market })).stdout).toBe(
      '✓ 2 files, 2 DAGs, 4 tasks: no mistakes\n',
    );
    const hello = await orch(['trigger', 'hello'], { cwd: market });
    expect(hello.code, hello.stderr).toBe(0);
    expect(hello.stdout).toContain('SUCCESS 3 ok');
    expect((await orch(['logs', 'last', 'person[Ada].greet'], { cwd: market })).stdout).toBe('Hello, Ada!\n');
    expect((await orch(['trigger', 'disk_report'], { cwd: market })).code).toBe(0);
    const again = await orch(['init', 'market'], { cwd: home });
    expect(again).toMatchObject({ code: 5, stdout: '' });
    expect(again.stderr).toContain('nothing was written');
  });
});

describe('reading DAGs', () => {
  test('check says that there is nothing to check', async () => {
    const other = makeProject({ 'dags/etl.py': 'from airflow import DAG\n' });
    expect(await orch(['check'], { cwd: other })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^warning {2}dags\/ has no DAG file \(they end in .*\n\n✓ 0 files.*: 1 warning\n$/,
      ),
    });
  });

  test('list', async () => {
    expect(await run('list')).toEqual({
      code: 0,
      stderr: '',
      stdout:
        'dag   schedule  next (UTC)  tasks  file            about\n' +
        'demo  by hand   -               3  dags/demo.yaml  Small market\n',
    });
  });

  test('list says which DAGs are paused and when the others are due next', async () => {
    const due = (id: string) => `id: ${id}\nschedule: '0 7 1 1 *'\ntasks: { a: { run: 'true' } }\n`;
    const two = makeProject({ 'dags/late.yaml': due('late'), 'dags/still.yaml': due('still') });
    const again = (...args: string[]) => orch(['-C', two, ...args]);
    const [fresh] = JSON.parse((await again('list', '--json')).stdout).items;
    expect(fresh).toMatchObject({
      paused: false,
      nextSlotAt: expect.stringMatching(/-01-01T07:00:00.000Z$/),
    });
    expect(existsSync(join(two, '.orch', 'orch.db'))).toBe(false);
    await again('pause', 'still');
    expect((await again('list')).stdout.replaceAll(/\d{4}-01/g, '<year>-01')).toBe(
      [
        'dag    schedule   next (UTC)        tasks  file             about',
        'late   0 7 1 1 *  <year>-01-01 07:00      1  dags/late.yaml',
        'still  0 7 1 1 *  paused                1  dags/still.yaml',
        '',
      ].join('\n'),
    );
    const { items } = JSON.parse((await again('list', '--json')).stdout);
    expect(items.map(({ paused }: { paused: boolean }) => paused)).toEqual([false, true]);
    expect(items[1].nextSlotAt).toBe(null);
  });

  test('graph', async () => {
    const { stdout } = await run('graph', 'demo');
    expect(stdout).toBe(
      '●  symbol.collect  per key of symbol\n●  symbol.clean  per key of symbol\n●  compare\n',
    );
  });

  test('a DAG is looked for in the file of its name; others are read only if it is not there', async () => {
    const two = makeProject({
      'dags/demo.yaml': DEMO,
      'dags/other.yaml': "id: elsewhere\ntasks:\n  a: { run: 'true' }\n",
    });
    const parsed = () => readdirSync(join(two, '.orch', 'parsed')).length;
    expect((await orch(['-C', two, 'graph', 'demo'])).code).toBe(0);
    expect(parsed()).toBe(1);
    expect((await orch(['-C', two, 'graph', 'elsewhere'])).code).toBe(0);
    expect(parsed()).toBe(2);
  });

  test('plan', async () => {
    const { stdout } = await run('plan', 'demo', '--until', 'collect', '--key', 'BTC');
    expect(stdout).toBe(
      [
        'demo: 1 of 3 tasks, 1 task instance',
        '2 keys of symbol: BTC, ETH',
        '',
        'step  task            times  after  because',
        '   1  symbol.collect     1x  -      named by --until collect',
        '',
        'not selected: symbol.clean, compare',
        '',
      ].join('\n'),
    );
    expect((await run('plan', 'demo', '--exit-code')).code).toBe(10);
    const few = await run('plan', 'demo', '--max-parallel', '2');
    expect(few.stdout).toContain('demo: 3 of 3 tasks, 5 task instances, 2 at once at most\n');
    expect(JSON.parse((await run('plan', 'demo', '--max-parallel', '2', '--json')).stdout).maxParallel).toBe(
      2,
    );
    expect((await run('plan', 'demo', '--max-parallel', 'many')).code).toBe(2);
  });

  test('plan without a DAG says what the files change', async () => {
    const own = makeProject({ 'dags/demo.yaml': DEMO });
    const plan = (...args: string[]) => orch(['-C', own, 'plan', ...args]);
    expect((await plan('--exit-code')).stdout).toContain('+ demo  new  dags/demo.yaml\n1 DAG would change');
    await orch(['-C', own, 'trigger', 'demo', '--only', 'compare', '--quiet']);
    expect(await plan('--exit-code')).toMatchObject({
      code: 0,
      stdout: '0 DAGs would change, 1 would not\n',
    });
    writeFileSync(join(own, 'dags/demo.yaml'), DEMO.replace('  compare:', '  contrast:'));
    const changed = await plan('--exit-code');
    expect(changed.stdout).toContain('~ demo  the graph changes: +contrast -compare  dags/demo.yaml');
    expect(changed.code).toBe(10);
    const due = "schedule: { at: '2100-01-01' }\n";
    writeFileSync(
      join(own, 'dags/demo.yaml'),
      due + DEMO.replace('forEach:', 'description: keys\n    forEach:'),
    );
    expect((await plan()).stdout).toContain(
      'dags/demo.yaml\n    runs by schedule: next 2100-01-01 00:00; until now none\n1 DAG would change',
    );
    const json = JSON.parse((await plan('--json')).stdout) as { items: object[] };
    expect(json.items).toMatchObject([
      { change: 'graph', schedule: { after: { atOnce: 0, next: ['2100-01-01T00:00:00.000Z'] } } },
    ]);
    writeFileSync(join(own, 'dags/demo.yaml'), 'id: demo\n');
    expect((await plan('--exit-code')).code).toBe(3);
  });

  test('check tells every mistake with its line, and exits 3', async () => {
    const broken = makeProject({
      'airflow.yaml': 'scheduler: { maxActiv: 2 }\n',
      'dags/one.yaml':
        'id: one\ntasks:\n  a: { run: "true", retrys: 3 }\n  b: { run: "true", needs: [aa] }\n',
    });
    const { code, stdout } = await orch(['-C', broken, 'check']);
    expect(code).toBe(3);
    expect(stdout).toContain(
      "airflow.yaml:1:14  error  unknown key 'maxActiv' in 'scheduler' (did you mean 'maxActive'?)",
    );
    expect(stdout).toMatch(/dags\/one\.yaml:3:\d+ {2}error {2}.*retrys/);
    expect(stdout).toMatch(/ {2}3 \| {3}a: \{ run: "true", retrys: 3 \}\n {4}\| +\^/);
    expect(stdout).toMatch(/✗ \d mistakes in 1 file/);
    const json = await orch(['-C', broken, 'check', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, files: 1 });
  });
});

describe('a run in a pipe', () => {
  test('is told in lines that are only appended, then as a whole', async () => {
    const { code, stdout, stderr } = await run('trigger', 'demo');
    expect([code, stderr]).toEqual([0, '']);
    const lines = normalized(stdout).trimEnd().split('\n');
    expect(lines[0]).toBe('<time> run   demo <run> started: 3 tasks × 2 keys');
    expect(lines.slice(1, -1).sort()).toEqual(
      ['compare', 'symbol[BTC].clean', 'symbol[BTC].collect', 'symbol[ETH].clean', 'symbol[ETH].collect'].map(
        (name) => `<time> ok    ${name} <span>`,
      ),
    );
    expect(lines.at(-1)).toBe('SUCCESS 5 ok in <span>');
    expect(stdout).not.toContain('\u001B');
  });

  test('a broken key fails alone: its log stands at its failure, the last line says what to do', async () => {
    const { code, stdout } = await run('trigger', 'demo', '-p', 'symbols=BTC,BAD', '--until', 'clean');
    expect(code).toBe(1);
    const text = normalized(stdout);
    expect(text).toContain(
      '<time> FAIL  symbol[BAD].collect after <span>: no such symbol\n' +
        '--- last 2 log lines of symbol[BAD].collect ---\n',
    );
    expect(text).toMatch(/asked for BAD\nno such symbol|no such symbol\nasked for BAD/);
    expect(text).toContain('<time> upstream_failed symbol[BAD].clean\n');
    expect(text).toContain('<time> ok    symbol[BTC].clean <span>\n');
    expect(text.trimEnd().split('\n').at(-1)).toBe(
      'FAILED 2 ok, 1 failed, 1 upstream_failed in <span>. Retry: orch retry <run> --failed',
    );
    const status = normalized((await run('status')).stdout);
    expect(status).toContain('✗ failed  demo run <run>\n');
    expect(status).toContain('  ✗ symbol[BAD]   collect ✗ <span> → clean ⇡\n    no such symbol\n');
    const why = normalized((await run('why', 'last', 'clean[BAD]')).stdout);
    expect(why).toContain(
      '⇡ symbol[BAD].clean upstream_failed: Rule all_success: upstream symbol[BAD].collect is failed.',
    );
    const preview = await run('retry', 'last', '-n');
    expect(preview.stdout).toMatch(/^2 tasks of run/);
  });

  test('colour and GitHub folds are there when asked for', async () => {
    expect((await run('list', '--color', 'always')).stdout).toContain('\u001B[1mdemo');
    const env = { GITHUB_ACTIONS: 'true' };
    const { stdout } = await orch(['-C', dir, 'trigger', 'demo', '-p', 'symbols=BAD', '--only', 'collect'], {
      env,
    });
    expect(stdout).toContain('::group::log of symbol[BAD].collect\n');
    expect(stdout).toContain('::error file=dags/demo.yaml,title=symbol[BAD].collect::no such symbol\n');
  });

  test('runs, stats and doctor look at what is stored', async () => {
    const runs = JSON.parse((await run('runs', '--dag', 'demo', '--state', 'success', '--json')).stdout) as {
      items: unknown[];
    };
    expect(runs.items[0]).toMatchObject({ dagId: 'demo', state: 'success' });
    expect((await run('stats')).stdout).toMatch(/^demo +\d+ +/m);
    const doctor = await run('doctor');
    expect(doctor.stdout).toMatch(/✓ store +.*orch\.db is sound/);
    expect(doctor.code).toBe(0);
  });

  test('logs tell a task that wrote nothing from one that was not started', async () => {
    const quiet = makeProject({
      'dags/two.yaml': "id: two\ntasks:\n  a: { run: 'exit 1' }\n  b: { run: 'true', after: [a] }\n",
    });
    expect((await orch(['-C', quiet, 'trigger', 'two'])).code).toBe(1);
    const said = async (task: string) => (await orch(['-C', quiet, 'logs', 'last', task])).stderr;
    expect(await said('a')).toBe("'a' wrote nothing.\n");
    expect(await said('b')).toBe("'b' has no log: it was not started.\n");
    const attempt = async (...args: string[]) => {
      const { code, stderr } = await orch(['-C', quiet, 'logs', 'last', ...args]);
      return [code, stderr];
    };
    expect(await attempt('a', '--attempt', '9')).toEqual([
      4,
      "error  'a' has no attempt 9: the last is 1.\n",
    ]);
    expect(await attempt('b', '--attempt', '1')).toEqual([
      4,
      "error  'b' has no attempt 1: it was not started.\n",
    ]);
    expect(await attempt('--attempt', '2')).toEqual([
      4,
      'error  No task of the run has an attempt 2: the last is 1.\n',
    ]);
  });

  test('a task runs alone, without a trace in the store', async () => {
    const before = JSON.parse((await run('runs', '--json')).stdout) as { items: unknown[] };
    const alone = await run('test', 'demo.symbol.collect', '--key', 'BAD');
    expect(alone.code).toBe(1);
    expect(alone.stderr).toContain('asked for BAD');
    expect(JSON.parse((await run('runs', '--json')).stdout)).toEqual(before);
  });
});

test('schedule preview shows the next slots and the changes of the clocks', async () => {
  const berlin = "id: b\ntimezone: Europe/Berlin\nschedule: '30 2 * * *'\ntasks: { a: { run: 'true' } }\n";
  const project = makeProject({
    'dags/b.yaml': berlin,
    'dags/day.yaml':
      "id: day\nschedule: { cron: '0 6 * * *', interval: true }\ntasks: { a: { run: 'true' } }\n",
    'dags/hand.yaml': "id: hand\ntasks: { a: { run: 'true' } }\n",
  });
  const preview = (...args: string[]) => orch(['-C', project, 'schedule', 'preview', ...args]);
  const { code, stdout } = await preview('b', '--from', '2026-03-28', '--count', '2');
  expect([code, ...stdout.split('\n').map((line) => line.trimEnd())]).toEqual([
    0,
    'due (UTC)         Europe/Berlin            about',
    '2026-03-28 01:30  2026-03-28 02:30 +01:00',
    '2026-03-29 01:00  2026-03-29 03:00 +02:00',
    '2026-03-29 01:00  2026-03-29 03:00 +02:00  clocks in Europe/Berlin go from +01:00 to +02:00',
    '2026-10-25 01:00  2026-10-25 02:00 +01:00  clocks in Europe/Berlin go from +02:00 to +01:00',
    '2027-03-28 01:00  2027-03-28 03:00 +02:00  clocks in Europe/Berlin go from +01:00 to +02:00',
    '',
  ]);
  const json = await preview('day', '--from', '2026-03-28', '--count', '1', '--json');
  expect(JSON.parse(json.stdout)).toEqual({
    dagId: 'day',
    slots: [
      {
        at: '2026-03-28T06:00:00.000Z',
        logicalDate: '2026-03-27T06:00:00.000Z',
        dataInterval: { start: '2026-03-27T06:00:00.000Z', end: '2026-03-28T06:00:00.000Z' },
      },
    ],
    clockChanges: [],
    events: null,
  });
  expect(await preview('hand')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining('by hand'),
  });
});

test('a mistake in the code of a DAG is what its commands show', async () => {
  const broken = makeProject({
    'dags/e.yaml': 'id: e\ntasks: { a: { uses: ./e/f.ts#x } }\n',
    'dags/e/f.ts': 'export const x = (;\n',
  });
  for (const command of ['trigger', 'plan', 'show']) {
    const result = await orch(['-C', broken, command, 'e']);
    expect([result.code, result.stdout]).toEqual([3, '']);
    expect(result.stderr).toContain("DAG 'e' cannot be read: its file has 1 mistake.");
    expect(result.stderr).toContain('dags/e/f.ts:1:');
  }
});

describe('mistakes of usage', () => {
  test.each<[string, string[], number, string]>([
    ['no such command', ['lst'], 2, "Unknown command 'lst'. Did you mean 'list'?"],
    ['one of several commands', ['statu'], 2, "Did you mean one of 'stats', 'status'?"],
    [
      'no inputs file',
      ['test', 'demo.compare', '--input', 'no.json'],
      4,
      'Cannot read the inputs file no.json.',
    ],
    ['no task to test', ['test', 'demo'], 2, 'Name a task of DAG demo, <dag>.<task>: there are '],
    ['a folder that is taken', ['init'], 5, 'The folder orch-cli-'],
    ['help on no such command', ['help', 'lst'], 2, "Unknown command 'lst'. Did you mean 'list'?"],
    ['no command', ['--quiet'], 2, "A command is missing. See 'orch --help'."],
    ['no such option', ['trigger', 'demo', '--untl', 'x'], 2, "Did you mean '--until'?"],
    ['a missing argument', ['trigger'], 2, "Missing required argument 'dag'. See 'orch trigger --help'."],
    ['no such DAG', ['trigger', 'dmo'], 4, "There is no DAG 'dmo'. Did you mean 'demo'?"],
    ['no such task', ['trigger', 'demo', '--until', 'claen'], 4, "Did you mean 'clean'?"],
    ['no such key', ['trigger', 'demo', '--key', 'BTD'], 4, "Did you mean 'BTC'?"],
    ['no such param', ['trigger', 'demo', '-p', 'symbls=A'], 2, "Did you mean 'symbols'?"],
    ['a value that does not fit', ['trigger', 'demo', '-p', 'fast=zero'], 3, 'fast'],
    ['no such run', ['status', '00000000'], 4, "There is no run '00000000'."],
    ['no run id', ['status', 'yesterday'], 2, 'is no run id'],
    ['a bad duration', ['trigger', 'demo', '--timeout', '5 min'], 2, '--timeout must be a duration'],
    ['flags that exclude each other', ['retry', 'last', '--all', '--failed'], 2, 'Choose one of'],
    ['an attempt to come', ['logs', 'last', '-f', '--attempt', '2'], 2, 'leave out --attempt'],
    ['a bad pattern', ['logs', 'last', '--grep', '('], 3, 'not a regular expression'],
  ])('%s', async (_name, args, code, sentence) => {
    const result = await run(...args);
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toContain(sentence);
    expect(result.stderr).not.toMatch(/\n {4}at /);
    const json = await run(...args, '--json');
    expect([json.code, json.stdout]).toEqual([code, '']);
    expect(JSON.parse(json.stderr)).toMatchObject({
      detail: expect.stringContaining(sentence),
      status: expect.any(Number),
    });
  });

  test('outside of a project the error says what to do', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'orch-empty-'));
    const result = await orch(['list'], { cwd: empty });
    expect(result.code).toBe(4);
    expect(result.stderr).toContain("Make one with 'orch init', or name one with -C DIR.");
    const inside = await orch(['list'], { cwd: join(dir, 'dags') });
    expect(inside.stderr).toContain('The project around it: orch -C .. ...');
  });

  test('a broken config costs no stack', async () => {
    const result = await orch(['-C', dir, 'runs'], { env: { ORCH__LOG__LEVEL: 'loud' } });
    expect(result.code).toBe(3);
    expect(result.stderr).toBe(
      "ORCH__LOG__LEVEL  error  'log.level' must be 'debug' or 'info' or 'warn' or 'error', not 'loud'\n\n" +
        'The config has a mistake.\n',
    );
  });
});

describe('a run as a file', () => {
  test('is written by export, and opened without its project', async () => {
    const own = makeProject({
      'dags/demo.yaml':
        "id: demo\ntasks:\n  a: { run: 'echo said; exit $ORCH_TRY', retries: { max: 1, delay: 0 } }\n",
    });
    expect((await orch(['-C', own, 'trigger', 'demo', '--quiet'])).code).toBe(1);
    const file = join(own, 'run.orch.gz');
    const exported = await orch(['-C', own, 'export', '--output', file], { cwd: own });
    expect(exported).toMatchObject({ code: 0, stdout: 'run.orch.gz\n' });
    const again = await orch(['-C', own, 'export', '--output', file]);
    expect([again.code, again.stderr]).toEqual([5, expect.stringContaining('--force writes over it')]);
    const elsewhere = { cwd: tmpdir() };
    const opened = await orch(['open', file], elsewhere);
    expect(opened.stdout).toMatch(/failed {2}demo run .*1 failed in .*as it was at .*a /s);
    const task = await orch(['open', file, 'a'], elsewhere);
    const lines = task.stdout.split('\n').map((line) => line.replace(/^[\d:.]+ /, ''));
    expect(lines).toMatchObject([
      expect.stringMatching(/^a attempt 1 .*exit/),
      'said',
      expect.stringMatching(/^a attempt 2 failed: .*exit/),
      'said',
      '',
    ]);
    const json = JSON.parse((await orch(['open', file, '--json'], elsewhere)).stdout);
    expect(json).toMatchObject({
      run: { dagId: 'demo', state: 'failed' },
      spec: { id: 'demo' },
      attempts: [
        { taskId: 'a', attempt: 1, lines: [{ text: 'said' }] },
        { attempt: 2, state: 'failed' },
      ],
    });
    expect(json.journal.length).toBeGreaterThan(3);
    writeFileSync(file, 'not ours');
    expect(await orch(['open', file], elsewhere)).toMatchObject({ code: 3 });
    expect(await orch(['open', join(own, 'gone')], elsewhere)).toMatchObject({ code: 4 });
  });
});

describe('help', () => {
  test('leads with examples, of orch and of every command', async () => {
    const { code, stdout } = await orch(['--help']);
    expect(code).toBe(0);
    const names = [...stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)]
      .map(([, name]) => name ?? '')
      .filter((name) => name !== '');
    expect(names).toHaveLength(42);
    const helps = await Promise.all(
      ['trigger', 'logs', 'config', 'mark'].map((name) => orch([name, '--help'])),
    );
    for (const help of helps) {
      expect(help.code).toBe(0);
      expect(help.stdout.indexOf('Examples')).toBeGreaterThan(0);
      expect(help.stdout.indexOf('Examples')).toBeLessThan(help.stdout.indexOf('Options'));
    }
  });

  test('completion knows commands, DAGs and tasks', async () => {
    // Names are those of the last time that the files were read.
    await run('list');
    const script = await orch(['completion', 'bash']);
    expect(script.stdout).toContain('complete');
    const ask = async (...words: string[]) => (await orch(['complete', '--', ...words], { cwd: dir })).stdout;
    expect(await ask('tr')).toContain('trigger\t');
    expect(await ask('trigger', '')).toContain('demo\t');
    expect(await ask('trigger', 'demo', '--until', '')).toContain('symbol.clean\t');
    expect(await ask('status', '')).toContain('last\t');
  });
});
