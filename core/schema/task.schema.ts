import { type TSchema, Type } from 'typebox';
import {
  PRIORITY_LEVELS,
  RETRY_DEFAULTS,
  TASK_DEFAULTS,
  TRIGGER_RULES,
  WAIT_DEFAULTS,
} from '../model/dag.ts';
import { TASK_HOOKS } from '../model/hook.ts';
import { ID_PATTERN } from '../model/ids.ts';
import { hookProperties, hookSchema } from './hook.schema.ts';
import {
  ASSET_URI_SCHEMA,
  closedObject,
  durationSchema,
  ENV_NAME_PATTERN,
  expressionSchema,
  mapSchema,
  NAME_PATTERN,
  optionalKeys,
  tagsSchema,
  textSchema,
  valueNames,
  wordSchema,
} from './words.schema.ts';

/** The longest list of one task. 100,000 tasks may lead to one. */
const REFERENCES_MAX = 200_000;
const errorNames = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: 100 });

const retryPolicy = closedObject(
  {
    max: Type.Integer({
      minimum: 0,
      maximum: 1_000,
      description: 'Attempts after the first one.',
      examples: [3],
    }),
    ...optionalKeys({
      delay: durationSchema('Wait before the next attempt, counted from the end of the failed one.', {
        default: '5m',
      }),
      backoff: wordSchema(
        ['fixed', 'linear', 'exponential'],
        'How the delay grows from attempt to attempt.',
        {
          default: RETRY_DEFAULTS.backoff,
        },
      ),
      factor: Type.Number({
        minimum: 1,
        maximum: 100,
        description: 'Growth of an exponential delay.',
        default: RETRY_DEFAULTS.factor,
      }),
      maxDelay: durationSchema('The longest delay.', { default: '1d' }),
      jitter: Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'Share of the delay that is added at most, so that many retries do not come at once.',
        default: RETRY_DEFAULTS.jitter,
      }),
      on: {
        ...errorNames,
        description: 'Retry only errors with one of these names or codes.',
        examples: [['HTTPError']],
      },
      except: {
        ...errorNames,
        description: 'Never retry errors with one of these names or codes.',
        examples: [['404']],
      },
    }),
  },
  { description: 'How failed attempts are retried.' },
);

const env = mapSchema(
  ENV_NAME_PATTERN,
  Type.String({ maxLength: 131_072 }),
  'Environment variables of the attempt; values may hold ${{ }}. They are merged key by key with ' +
    'inherited ones.',
  { examples: [{ FAST: '${{ params.fast }}' }] },
);

/** What tasks inherit from `defaults`. */
export const INHERITED_PROPERTIES: Record<string, TSchema> = optionalKeys({
  retries: Type.Union([Type.Integer({ minimum: 0, maximum: 1_000 }), retryPolicy], {
    description:
      'Attempts after the first one, or a policy. What is not said is taken from the inherited policy.',
    default: 0,
    examples: [3, { max: 5, delay: '2s', backoff: 'exponential' }],
  }),
  timeout: durationSchema('The longest time of one attempt; then it is killed and counts as failed.', {
    default: '1h',
  }),
  killGrace: durationSchema('Time between SIGTERM and SIGKILL of an attempt that must end.', {
    default: '10s',
  }),
  pool: textSchema('The pool whose slots an attempt takes.', {
    pattern: ID_PATTERN,
    default: TASK_DEFAULTS.pool,
    examples: ['exchange_api'],
  }),
  poolSlots: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    description: 'How many slots of the pool an attempt takes.',
    default: TASK_DEFAULTS.poolSlots,
  }),
  priority: Type.Union(
    [
      Type.Unsafe({ type: 'string', enum: PRIORITY_LEVELS }),
      Type.Integer({ minimum: -1_000_000, maximum: 1_000_000 }),
    ],
    {
      description: 'low, normal, high or urgent, strict everywhere; or a weight among the tasks of this DAG.',
      default: TASK_DEFAULTS.priority,
    },
  ),
  env,
  onLost: wordSchema(['retry', 'fail'], 'What follows when the process of an attempt is lost.', {
    default: TASK_DEFAULTS.onLost,
  }),
  memory: Type.Integer({
    minimum: 1,
    maximum: 1_048_576,
    description: 'Memory cap of an attempt in MB; above it the attempt is killed.',
    examples: [512],
  }),
  tags: tagsSchema('Labels to find tasks by.'),
});

/** `defaults:` of a DAG, a group or a fan-out. */
export function defaultsSchema(of: string): TSchema {
  return closedObject(INHERITED_PROPERTIES, {
    description: `What the tasks of this ${of} inherit: DAG < group < task.`,
  });
}

const reference = Type.String({ minLength: 1, maxLength: 4_096 });

/** Order without outputs. */
export const AFTER_SCHEMA: TSchema = Type.Array(reference, {
  maxItems: REFERENCES_MAX,
  description: 'Tasks, groups or fan-outs that must be finished before; their outputs are not taken.',
  examples: [['migrate']],
});

export const NEEDS_SCHEMA: TSchema = Type.Union(
  [
    Type.Unsafe({
      type: 'object',
      propertyNames: { pattern: NAME_PATTERN },
      additionalProperties: reference,
    }),
    Type.Array(reference, { maxItems: REFERENCES_MAX }),
  ],
  {
    description:
      'Inputs: name of the input -> task or fan-out whose output it is. A list takes the last ' +
      'part of each path as its name.',
    examples: [{ prices: 'fetch_prices' }, ['fetch_prices']],
  },
);

export const TRIGGER_RULE_SCHEMA: TSchema = wordSchema(
  TRIGGER_RULES,
  'Which final states of the direct upstreams let it run.',
  { default: TASK_DEFAULTS.triggerRule },
);

export const STAGE_SCHEMA: TSchema = textSchema('The stage that it belongs to; runs may go until a stage.', {
  pattern: ID_PATTERN,
  examples: ['backtest'],
});

const choose = Type.Array(
  Type.Union([
    closedObject(
      {
        when: expressionSchema(
          'A bare expression; the first case whose expression is true is chosen.',
          'needs.vol.vol > 0.6',
        ),
        value: Type.String({ minLength: 1, maxLength: 256, description: 'The value that this case gives.' }),
      },
      { description: 'A case.' },
    ),
    closedObject(
      {
        otherwise: Type.String({
          minLength: 1,
          maxLength: 256,
          description: 'The value if no case is true.',
        }),
      },
      { description: 'The last entry: what is chosen when no case is true.' },
    ),
  ]),
  {
    minItems: 1,
    maxItems: 1_000,
    description:
      'Chooses a value by conditions; other tasks compare it in `when`. Nothing is started for it.',
    examples: [[{ when: 'needs.vol.vol > 0.6', value: 'defensive' }, { otherwise: 'aggressive' }]],
  },
);

const option = Type.String({ minLength: 1, maxLength: 256, pattern: '^\\S(.*\\S)?$' });

const approval = closedObject(
  {
    title: textSchema('The question, for people.', { examples: ['Publish signals?'] }),
    options: Type.Array(option, {
      minItems: 1,
      maxItems: 100,
      description: 'The answers; the one that is chosen is the output, compared in `when` like a choice.',
      examples: [['publish', 'hold']],
    }),
    ...optionalKeys({
      timeout: durationSchema('So long it waits for an answer; otherwise as long as its run.'),
      onTimeout: {
        ...option,
        description: 'The option that holds when nobody answered in time; otherwise it fails.',
      },
    }),
  },
  {
    description: 'Asks people and waits, without a process or slots. They answer with `orch approve`.',
    examples: [
      { title: 'Publish signals?', options: ['publish', 'hold'], timeout: '12h', onTimeout: 'hold' },
    ],
  },
);

const sensor = closedObject(
  {
    every: durationSchema('The time between one look and the next.', { examples: ['30s'] }),
    ...optionalKeys({
      timeout: durationSchema('So long it looks in all, counted from its first look.', { default: '7d' }),
      softFail: Type.Boolean({
        description: 'True: when its time is over it is skipped, not failed.',
        default: false,
      }),
    }),
  },
  {
    description:
      'Looks again and again until what it looks for is there; between the looks it holds no process and ' +
      'no slots. A function returns `notYet`; a command exits with 1.',
    examples: [{ every: '30s', timeout: '6h', softFail: true }],
  },
);

const loop = closedObject(
  {
    until: expressionSchema(
      'A bare expression over `output`; the task is done again until it is true.',
      'output.left == 0',
    ),
    ...optionalKeys({
      maxIterations: Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'After so many iterations the task fails.',
        default: WAIT_DEFAULTS.maxIterations,
      }),
      delay: durationSchema('Wait between one iteration and the next.', { default: '0s' }),
    }),
  },
  {
    description:
      'Does the task again until an expression over its output holds; each finds the output before.',
    examples: [{ until: 'output.left == 0', maxIterations: 50 }],
  },
);

/** The keys of a task beside those that it may inherit. */
export const OWN_TASK_PROPERTIES: Record<string, TSchema> = optionalKeys({
  description: textSchema('What the task does, for people.'),
  stage: STAGE_SCHEMA,
  uses: Type.String({
    minLength: 1,
    maxLength: 4_096,
    description: 'A function: ./file.ts#export relative to this file; or the name of an operator.',
    examples: ['./report.ts#summarise', 'http'],
  }),
  run: Type.Union(
    [
      Type.String({ minLength: 1, maxLength: 131_072 }),
      Type.Array(Type.String({ maxLength: 131_072 }), { minItems: 1, maxItems: 10_000 }),
    ],
    {
      description:
        'A command line for the shell, constant: values arrive as environment variables. Or a ' +
        'list of arguments, which may hold ${{ }}.',
      examples: ['python backtest.py --candles "$KLINE"', ['python', 'backtest.py', '${{ params.fast }}']],
    },
  ),
  skipExitCode: Type.Integer({
    minimum: 1,
    maximum: 255,
    description: 'The exit code with which a command says that it is skipped.',
    default: TASK_DEFAULTS.skipExitCode,
  }),
  choose,
  approval,
  sensor,
  loop,
  needs: NEEDS_SCHEMA,
  after: AFTER_SCHEMA,
  with: Type.Unsafe({
    type: 'object',
    description: 'Params of the function or operator; strings may hold ${{ }}.',
    examples: [{ symbol: '${{ item }}' }],
  }),
  triggerRule: TRIGGER_RULE_SCHEMA,
  when: expressionSchema('A bare expression; false skips the task.', "regime == 'defensive'"),
  shortCircuit: expressionSchema(
    'A bare expression over `output`; false skips everything behind the task.',
    'output.rows > 0',
  ),
  critical: Type.Boolean({ description: 'True: if it fails for good, the run is aborted.', default: false }),
  teardown: Type.Boolean({
    description:
      'True: it cleans up after its setups, whatever happened between, and does not decide the run.',
    default: false,
  }),
  failRun: Type.Boolean({ description: 'True: a failure of this teardown fails the run.', default: false }),
  setups: Type.Array(reference, {
    minItems: 1,
    maxItems: 1_000,
    description: 'The tasks that this teardown cleans up after.',
    examples: [['start_cluster']],
  }),
  maxActive: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    description: 'Attempts of this task at once, over all runs of the DAG.',
  }),
  maxActivePerRun: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    description: 'Attempts of this task at once in one run.',
  }),
  dependsOnPast: Type.Boolean({
    description:
      'True: it waits until the same task of the run of the slot before has succeeded or was skipped.',
    default: false,
  }),
  waitForDownstream: Type.Boolean({
    description: 'True: dependsOnPast, and what comes directly after it in that run has ended well too.',
    default: false,
  }),
  latestOnly: Type.Boolean({
    description: 'True: it is skipped in a run of a slot after which another one is due already.',
    default: false,
  }),
  produces: Type.Array(ASSET_URI_SCHEMA, {
    maxItems: 100,
    description: 'URIs of assets: each success of the task is an event of each of them.',
    examples: [['duckdb://market/candles']],
  }),
  variables: valueNames('Variables', 'ctx.variable(name), a command as ORCH_VAR_<name>', 'api_key'),
  connections: valueNames('Connections', 'ctx.connection(name), a command as JSON in ORCH_CONN_<name>', 'db'),
  cache: Type.Union(
    [
      Type.Boolean(),
      closedObject({ ttl: durationSchema('So long a success stands for later ones.', { examples: ['1d'] }) }),
    ],
    {
      description:
        'True: an earlier success with the same code, params, inputs and key stands for the task, which is ' +
        'not run then. What else it reads, such as files or the time, is not looked at.',
      default: false,
      examples: [true, { ttl: '1d' }],
    },
  ),
});

const { uses, run, with: params } = OWN_TASK_PROPERTIES;
const { retries, timeout, env: variables } = INHERITED_PROPERTIES;
/** What a hook may have. */
export const HOOK_SCHEMA = hookSchema({ uses, run, with: params, retries, timeout, env: variables });

/** A task: something that is run, chosen, or joins others. */
export const TASK_SCHEMA: TSchema = closedObject(
  { ...OWN_TASK_PROPERTIES, ...hookProperties(TASK_HOOKS, HOOK_SCHEMA), ...INHERITED_PROPERTIES },
  {
    description:
      'A task: a function or operator (uses), a command (run), a choice (choose), a question (approval), ' +
      'or a join of others.',
  },
);
