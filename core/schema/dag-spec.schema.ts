import { type TSchema, Type } from 'typebox';
import { PRIORITY_LEVELS, TRIGGER_RULES } from '../model/dag.ts';
import { DAG_HOOKS, TASK_HOOKS } from '../model/hook.ts';
import { ID_PATTERN } from '../model/ids.ts';
import { closedObject, optionalKeys, wordSchema } from './words.schema.ts';

const text = Type.String();
const texts = Type.Array(text);
const yes = Type.Literal(true);
const count = Type.Integer({ minimum: 1 });
const durationMs = Type.Integer({ minimum: 0 });
const path = Type.String({ minLength: 1 });
const paths = Type.Unsafe({ type: 'object', additionalProperties: path });
const anything = Type.Unsafe({ type: 'object' });
const rule = wordSchema(TRIGGER_RULES, '');

const withKind = (kind: string, keys: Record<string, TSchema>): TSchema =>
  closedObject({ kind: Type.Literal(kind), ...keys });

const action = Type.Unsafe({
  type: 'object',
  required: ['kind'],
  discriminator: { propertyName: 'kind' },
  oneOf: [
    withKind('function', { ref: path }),
    withKind('shell', {
      run: Type.Union([path, Type.Array(text, { minItems: 1 })]),
      skipExitCode: Type.Optional(count),
    }),
    withKind('operator', { operator: path }),
    withKind('choose', {
      cases: Type.Array(closedObject({ when: path, value: path })),
      otherwise: Type.Optional(path),
    }),
    withKind('approval', {
      title: text,
      options: Type.Array(path, { minItems: 1 }),
      ...optionalKeys({ answerWithinMs: durationMs, onTimeout: path }),
    }),
    withKind('pass', {}),
  ],
});

const retries = closedObject({
  max: count,
  ...optionalKeys({
    delayMs: durationMs,
    backoff: wordSchema(['fixed', 'linear', 'exponential'], ''),
    factor: Type.Number({ minimum: 1 }),
    maxDelayMs: durationMs,
    jitter: Type.Number({ minimum: 0, maximum: 1 }),
    on: texts,
    except: texts,
  }),
});

const hook = closedObject({
  action,
  ...optionalKeys({
    with: anything,
    env: Type.Unsafe({ type: 'object', additionalProperties: text }),
    retries: closedObject({
      max: Type.Integer({ minimum: 0 }),
      ...optionalKeys({
        delayMs: durationMs,
        backoff: wordSchema(['fixed', 'linear', 'exponential'], ''),
        factor: Type.Number({ minimum: 1 }),
        maxDelayMs: durationMs,
        jitter: Type.Number({ minimum: 0, maximum: 1 }),
      }),
    }),
    timeoutMs: durationMs,
  }),
});
const hooksOf = (names: readonly string[]): TSchema =>
  closedObject(
    optionalKeys(Object.fromEntries(names.map((name) => [name, Type.Array(hook, { minItems: 1 })]))),
  );

const task = closedObject({
  path,
  action,
  ...optionalKeys({
    description: text,
    fanOut: Type.Integer({ minimum: 0 }),
    stage: text,
    needs: paths,
    after: texts,
    triggerRule: rule,
    when: path,
    shortCircuit: path,
    with: anything,
    env: Type.Unsafe({ type: 'object', additionalProperties: text }),
    variables: texts,
    connections: texts,
    sensor: closedObject({ everyMs: count, ...optionalKeys({ giveUpMs: count, softFail: yes }) }),
    loop: closedObject({
      until: path,
      ...optionalKeys({ maxIterations: count, delayMs: durationMs }),
    }),
    retries,
    timeoutMs: durationMs,
    killGraceMs: durationMs,
    critical: yes,
    teardown: yes,
    failRun: yes,
    setups: texts,
    pool: path,
    poolSlots: count,
    priority: Type.Union([wordSchema(PRIORITY_LEVELS, ''), Type.Integer()]),
    maxActive: count,
    maxActivePerRun: count,
    onLost: wordSchema(['retry', 'fail'], ''),
    memoryMb: count,
    produces: texts,
    cache: Type.Union([yes, closedObject({ ttlMs: durationMs })]),
    tags: texts,
    dependsOnPast: yes,
    waitForDownstream: yes,
    latestOnly: yes,
    hooks: hooksOf(TASK_HOOKS),
  }),
});

const fanOut = closedObject({
  path,
  over: path,
  ...optionalKeys({
    parent: Type.Integer({ minimum: 0 }),
    key: path,
    needs: paths,
    after: texts,
    triggerRule: rule,
    as: path,
    maxParallel: count,
    maxKeys: count,
    minSuccess: Type.Number({ exclusiveMinimum: 0 }),
    returns: path,
  }),
});

const schedule = Type.Unsafe({
  type: 'object',
  required: ['kind'],
  discriminator: { propertyName: 'kind' },
  oneOf: [
    withKind('cron', { cron: path, tz: Type.Optional(path), interval: Type.Optional(yes) }),
    withKind('every', { everyMs: count }),
    withKind('at', { at: texts }),
    withKind('assets', { match: wordSchema(['all', 'any'], ''), assets: texts }),
    withKind('file', { file: path, settleMs: Type.Optional(durationMs) }),
  ],
});

/**
 * The JSON Schema of the canonical `DagSpec`: what comes from the process that evaluates DAG files must fit
 * it.
 */
export const DAG_SPEC_SCHEMA: TSchema = closedObject({
  v: Type.Literal(1),
  id: Type.String({ pattern: ID_PATTERN }),
  tasks: Type.Array(task, { minItems: 1 }),
  ...optionalKeys({
    title: text,
    description: text,
    owner: text,
    tags: texts,
    params: anything,
    schedule: Type.Array(schedule),
    timezone: path,
    startAt: path,
    endAt: path,
    catchup: yes,
    onActivate: wordSchema(['latest', 'all'], ''),
    overlap: wordSchema(['skip', 'cancel_running'], ''),
    coalesce: yes,
    misfireGraceMs: durationMs,
    jitterMs: durationMs,
    maxActiveRuns: count,
    maxActiveTasks: count,
    maxActiveTasksTotal: count,
    timeoutMs: durationMs,
    deadlineMs: durationMs,
    hooks: hooksOf(DAG_HOOKS),
    priority: wordSchema(PRIORITY_LEVELS, ''),
    priorityRule: wordSchema(['downstream', 'upstream'], ''),
    pauseAfterFailures: count,
    taskType: yes,
    fanOuts: Type.Array(fanOut),
  }),
});
