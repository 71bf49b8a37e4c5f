import { describe, expect, test } from 'vitest';
import { isNews } from '../../../core/alerting/observe.ts';
import type { AlertMute } from '../../../core/model/alert.ts';
import { MemoryDesk, MINUTE, rule, task } from './desk-in-memory.ts';

const run = (at: number, state: 'success' | 'failed', dagId = 'market') => {
  return { type: 'run', at, state, dagId, runId: `run${at}`, because: 'It said so.' } as const;
};
const sample = (at: number, cpu: number, more = { lagMs: 0, queued: 0 }) => {
  return { type: 'sample', at, resources: { cpu, memory: 1, disk: 1 }, ...more } as const;
};
const mute = (more: Partial<AlertMute>): AlertMute => {
  const by = { muteId: 'm', reason: '', createdBy: 'ann', createdAt: 0 };
  return { rule: null, dagId: null, until: null, ...by, ...more };
};

describe('a failing task', () => {
  test('is one alert and one message, and its next success one more', () => {
    const desk = new MemoryDesk(rule());
    const { alerts } = desk.look(0, task(0, 'failed'));
    expect(alerts).toMatchObject([
      { state: 'open', count: 1, group: 'market', title: 'Task clean of market failed', message: 'boom' },
    ]);
    desk.look(9_999);
    expect(desk.messages).toEqual([]);
    desk.look(10_000);
    expect(desk.messages).toMatchObject([
      { state: 'open', level: 'error', count: 1, text: 'Task clean of market failed: boom Run r1.' },
    ]);
    desk.look(2 * MINUTE, task(2 * MINUTE, 'success', { runId: 'r2' }));
    desk.look(3 * MINUTE);
    expect(desk.titles()).toEqual(['Task clean of market failed', 'Over: Task clean of market failed']);
    expect(desk.last?.world.alerts.size).toBe(0);
  });

  test('that fails again and again is told again only after the cool-down', () => {
    const desk = new MemoryDesk(rule());
    for (let at = 0; at <= 59 * MINUTE; at += MINUTE) desk.look(at, task(at, 'failed'));
    expect(desk.messages.map(({ at }) => at.slice(14, 19))).toEqual(['00:10', '30:10']);
    expect(desk.messages[1]?.alerts[0]).toMatchObject({ count: 31 });
  });

  test('of a fan-out is over when every key that failed has succeeded', () => {
    const desk = new MemoryDesk(rule());
    const key = (name: string) => ({ name: `all[${name}].clean`, taskId: 'all.clean' });
    desk.look(0, task(0, 'failed', key('a')), task(0, 'failed', key('b')), task(0, 'success', key('c')));
    desk.look(1, task(1, 'success', key('a')));
    expect(desk.last?.turned).toEqual([]);
    expect(desk.last?.alerts[0]?.details).toMatchObject({ failing: ['all[b].clean'] });
    desk.look(2, task(2, 'success', key('b')));
    expect(desk.last?.turned).toMatchObject([{ state: 'resolved', resolvedAt: 2 }]);
  });

  test('of a wide fan-out is not over while keys beyond the list fail', () => {
    const desk = new MemoryDesk(rule());
    const of = (state: 'success' | 'failed', runId: string) =>
      Array.from({ length: 150 }, (_, at) =>
        task(0, state, { name: `all[${at}].clean`, taskId: 'all.clean', runId }),
      );
    desk.look(0, ...of('failed', 'r1'));
    desk.look(1, task(1, 'success', { name: 'all[x].clean', taskId: 'all.clean' }));
    expect(desk.last?.world.alerts.size).toBe(1);
    desk.look(2, ...of('success', 'r2'));
    expect(desk.last?.world.alerts.size).toBe(0);
  });

  test('that is over before it is told is not told', () => {
    const desk = new MemoryDesk(rule());
    desk.look(0, task(0, 'failed'));
    expect(desk.look(1, task(1, 'success')).alerts).toMatchObject([{ state: 'resolved' }]);
    desk.look(MINUTE);
    expect(desk.messages).toEqual([]);
  });

  test('that comes and goes is told twice in a cool-down, and the end not while it is there again', () => {
    const desk = new MemoryDesk(rule());
    for (let at = 0; at < 29 * MINUTE; at += MINUTE)
      desk.look(at, task(at, at % (2 * MINUTE) === 0 ? 'failed' : 'success'));
    expect(desk.titles()).toEqual(['Task clean of market failed', 'Over: Task clean of market failed']);
    const again = new MemoryDesk(rule({ windowMs: 0 }));
    again.look(0, task(0, 'failed'));
    expect(again.look(0, task(0, 'success'), task(0, 'failed')).turned).toMatchObject([{ state: 'open' }]);
    expect(again.titles()).toEqual(['Task clean of market failed']);
  });
});

describe('what is told together', () => {
  test('failures of a group are one message with how many and the first few', () => {
    const desk = new MemoryDesk(rule());
    const failures = Array.from({ length: 12 }, (_, at) => task(0, 'failed', { taskId: `t${at}` }));
    desk.look(0, ...failures, task(0, 'failed', { dagId: 'other' }));
    desk.look(MINUTE);
    expect(desk.messages.map(({ group, count, alerts }) => [group, count, alerts.length])).toEqual([
      ['market', 12, 5],
      ['other', 1, 1],
    ]);
    expect(desk.messages[0]?.title).toBe('12 alerts of broken in market: Task t0 of market failed, ...');
    expect(desk.messages[0]?.text).toMatch(/\n\.\.\. and 7 more: orch alerts list$/);
  });

  test.each([
    ['rule', ['']],
    ['dag', ['a', 'b']],
    ['task', ['a.x', 'a.y', 'b.x']],
    ['run', ['a r1', 'b r1']],
  ] as const)('by %s', (groupBy, groups) => {
    const desk = new MemoryDesk(rule({ groupBy }));
    const of = (dagId: string, taskId: string) => task(0, 'failed', { dagId, taskId });
    desk.look(0, of('a', 'x'), of('a', 'y'), of('b', 'x'));
    desk.look(MINUTE);
    expect(desk.messages.map(({ group }) => group)).toEqual(groups);
  });

  test('a storm of 10,000 failures in a minute is a handful of messages', () => {
    const desk = new MemoryDesk(rule({ groupBy: 'task' }), rule({ name: 'by-dag' }));
    for (let at = 0; at < MINUTE; at += 6_000) {
      const some = Array.from({ length: 1_000 }, (_, no) => task(at, 'failed', { taskId: `t${at}_${no}` }));
      desk.look(at, ...some);
    }
    desk.look(5 * MINUTE);
    expect(desk.messages.length).toBeLessThanOrEqual(7);
    const told = desk.messages
      .filter((one) => one.rule === 'broken')
      .reduce((sum, { count }) => sum + count, 0);
    expect(told).toBe(10_000);
  });
});

describe('whoever takes care', () => {
  test('of an alert is not told of it again, but of its end', () => {
    const desk = new MemoryDesk(rule({ coolDownMs: MINUTE }));
    desk.look(0, task(0, 'failed'));
    const [alert] = desk.look(10_000).alerts;
    desk.wishes = { mutes: [], acknowledged: new Set([alert?.alertId ?? '']) };
    desk.look(5 * MINUTE, task(5 * MINUTE, 'failed'));
    desk.look(20 * MINUTE, task(20 * MINUTE, 'success', { runId: 'r2' }));
    desk.look(30 * MINUTE);
    expect(desk.messages.map(({ state }) => state)).toEqual(['open', 'resolved']);
  });

  test.each([
    ['all', {}, 0],
    ['the rule', { rule: 'broken' }, 0],
    ['another rule', { rule: 'other' }, 1],
    ['the DAG', { dagId: 'market' }, 0],
    ['another DAG', { dagId: 'other' }, 1],
    ['the rule in another DAG', { rule: 'broken', dagId: 'other' }, 1],
  ])('mutes %s', (_, what, told) => {
    const desk = new MemoryDesk(rule());
    desk.wishes = { mutes: [mute(what)], acknowledged: new Set() };
    desk.look(0, task(0, 'failed'));
    desk.look(MINUTE);
    expect(desk.messages.length).toBe(told);
    desk.wishes = { mutes: [], acknowledged: new Set() };
    desk.look(2 * MINUTE);
    expect(desk.messages.length, 'what still fails is told when the mute is taken back').toBe(1);
  });

  test('is told of what still fails when a mute ends', () => {
    const desk = new MemoryDesk(rule());
    desk.wishes = { mutes: [mute({ until: 5 * MINUTE })], acknowledged: new Set() };
    desk.look(0, task(0, 'failed'));
    desk.look(10 * MINUTE);
    expect(desk.messages.map(({ at }) => at.slice(14, 19))).toEqual(['05:10']);
  });
});

describe('what rules look at', () => {
  test('only DAGs and tasks that they name', () => {
    const desk = new MemoryDesk(rule({ dags: ['mar*'], tasks: ['clean', 'x.*'] }));
    desk.look(0, task(0, 'failed', { dagId: 'other' }), task(0, 'failed', { taskId: 'cleaner' }));
    expect(desk.last && isNews(desk.last)).toBe(false);
    desk.look(0, task(0, 'failed', { taskId: 'x.y' }), task(0, 'failed'));
    expect(desk.last?.alerts.length).toBe(2);
  });

  test('runs and deadlines, until a run of the DAG succeeds', () => {
    const desk = new MemoryDesk(rule({ on: 'run_failure' }), rule({ name: 'late', on: 'deadline' }));
    const late = {
      type: 'deadline',
      at: 0,
      isPassed: false,
      dagId: 'market',
      runId: 'r',
      because: 'late',
    } as const;
    desk.look(0, run(0, 'failed'), run(0, 'failed', 'other'), late, { ...late, isPassed: true });
    expect(desk.last?.alerts.map(({ rule, title, count }) => [rule, title, count])).toEqual([
      ['broken', 'A run of market failed', 1],
      ['broken', 'A run of other failed', 1],
      ['late', 'A run of market has missed its deadline', 2],
    ]);
    expect(desk.look(1, run(1, 'success')).turned.map(({ rule, dagId }) => [rule, dagId])).toEqual([
      ['broken', 'market'],
      ['late', 'market'],
    ]);
  });

  test('resources that are used too much for long enough, until they are not', () => {
    const desk = new MemoryDesk(rule({ on: 'resource', resource: 'cpu', threshold: 90, groupBy: 'rule' }));
    const states = [80, 95, 95, 80, 95, 95, 95, 95, 95, 80].map(
      (cpu, at) => desk.look(at * 20_000, sample(at * 20_000, cpu)).alerts[0]?.state ?? '-',
    );
    expect(states.join(' ')).toBe('- - - - - - - open open resolved');
    expect(desk.messages[0]?.text).toContain('95 % of the cpu is in use; the limit is 90 %.');
  });

  test.each([
    ['scheduler_lag', 30, { lagMs: 31_000, queued: 0 }, 'It is 31s behind; the limit is 30 s.'],
    ['queue_length', 100, { lagMs: 0, queued: 100 }, '100 attempts wait for a slot; the limit is 100.'],
  ] as const)('%s', (on, threshold, more, message) => {
    const desk = new MemoryDesk(rule({ on, threshold, forMs: 0 }));
    expect(desk.look(0, sample(0, 1)).alerts).toEqual([]);
    expect(desk.look(1, sample(1, 1, more)).alerts).toMatchObject([{ message, state: 'open' }]);
  });

  test('tasks that take many times their median, until one does not', () => {
    const desk = new MemoryDesk(rule({ on: 'performance', threshold: 3 }));
    const took = (durationMs: number, medianMs: number | null) =>
      desk.look(0, task(0, 'success', { durationMs, medianMs })).alerts[0]?.state ?? '-';
    expect(took(9_000, null)).toBe('-');
    expect(took(900, 10), 'less than a second').toBe('-');
    expect(took(3_000, 1_000)).toBe('-');
    expect(took(3_001, 1_000)).toBe('open');
    expect(took(2_000, 1_000)).toBe('resolved');
  });

  test('errors of orch itself, until there was none for a while', () => {
    const desk = new MemoryDesk(rule({ on: 'system_error', coolDownMs: MINUTE }));
    desk.look(0, { type: 'error', at: 0, message: 'a tick failed', dagId: null, runId: null });
    desk.look(9 * MINUTE);
    expect(desk.titles()).toEqual(['orch has failed at something']);
    desk.look(11 * MINUTE);
    expect(desk.titles()[1]).toBe('Over: orch has failed at something');
    expect(desk.last?.nextAt).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('templates', () => {
  test('say it in other words; one without a value is left out', () => {
    const title = '${{ upper(level) }} ${{ alert.dagId }}: ${{ count }} of ${{ alert.details.reason }}';
    const desk = new MemoryDesk(rule({ windowMs: 0, title, text: '${{ alert.count + alert.title }}' }));
    desk.look(0, task(0, 'failed'));
    expect(desk.messages[0]).toMatchObject({
      title: 'ERROR market: 1 of error',
      text: 'Task clean of market failed: boom Run r1.',
    });
  });
});
