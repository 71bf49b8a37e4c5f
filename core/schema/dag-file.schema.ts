import { type TSchema, Type } from 'typebox';
import { DAG_DEFAULTS, FAN_OUT_DEFAULTS, PRIORITY_LEVELS } from '../model/dag.ts';
import { DAG_HOOKS } from '../model/hook.ts';
import { ID_PATTERN } from '../model/ids.ts';
import { hookProperties } from './hook.schema.ts';
import { SCHEDULE_SCHEMA } from './schedule.schema.ts';
import {
  AFTER_SCHEMA,
  defaultsSchema,
  HOOK_SCHEMA,
  NEEDS_SCHEMA,
  STAGE_SCHEMA,
  TASK_SCHEMA,
  TRIGGER_RULE_SCHEMA,
} from './task.schema.ts';
import {
  closedObject,
  durationSchema,
  mapSchema,
  NAME_PATTERN,
  optionalKeys,
  tagsSchema,
  textSchema,
  wordSchema,
} from './words.schema.ts';

const count = (description: string, more: object = {}): TSchema =>
  Type.Integer({ minimum: 1, maximum: 1_000_000, description, ...more });

/** A group of tasks; `tasks` is the schema of the entries inside. */
export function groupSchema(tasks: TSchema): TSchema {
  const group = closedObject(
    { defaults: Type.Optional(defaultsSchema('group')), tasks },
    { description: 'Tasks under a common name.' },
  );
  return closedObject(
    {
      ...optionalKeys({
        description: textSchema('What the group is for, for people.'),
        stage: STAGE_SCHEMA,
        after: AFTER_SCHEMA,
      }),
      group,
    },
    { description: 'A group: tasks under a common name, with common defaults.' },
  );
}

/** A keyed fan-out; `tasks` is the schema of the entries inside. */
export function forEachSchema(tasks: TSchema): TSchema {
  const forEach = closedObject(
    {
      over: Type.Union(
        [
          Type.String({ minLength: 1, maxLength: 65_536 }),
          Type.Array(Type.Unsafe({}), { maxItems: 100_000 }),
        ],
        {
          description:
            'The items: ${{ }} around an expression that gives a list, or a list. Its tasks ' +
            'exist once per item.',
          examples: ['${{ params.symbols }}', ['BTC-USD', 'ETH-USD']],
        },
      ),
      ...optionalKeys({
        key: Type.String({
          minLength: 1,
          maxLength: 65_536,
          description: '${{ }} around an expression over `item` that gives its key; absent: the item itself.',
          examples: ['${{ item.symbol }}'],
        }),
        as: Type.String({
          pattern: '^[A-Za-z_][A-Za-z0-9_]{0,127}$',
          description: 'Another name for `item` in expressions.',
          examples: ['symbol'],
        }),
        maxParallel: count('Instances of the tasks inside that may be active at once.', { examples: [8] }),
        maxKeys: count('Keys allowed; more of them are an error.', { default: FAN_OUT_DEFAULTS.maxKeys }),
        minSuccess: Type.Number({
          exclusiveMinimum: 0,
          maximum: 1_000_000,
          description:
            'How many keys must succeed for the fan-out to count as a success: a share below 1, or a number.',
          examples: [0.8, 3],
        }),
        returns: textSchema(
          'The task inside whose outputs are the result of the fan-out; the only last one if absent.',
          {
            examples: ['backtest'],
          },
        ),
        defaults: defaultsSchema('fan-out'),
      }),
      tasks,
    },
    { description: 'Tasks that exist once per key.' },
  );
  return closedObject(
    {
      ...optionalKeys({
        description: textSchema('What the fan-out is for, for people.'),
        stage: STAGE_SCHEMA,
        triggerRule: TRIGGER_RULE_SCHEMA,
        needs: NEEDS_SCHEMA,
        after: AFTER_SCHEMA,
      }),
      forEach,
    },
    { description: 'A keyed fan-out: its tasks exist once per item of a list.' },
  );
}

/** A DAG; `tasks` is the schema of its entries. */
export function dagSchema(tasks: TSchema): TSchema {
  const optional = optionalKeys({
    title: textSchema('Its name for people.', { examples: ['Daily prices'] }),
    description: textSchema('What it is for.'),
    owner: textSchema('Who looks after it.', { examples: ['quant-team'] }),
    tags: tagsSchema('Labels to find DAGs by.'),
    params: mapSchema(
      NAME_PATTERN,
      Type.Unsafe({ type: 'object' }),
      'Values that a run is started with: name -> JSON Schema. One without `default` must be given.',
      { maxProperties: 1_000, examples: [{ fast: { type: 'integer', default: 12 } }] },
    ),
    schedule: SCHEDULE_SCHEMA,
    timezone: textSchema('IANA time zone of schedules and of local times.', {
      default: DAG_DEFAULTS.timezone,
      examples: ['Europe/Berlin'],
    }),
    startAt: textSchema('No run belongs to a time before it.', { examples: ['2026-01-01'] }),
    endAt: textSchema('No run belongs to a time after it.', { examples: ['2026-12-31T23:59:59Z'] }),
    catchup: Type.Boolean({ description: 'True: every missed slot gets a run, in order.', default: false }),
    onActivate: wordSchema(['next', 'latest', 'all'], 'Which slots get a run when the DAG becomes active.', {
      default: 'next',
    }),
    overlap: wordSchema(
      ['queue', 'skip', 'cancel_running'],
      'What happens to a scheduled run while the limit of active runs is reached.',
      { default: 'queue' },
    ),
    coalesce: Type.Boolean({ description: 'True: several missed slots give one run.', default: false }),
    misfireGrace: durationSchema('A slot that is later than this gets no run; unlimited if absent.'),
    jitter: durationSchema('Scheduled runs start up to this much later, each DAG in its own way.'),
    maxActiveRuns: count('Runs of this DAG at once.', { default: DAG_DEFAULTS.maxActiveRuns }),
    maxActiveTasks: count('Attempts at once in one run.', { default: DAG_DEFAULTS.maxActiveTasks }),
    maxActiveTasksTotal: count('Attempts at once over all runs of this DAG.'),
    pauseAfterFailures: count('The DAG is paused when so many runs have failed one after the other.'),
    timeout: durationSchema('The longest time of a run; then it is aborted.'),
    deadline: durationSchema('How long after its slot was due, or it was asked for, a run should be over.'),
    priority: wordSchema(PRIORITY_LEVELS, 'The level of its tasks that name none.', {
      default: DAG_DEFAULTS.priority,
    }),
    priorityRule: wordSchema(
      ['absolute', 'downstream', 'upstream'],
      'How weights of tasks count: as written, or with those of everything behind or before.',
      { default: DAG_DEFAULTS.priorityRule },
    ),
    taskType: Type.Boolean({
      description: 'True: its runs are tasks of the queue. It has exactly one task, and no schedule.',
      default: false,
    }),
    defaults: defaultsSchema('DAG'),
  });
  const id = Type.String({
    pattern: ID_PATTERN,
    description: 'The name of the DAG in commands and addresses: letters, digits, _ and -.',
    examples: ['prices_report'],
  });
  const hooks = hookProperties(DAG_HOOKS, HOOK_SCHEMA);
  return closedObject(
    { id, ...optional, ...hooks, tasks },
    { description: 'A DAG: tasks, and what starts them.' },
  );
}

/** The entries of a DAG, group or fan-out where only their names and number are of interest. */
export const ANY_TASKS_SCHEMA: TSchema = Type.Unsafe({
  type: 'object',
  minProperties: 1,
  description: 'Its tasks by id.',
});

const tasks: TSchema = mapSchema(
  ID_PATTERN,
  Type.Unsafe({ $ref: '#/definitions/entry' }),
  'Its tasks, groups and fan-outs by id: letters, digits, _ and -. Paths join ids by dots.',
  { minProperties: 1 },
);

/**
 * The JSON Schema of DAG files for editors: every key described, with keywords only that draft-07 and 2020-12
 * understand alike. `dag.schema.json` at the top of the repository is its text.
 */
export const DAG_FILE_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'orch DAG file',
  ...sharing(plain(dagSchema(tasks))),
  definitions: {
    entry: {
      description: 'A task, a group (`group`) or a keyed fan-out (`forEach`).',
      anyOf: [
        { $ref: '#/definitions/task' },
        { $ref: '#/definitions/group' },
        { $ref: '#/definitions/forEach' },
      ],
    },
    hook: plain(HOOK_SCHEMA),
    task: sharing(plain(TASK_SCHEMA)),
    group: plain(groupSchema(tasks)),
    forEach: plain(forEachSchema(tasks)),
  },
};

/** With references to the schema of a hook, which would stand there 18 times. */
function sharing(schema: Record<string, unknown>): Record<string, unknown> {
  const hook = JSON.stringify(HOOK_SCHEMA);
  return JSON.parse(JSON.stringify(schema).replaceAll(hook, '{"$ref":"#/definitions/hook"}'));
}

/** Schemas of the builder carry hidden marks; JSON does not. */
function plain(schema: TSchema): Record<string, unknown> {
  return JSON.parse(JSON.stringify(schema)) as Record<string, unknown>;
}
