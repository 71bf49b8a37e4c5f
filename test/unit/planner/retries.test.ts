import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../core/model/attempt.ts';
import type { RetryPolicy, TaskSpec } from '../../../core/model/dag.ts';
import { chanceOf, decideRetry, retryDelay } from '../../../core/planner/retry.ts';
import { airflowData } from './airflow-data.ts';
import { dagOf, FAILURE, Simulation, SUCCESS, statesOf, task } from './simulation.ts';

interface Row {
  readonly retry_delay_s: number;
  readonly failed_attempt: number;
  readonly max_retry_delay_s: number | null;
  readonly wait_s_min: number;
  readonly wait_s_max: number;
}

const data = airflowData<{ table: Row[] }>('retries');

// The tables of Airflow's behaviour lie beside the project, not in it.
describe.skipIf(!data)('exponential back-off of Airflow', () => {
  const rows = data?.table ?? [];
  const policyOf = (row: Row): RetryPolicy => ({
    max: 100,
    backoff: 'exponential',
    delayMs: row.retry_delay_s * 1_000,
    jitter: 1,
    ...(row.max_retry_delay_s === null ? {} : { maxDelayMs: row.max_retry_delay_s * 1_000 }),
  });

  test('with jitter 1 every wait of a whole second or more lies in its window', () => {
    const whole = rows.filter((row) => row.retry_delay_s >= 1);
    for (const row of whole) {
      const shortest = retryDelay(policyOf(row), row.failed_attempt, 0);
      const longest = retryDelay(policyOf(row), row.failed_attempt, 0.999_999);
      expect([row, Math.ceil(shortest / 1_000)]).toEqual([row, row.wait_s_min]);
      expect(longest).toBeLessThanOrEqual((row.wait_s_max + 1) * 1_000);
      expect(longest).toBeGreaterThanOrEqual(shortest);
    }
    expect([rows.length, whole.length]).toEqual([198, WHOLE_ROWS]);
  });

  test('below a second orch waits as told, where Airflow waits a second', () => {
    for (const row of rows.filter((one) => one.retry_delay_s < 1 && one.failed_attempt === 1)) {
      expect([row.wait_s_min, retryDelay(policyOf(row), 1, 0)]).toEqual([1, row.retry_delay_s * 1_000]);
    }
  });
});

const WHOLE_ROWS = 154;

describe('back-off', () => {
  const cases: [RetryPolicy, number[]][] = [
    [{ max: 9 }, [300_000, 300_000, 300_000]],
    [{ max: 9, delayMs: 0 }, [0, 0, 0]],
    [{ max: 999, delayMs: 0, backoff: 'exponential', factor: 100 }, new Array(200).fill(0)],
    [{ max: 9, delayMs: 100, backoff: 'fixed' }, [100, 100, 100]],
    [{ max: 9, delayMs: 100, backoff: 'linear' }, [100, 200, 300]],
    [{ max: 9, delayMs: 100, backoff: 'exponential' }, [100, 200, 400]],
    [{ max: 9, delayMs: 100, backoff: 'exponential', factor: 3 }, [100, 300, 900]],
    [{ max: 9, delayMs: 100, backoff: 'exponential', factor: 3, maxDelayMs: 250 }, [100, 250, 250]],
    [{ max: 9, delayMs: 100, backoff: 'linear', maxDelayMs: 150 }, [100, 150, 150]],
  ];
  test.each(cases)('%j', (retries, waits) => {
    const sim = new Simulation();
    const starts: number[] = [];
    sim.behaviour = (_, tryNo) => {
      starts.push(sim.now);
      return tryNo <= waits.length ? FAILURE : SUCCESS;
    };
    const run = sim.trigger(dagOf([task('a', { retries })]));
    sim.run();
    expect(statesOf(run)).toEqual({ a: 'success' });
    expect(starts.slice(1).map((at, index) => at - (starts[index] as number))).toEqual(waits);
  });

  test('the wait begins when the attempt ended, not when the planner heard of it', () => {
    const sim = new Simulation();
    sim.behaviour = () => 'hang';
    sim.trigger(dagOf([task('a', { retries: { max: 1, delayMs: 1_000 } })]));
    sim.turn();
    sim.end('a', FAILURE);
    const endedAt = sim.now;
    sim.now += 400;
    sim.turn();
    expect(sim.store?.row(1, 0)?.dueAt).toBe(endedAt + 1_000);
    sim.now = endedAt + 999;
    expect(sim.turn().dispatch).toHaveLength(0);
    sim.now = endedAt + 1_000;
    expect(sim.turn().dispatch).toHaveLength(1);
  });

  test('jitter stays in its share, is the same for the same attempt, and the cap holds', () => {
    const policy = fc.record({
      max: fc.constant(5),
      delayMs: fc.nat(10_000_000),
      backoff: fc.constantFrom('fixed' as const, 'linear' as const, 'exponential' as const),
      factor: fc.double({ min: 1, max: 100, noNaN: true }),
      maxDelayMs: fc.nat(1_000_000_000),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const property = fc.property(
      policy,
      fc.integer({ min: 1, max: 1_000 }),
      fc.string(),
      (retries, failures, text) => {
        const chance = chanceOf(text);
        const wait = retryDelay(retries, failures, chance);
        const without = retryDelay({ ...retries, jitter: 0 }, failures, chance);
        expect(chance >= 0 && chance < 1).toBe(true);
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeLessThanOrEqual(Math.min(retries.maxDelayMs, 7 * 86_400_000));
        expect(wait).toBeGreaterThanOrEqual(without);
        expect(wait).toBeLessThanOrEqual(Math.ceil(without * (1 + retries.jitter)) + 1);
        expect(retryDelay(retries, failures, chanceOf(text))).toBe(wait);
      },
    );
    fc.assert(property);
  });
});

describe('which failures are retried', () => {
  const error = { name: 'HTTPError', message: 'no', code: 'E503' };
  const failed: Outcome = { kind: 'failed', error };
  const exit: Outcome = { kind: 'failed', error: { name: 'ExitCode', message: 'exit', exitCode: 7 } };
  const rows: [string, Partial<RetryPolicy>, Outcome, number, boolean | string][] = [
    ['within max', { max: 2 }, failed, 2, true],
    ['max reached', { max: 2 }, failed, 3, 'retries_spent'],
    ['no retries', { max: 0 }, failed, 1, 'final_failure'],
    ['FatalError', { max: 9 }, { ...failed, final: true }, 1, 'final_failure'],
    ['RetryableError beats except', { max: 9, except: ['HTTPError'] }, { ...failed, retry: true }, 1, true],
    ['RetryableError beyond max', { max: 1 }, { ...failed, retry: true }, 2, 'retries_spent'],
    ['on by name', { max: 1, on: ['HTTPError'] }, failed, 1, true],
    ['on by code', { max: 1, on: ['E503'] }, failed, 1, true],
    ['on by exit code', { max: 1, on: ['exit:7'] }, exit, 1, true],
    ['on something else', { max: 1, on: ['exit:8'] }, exit, 1, 'not_retryable'],
    ['except by name', { max: 1, except: ['HTTPError'] }, failed, 1, 'not_retryable'],
    ['except beats on', { max: 1, on: ['E503'], except: ['HTTPError'] }, failed, 1, 'not_retryable'],
    ['timeout by default', { max: 1 }, { kind: 'timeout' }, 1, true],
    ['timeout excepted', { max: 1, except: ['timeout'] }, { kind: 'timeout' }, 1, 'not_retryable'],
    ['memory on list', { max: 1, on: ['memory'] }, { kind: 'memory' }, 1, true],
    ['rejected output', { max: 1, on: ['rejected_output'] }, { kind: 'rejected_output', error }, 1, true],
  ];
  test.each(rows)('%s', (_, policy, outcome, failures, expected) => {
    const decision = decideRetry({ max: 0, ...policy }, outcome, failures);
    expect(decision.retry ? true : decision.why).toBe(expected);
  });

  test('an attempt says how long to wait at least', () => {
    const sim = new Simulation();
    const starts: number[] = [];
    sim.behaviour = (_, tryNo) => {
      starts.push(sim.now);
      return tryNo === 1 ? ({ ...FAILURE, retryAfterMs: 7_000 } as Outcome) : SUCCESS;
    };
    sim.trigger(dagOf([task('a', { retries: { max: 1, delayMs: 1_000 } })]));
    sim.run();
    expect((starts[1] as number) - (starts[0] as number)).toBe(7_000);
  });
});

describe('lost attempts', () => {
  const lost: Outcome = { kind: 'lost', detail: 'gone' };
  const play = (
    more: Partial<TaskSpec>,
    outcomes: readonly Outcome[],
  ): { state: string; tries: number; row: unknown } => {
    const sim = new Simulation();
    sim.behaviour = (_, tryNo) => outcomes[tryNo - 1] ?? SUCCESS;
    const run = sim.trigger(dagOf([task('a', more)]));
    sim.run();
    const row = sim.store?.row(1, 0);
    return {
      state: statesOf(run)['a'] as string,
      tries: run.tryNo[0] as number,
      row: [row?.reason, row?.because?.code],
    };
  };

  test('are replaced at once without using up retries', () => {
    expect(play({}, [lost, lost, lost])).toEqual({ state: 'success', tries: 4, row: [null, 'succeeded'] });
  });
  test('have a small budget of their own', () => {
    expect(play({}, [lost, lost, lost, lost])).toEqual({
      state: 'failed',
      tries: 4,
      row: ['lost', 'lost_too_often'],
    });
  });
  test('with onLost fail none is replaced', () => {
    const row = ['lost', 'attempt_lost'];
    expect(play({ onLost: 'fail', retries: { max: 5, delayMs: 0 } }, [lost])).toEqual({
      state: 'failed',
      tries: 1,
      row,
    });
  });
  test('do not count as failures between failures', () => {
    const retries = { max: 1, delayMs: 0 };
    expect(play({ retries }, [FAILURE, lost, lost, FAILURE])).toEqual({
      state: 'failed',
      tries: 4,
      row: ['error', 'retries_spent'],
    });
  });
});
