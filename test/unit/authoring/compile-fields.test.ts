import { describe, expect, test } from 'vitest';
import { mistakes, mistakesOf, spec, specOf, task } from './compiled.ts';

const ok = { run: 'true' };

describe('what is left out', () => {
  test('everything that the defaults say anyway', () => {
    const author = {
      id: 'd',
      tags: [],
      timezone: 'UTC',
      catchup: false,
      onActivate: 'next',
      overlap: 'queue',
      coalesce: false,
      maxActiveRuns: 16,
      maxActiveTasks: 16,
      priority: 'normal',
      priorityRule: 'absolute',
      jitter: 0,
      params: {},
      defaults: {},
      tasks: {
        a: {
          run: 'true',
          skipExitCode: 99,
          retries: { max: 0, delay: '1s' },
          timeout: '60m',
          killGrace: 10_000,
          pool: 'default',
          poolSlots: 1,
          priority: 'normal',
          onLost: 'retry',
          triggerRule: 'all_success',
          critical: false,
          teardown: false,
          failRun: false,
          dependsOnPast: false,
          waitForDownstream: false,
          latestOnly: false,
          cache: false,
          env: {},
          tags: [],
          needs: {},
          after: [],
        },
      },
    };
    expect(spec(author)).toEqual({
      v: 1,
      id: 'd',
      tasks: [{ path: 'a', action: { kind: 'shell', run: 'true' } }],
    });
  });

  test('waitForDownstream includes dependsOnPast', () => {
    const dag = specOf({
      a: { ...ok, waitForDownstream: true },
      b: { ...ok, dependsOnPast: true, latestOnly: true },
    });
    expect(task(dag, 'a')).toMatchObject({ waitForDownstream: true, dependsOnPast: true });
    expect(task(dag, 'b')).toMatchObject({ dependsOnPast: true, latestOnly: true });
    const both = { a: { ...ok, dependsOnPast: false, waitForDownstream: true } };
    expect(mistakes({ id: 'd', tasks: both })).toEqual([
      "contradiction @ tasks/a/dependsOnPast#: task 'a' has 'waitForDownstream', which includes " +
        "'dependsOnPast' (leave 'dependsOnPast' out)",
    ]);
  });

  test('defaults of retry policies; 0 retries are none', () => {
    const policy = { max: 2, delay: '5m', backoff: 'fixed', maxDelay: '24h', jitter: 0 };
    const dag = specOf({
      a: { ...ok, retries: policy },
      b: { ...ok, retries: { ...policy, backoff: 'exponential', factor: 2 } },
    });
    expect(task(dag, 'a').retries).toEqual({ max: 2 });
    expect(task(dag, 'b').retries).toEqual({ max: 2, backoff: 'exponential' });
  });

  test('the rule of a teardown is another one by default', () => {
    const dag = specOf({
      a: { ...ok, teardown: true, triggerRule: 'all_done_setup_success' },
      b: { ...ok, teardown: true, triggerRule: 'all_success', failRun: true },
    });
    expect(task(dag, 'a').triggerRule).toBeUndefined();
    expect(task(dag, 'b')).toMatchObject({ triggerRule: 'all_success', teardown: true, failRun: true });
  });

  test('the level of a task is that of its DAG', () => {
    const dag = specOf(
      { a: { ...ok, priority: 'high' }, b: { ...ok, priority: 'normal' }, c: { ...ok, priority: -3 } },
      { priority: 'high' },
    );
    expect(dag.tasks.map(({ priority }) => priority)).toEqual([undefined, 'normal', -3]);
  });
});

describe('inheritance', () => {
  test('DAG < group < fan-out < task; env and retries key by key, everything else as a whole', () => {
    const dag = specOf(
      {
        g: {
          group: {
            defaults: { timeout: '2m', env: { B: 'g' }, retries: { max: 3, backoff: 'linear' }, tags: ['g'] },
            tasks: {
              f: {
                forEach: {
                  over: [1],
                  defaults: { pool: 'p', env: { C: '${{ item }}' } },
                  tasks: {
                    a: { ...ok, retries: 1, env: { A: 'own' } },
                    b: { uses: './x.ts#y', timeout: '3m', tags: ['b', 'b'] },
                  },
                },
              },
              c: { after: ['f'] },
            },
          },
        },
        plain: ok,
        never: { ...ok, retries: 0 },
      },
      {
        defaults: {
          retries: { max: 9, delay: '1s' },
          env: { A: 'd', B: 'd' },
          memory: 64,
          onLost: 'fail',
          killGrace: 0,
        },
      },
    );
    const common = { killGraceMs: 0, memoryMb: 64, onLost: 'fail' };
    expect(task(dag, 'g.f.a')).toEqual({
      path: 'g.f.a',
      action: { kind: 'shell', run: 'true' },
      fanOut: 0,
      ...common,
      pool: 'p',
      timeoutMs: 120_000,
      tags: ['g'],
      retries: { max: 1, delayMs: 1_000, backoff: 'linear' },
      env: { A: 'own', B: 'g', C: '${{ item }}' },
    });
    expect(task(dag, 'g.f.b')).toMatchObject({
      timeoutMs: 180_000,
      tags: ['b'],
      retries: { max: 3, delayMs: 1_000, backoff: 'linear' },
    });
    expect(task(dag, 'g.c')).toEqual({
      path: 'g.c',
      action: { kind: 'pass' },
      tags: ['g'],
      after: ['g.f.a', 'g.f.b'],
    });
    expect(task(dag, 'plain')).toMatchObject({
      ...common,
      retries: { max: 9, delayMs: 1_000 },
      env: { A: 'd', B: 'd' },
    });
    expect(task(dag, 'never').retries).toBeUndefined();
  });
});

describe('actions', () => {
  test('in canonical form', () => {
    const dag = specOf({
      f: { uses: './a/../b/./x.ts#run', with: {} },
      u: { uses: '../x.mjs#run_2' },
      i: { uses: '#i' },
      o: { uses: 'http', with: { url: 'x' } },
      s: { run: 'exit 3', skipExitCode: 3 },
      v: { run: ['a', ''] },
      c: { choose: [{ when: 'true', value: 'x' }, { when: '!false', value: 'x' }, { otherwise: 'y' }] },
      j: { after: ['f', 's'] },
      w: { when: '1 == 1' },
    });
    expect(dag.tasks.map(({ action }) => action)).toEqual([
      { kind: 'function', ref: './b/x.ts#run' },
      { kind: 'function', ref: '../x.mjs#run_2' },
      { kind: 'function', ref: '#i' },
      { kind: 'operator', operator: 'http' },
      { kind: 'shell', run: 'exit 3', skipExitCode: 3 },
      { kind: 'shell', run: ['a', ''] },
      {
        kind: 'choose',
        cases: [
          { when: 'true', value: 'x' },
          { when: '!false', value: 'x' },
        ],
        otherwise: 'y',
      },
      { kind: 'pass' },
      { kind: 'pass' },
    ]);
  });
});

describe('times', () => {
  const tasks = { a: ok };
  const scheduled = (schedule: unknown, more: object = {}) =>
    spec({ id: 'd', schedule, ...more, tasks }).schedule;

  test.each<readonly [unknown, unknown]>([
    ['0 6 * * *', [{ kind: 'cron', cron: '0 6 * * *' }]],
    ['  30  9 * *  mon-fri ', [{ kind: 'cron', cron: '30 9 * * MON-FRI' }]],
    ['@hourly', [{ kind: 'cron', cron: '0 * * * *' }]],
    ['*/10 0 0 L jan #'.replace('#', '*'), [{ kind: 'cron', cron: '*/10 0 0 L JAN *' }]],
    [
      { cron: '0 0 * * 5#2', tz: 'Europe/Berlin', interval: true },
      [{ kind: 'cron', cron: '0 0 * * 5#2', tz: 'Europe/Berlin', interval: true }],
    ],
    [{ cron: '@daily', tz: 'UTC', interval: false }, [{ kind: 'cron', cron: '0 0 * * *' }]],
    [{ every: '15m' }, [{ kind: 'every', everyMs: 900_000 }]],
    [{ at: '2030-01-31' }, [{ kind: 'at', at: ['2030-01-31T00:00:00Z'] }]],
    [
      { at: ['2030-02-01T06:00+02:00', '2030-01-31 06:00:00.5Z', '2030-02-01T04:00Z'] },
      [{ kind: 'at', at: ['2030-01-31T06:00:00.500Z', '2030-02-01T04:00:00Z'] }],
    ],
    [{ hour: 9, minute: 30, dayOfWeek: 'mon-fri' }, [{ kind: 'cron', cron: '30 9 * * MON-FRI' }]],
    [{ hour: '*/4' }, [{ kind: 'cron', cron: '0 */4 * * *' }]],
    [{ second: 5 }, [{ kind: 'cron', cron: '5 * * * * *' }]],
    [{ dayOfWeek: 'sun', tz: 'Asia/Tokyo' }, [{ kind: 'cron', cron: '0 0 * * SUN', tz: 'Asia/Tokyo' }]],
    [{ dayOfMonth: 'L' }, [{ kind: 'cron', cron: '0 0 L * *' }]],
    [{ month: 3 }, [{ kind: 'cron', cron: '0 0 1 3 *' }]],
    [
      ['@daily', { every: 90_000 }],
      [
        { kind: 'cron', cron: '0 0 * * *' },
        { kind: 'every', everyMs: 90_000 },
      ],
    ],
  ])('%j', (schedule, expected) => expect(scheduled(schedule)).toEqual(expected));

  test('local times are those of the zone of the DAG', () => {
    const dag = spec({
      id: 'd',
      timezone: 'America/New_York',
      startAt: '2026-01-01',
      endAt: '2026-07-01T12:00',
      schedule: { at: '2026-03-08T02:30' },
      tasks,
    });
    expect(dag).toMatchObject({
      timezone: 'America/New_York',
      startAt: '2026-01-01T05:00:00Z',
      endAt: '2026-07-01T16:00:00Z',
      schedule: [{ kind: 'at', at: ['2026-03-08T07:00:00Z'] }],
    });
    expect(scheduled({ cron: '@daily', tz: 'America/New_York' }, { timezone: 'America/New_York' })).toEqual([
      { kind: 'cron', cron: '0 0 * * *' },
    ]);
  });

  test('durations and policies of the DAG', () => {
    const more = {
      timeout: '1h30m',
      misfireGrace: '10m',
      deadline: '50m',
      jitter: '5s',
      catchup: true,
      onActivate: 'all',
      overlap: 'skip',
      coalesce: true,
      maxActiveTasksTotal: 5,
      priorityRule: 'downstream',
    };
    expect(spec({ id: 'd', ...more, tasks })).toMatchObject({
      timeoutMs: 5_400_000,
      misfireGraceMs: 600_000,
      deadlineMs: 3_000_000,
      jitterMs: 5_000,
      catchup: true,
      onActivate: 'all',
      overlap: 'skip',
      coalesce: true,
      maxActiveTasksTotal: 5,
      priorityRule: 'downstream',
    });
  });

  test.each<readonly [unknown, string]>([
    ['* * 31 2 *', "bad-cron @ schedule: '* * 31 2 *' never comes (no date has this day and month)"],
    ['60 * * * *', 'bad-cron @ schedule: the minute field goes from 0 to 59; 60 is outside (write 0)'],
    [
      '0 0 * 13 *',
      'bad-cron @ schedule: the month field goes from 1 to 12; 13 is outside (write a number of that',
    ],
    ['0 0 0 * *', 'bad-cron @ schedule: the day of month field goes from 1 to 31; 0 is outside'],
    [
      '0 0 * *',
      "bad-cron @ schedule: a cron expression has 5 or 6 fields; '0 0 * *' has 4 (minute, hour, " +
        'day of month, month, day of week; with six fields seconds come first)',
    ],
    [
      '0 0 0 1 1 * 2030',
      "bad-cron @ schedule: a cron expression has 5 or 6 fields; '0 0 0 1 1 * 2030' has 7 " +
        '(minute, hour, day of month, month, day of week; with six fields seconds come first)',
    ],
    [
      '@reboot',
      "bad-cron @ schedule: there is no macro '@reboot' (known: @yearly, @annually, @monthly, " +
        '@weekly, @daily, @midnight, @hourly)',
    ],
    ['? * * * *', "bad-cron @ schedule: '?' is not allowed in '? * * * *' (write '*')"],
    [
      '5-3 * * * *',
      "bad-cron @ schedule: '5-3 * * * *' is not a cron expression: the range '5-3' runs backwards " +
        "(write '5-59,0-3')",
    ],
    ['0 0 * * mon-fry', 'bad-cron @ schedule: '],
    [
      { cron: '@daily', tz: 'Europe/Berln' },
      "bad-zone @ schedule/tz: there is no time zone 'Europe/Berln' (did you mean 'Europe/Berlin'?)",
    ],
    [{ every: '500ms' }, 'bad-duration @ schedule/every: the interval must be longer than 500ms'],
    [
      { at: ['2026-02-29'] },
      "bad-date @ schedule/at/0: '2026-02-29' is not a date that exists (write 2026-01-31, " +
        '2026-01-31T06:00 or 2026-01-31T06:00:00Z)',
    ],
    [{ hour: 24 }, 'bad-cron @ schedule: the hour field goes from 0 to 23; 24 is outside'],
  ])('refused: %j', (schedule, expected) => {
    const [first = '', ...others] = mistakes({ id: 'd', schedule, tasks });
    expect(others).toEqual([]);
    expect(first.slice(0, expected.length)).toBe(expected);
  });

  test('zones, dates and durations that cannot be', () => {
    expect(
      mistakes({
        id: 'd',
        timezone: 'Mars/Base',
        startAt: '2026-13-01',
        endAt: '2026-01-01T25:00',
        timeout: '1m1h',
        tasks: { a: { ...ok, timeout: 0 } },
      }),
    ).toEqual([
      "bad-duration @ timeout: 'timeout' of the DAG: '1m1h' is not a duration (write 250ms, 90s, " +
        '5m, 2h, 1d or combinations from large to small such as 1h30m)',
      "bad-zone @ timezone: there is no time zone 'Mars/Base' (use an IANA name such as " +
        'Europe/Berlin or UTC)',
      "bad-date @ startAt: '2026-13-01' is not a date that exists (write 2026-01-31, " +
        '2026-01-31T06:00 or 2026-01-31T06:00:00Z)',
      "bad-date @ endAt: '2026-01-01T25:00' is not a date that exists (write 2026-01-31, " +
        '2026-01-31T06:00 or 2026-01-31T06:00:00Z)',
      "bad-duration @ tasks/a/timeout: 'timeout' of task 'a' must be longer than 0 (write 90s, " +
        '5m, 2h, 1d, or combinations such as 1h30m)',
    ]);
    expect(mistakesOf({ a: ok }, { startAt: '2026-02-01', endAt: '2026-01-01' })).toEqual([
      'bad-date @ endAt: endAt 2026-01-01T00:00:00Z lies before startAt 2026-02-01T00:00:00Z',
    ]);
  });
});

describe('params', () => {
  const tasks = { a: ok };

  test('become one object schema; those without a default are required', () => {
    const params = { slow: { type: 'integer', default: 26 }, key: { type: 'string', enum: ['a', 'b'] } };
    expect(spec({ id: 'd', params, tasks }).params).toEqual({
      type: 'object',
      properties: { key: { type: 'string', enum: ['a', 'b'] }, slow: { type: 'integer', default: 26 } },
      required: ['key'],
      additionalProperties: false,
    });
  });

  test('schemas and defaults that are wrong', () => {
    const params = {
      a: { type: 'strnig' },
      b: { type: 'integer', minimum: 3, default: 2 },
      c: { type: 'array', items: { type: 'string' }, default: ['x', 5] },
      d: { type: 'string', enum: ['up', 'down'], default: 'dwon' },
      e: { type: 'string', pattern: '(' },
      f: { $ref: '#/nope' },
      g: 5,
      'h h': { type: 'string' },
      i: { type: 'integer', default: null },
    };
    expect(mistakes({ id: 'd', params, tasks }).filter((line) => !/param '[ef]'/.test(line))).toEqual([
      "bad-id @ params/h h#: 'h h' is not a valid id: letters, digits, _ and -, beginning with a " +
        "letter or _, at most 128 characters (write 'h_h')",
      "bad-value @ params/g: 'params.g' of the DAG must be a mapping of keys to values, not 5",
    ]);
    const { g, 'h h': _, ...rest } = params;
    expect(g).toBe(5);
    expect(
      mistakes({ id: 'd', params: rest, tasks }).map((line) => line.replace(/ is wrong: .*/, ' is wrong')),
    ).toEqual([
      expect.stringMatching(/^bad-param @ params\/a\/type: 'type' of the schema of param 'a' must be/),
      "bad-default @ params/b/default: the default of param 'b' must be >= 3, not 2",
      "bad-default @ params/c/default/1: '[1]' of the default of param 'c' must be a text, not 5",
      "bad-default @ params/d/default: the default of param 'd' must be one of up, down, not " +
        "'dwon' (did you mean 'down'?)",
      "bad-param @ params/e: the schema of param 'e' is wrong",
      "bad-param @ params/f: the schema of param 'f' is wrong",
      "bad-default @ params/i/default: the default of param 'i' must be a whole number, not empty",
    ]);
  });

  test('params of which nothing is known do not make every read a mistake', () => {
    expect(mistakes({ id: 'd', params: 5, tasks: { a: { ...ok, when: 'params.x == 1' } } })).toEqual([
      "bad-value @ params: 'params' of the DAG must be a mapping of keys to values, not 5",
    ]);
  });
});
