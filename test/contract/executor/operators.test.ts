import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bench, makeProject } from './harness.ts';

const GREET = `
import { defineOperator, Type } from 'orch';
export const greet = defineOperator({
  description: 'Greets.',
  params: Type.Object({ name: Type.String(), times: Type.Integer({ default: 2, minimum: 1 }) }),
  isolation: 'shared',
  validate: ({ name }) => {
    if (name === 'r2') throw new Error('name has digits');
    return name === 'nobody' ? ['name must be somebody'] : [];
  },
  execute({ name, times }, ctx) {
    if (name === 'error') throw new Error('cannot greet');
    return { said: Array(times).fill('hello ' + name), inputs: ctx.inputs };
  },
  cleanup: (_, ctx) => ctx.log.info('cleaned'),
  hooks: {
    onRetry: (_, ctx) => ctx.log.info('retry ' + ctx.attempt),
    onSuccess: (_, ctx, output) => {
      ctx.log.info('greeted ' + output.said.length);
      throw new Error('hook is broken');
    },
    onFailure: (_, ctx, error) => ctx.log.info('sorry: ' + error.message),
  },
});
`;

/** Waits for ever: `hangs` ignores its signal, `ends` returns when it is told to end. */
const WAIT = `
import { defineOperator } from 'orch';
export default defineOperator({
  params: { type: 'object', properties: { how: { type: 'string' } } },
  execute: ({ how }, ctx) => new Promise((resolve) => {
    ctx.metric('running', 1);
    if (how === 'ends') ctx.signal.addEventListener('abort', () => resolve('half'));
  }),
  cleanup: (_, ctx) => ctx.log.info('cleaned'),
  hooks: {
    onSuccess: (_, ctx, output) => ctx.log.info('success ' + output),
    onFailure: (_, ctx, error) => ctx.log.info('sorry: ' + error.name),
  },
});
`;

let bench: Bench;
beforeAll(async () => {
  const files = {
    'dags/work.ts': '',
    'operators/greet.ts': GREET,
    'operators/wait.ts': WAIT,
    'operators/broken.ts': 'throw new Error("at load");',
    'operators/none.ts': 'export const a = 1;',
  };
  bench = new Bench(makeProject(files));
  await bench.executor.start();
});
afterAll(async () => bench.close());

const greet = (params: { [name: string]: string | number }, parts = {}) =>
  bench.submit({ kind: 'operator', operator: 'greet' }, { isolation: 'shared', with: params, ...parts });

test('an operator is found by its file name and gets its params with defaults, and its inputs', async () => {
  const id = greet({ name: '${{ needs.who }}' }, { needs: { who: 'Ada' }, try: 2 });
  expect(await bench.output(id)).toEqual({ said: ['hello Ada', 'hello Ada'], inputs: { who: 'Ada' } });
  const lines = await bench.lines(id);
  expect(lines.filter((line) => line.startsWith('info:'))).toEqual([
    'info: retry 2',
    'info: greeted 2',
    'info: cleaned',
  ]);
  expect(lines.find((line) => line.startsWith('warn:'))).toContain('onSuccess failed: Error: hook is broken');
});

test('clean-up and the failure hook run when it fails', async () => {
  const id = greet({ name: 'error', times: 1 });
  expect(await bench.outcome(id)).toMatchObject({ kind: 'failed', error: { message: 'cannot greet' } });
  expect(await bench.lines(id)).toEqual([
    'info: sorry: cannot greet',
    'info: cleaned',
    'error: Error: cannot greet',
    expect.stringMatching(/^error: {5}at .*\(operators\/greet\.ts:\d+:\d+\)$/),
  ]);
});

test('params that are wrong fail for good, by schema and by validate', async () => {
  expect(await bench.outcome(greet({ times: 0 }))).toMatchObject({ kind: 'failed', final: true });
  const nobody = await bench.outcome(greet({ name: 'nobody' }));
  expect(nobody).toMatchObject({ final: true, error: { message: 'operator greet: name must be somebody' } });
  const thrown = await bench.outcome(greet({ name: 'r2' }));
  expect(thrown).toMatchObject({ final: true, error: { message: 'operator greet: name has digits' } });
});

test('a name that is none names those there are', async () => {
  const outcome = await bench.outcome(bench.submit({ kind: 'operator', operator: '../greet' }));
  expect(outcome).toMatchObject({
    error: { message: /There is no operator '\.\.\/greet'\. Known operators: .*greet/ },
  });
});

test('a file that defines no operator says what it must export', async () => {
  const outcome = await bench.outcome(bench.submit({ kind: 'operator', operator: 'none' }));
  const message = 'none.ts exports no operator: export one that was made with defineOperator.';
  expect(outcome).toMatchObject({ kind: 'failed', error: { message } });
});

test.each(['hangs', 'ends'])(
  'an operator that %s at its timeout is cleaned up, and has failed',
  async (how) => {
    const id = bench.submit(
      { kind: 'operator', operator: 'wait' },
      { with: { how }, timeoutMs: 1_500, killGraceMs: 5_000 },
    );
    await bench.metric(id, 'running');
    expect(await bench.outcome(id)).toEqual({ kind: 'timeout' });
    expect(await bench.lines(id)).toEqual(['info: sorry: AbortError', 'info: cleaned']);
  },
);

test('an operator that finishes its work after a cancel has its result', async () => {
  const id = bench.submit({ kind: 'operator', operator: 'wait' }, { with: { how: 'ends' } });
  await bench.metric(id, 'running');
  bench.executor.stop(id, 'user', 5_000);
  expect(await bench.output(id)).toBe('half');
  expect(await bench.lines(id)).toEqual(['info: success half', 'info: cleaned']);
});
