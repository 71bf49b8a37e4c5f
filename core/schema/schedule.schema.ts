import { type TSchema, Type } from 'typebox';
import { ASSET_URI_SCHEMA, closedObject, durationSchema, optionalKeys, textSchema } from './words.schema.ts';

const tz = textSchema('IANA time zone of the cron fields; the zone of the DAG if absent.', {
  examples: ['Europe/Berlin', 'America/New_York'],
});

const cron = closedObject(
  {
    cron: textSchema('Five cron fields, six with seconds first, or a macro such as @daily.', {
      examples: ['0 6 * * *', '0 */4 * * *', '30 9 * * mon-fri', '@hourly'],
    }),
    tz: Type.Optional(tz),
    interval: Type.Optional(
      Type.Boolean({
        description:
          'True: a run covers the interval that ends at its tick. False: a run belongs to the tick alone.',
        default: false,
      }),
    ),
  },
  { description: 'At the ticks of a cron expression.' },
);

const every = closedObject(
  {
    every: durationSchema('The distance between two runs, on a fixed grid that starts at startAt.', {
      examples: ['15m'],
    }),
  },
  { description: 'At fixed distances, in elapsed time.' },
);

const instant = Type.String({ minLength: 1, maxLength: 64 });

const at = closedObject(
  {
    at: Type.Union([instant, Type.Array(instant, { minItems: 1, maxItems: 10_000 })], {
      description: 'One instant or several; without an offset they are local times of the zone of the DAG.',
      examples: ['2030-01-31T06:00:00Z', ['2030-01-31', '2030-02-28T18:00']],
    }),
  },
  { description: 'Once, or at given instants.' },
);

const uris = Type.Array(ASSET_URI_SCHEMA, {
  minItems: 1,
  maxItems: 100,
  description: 'URIs of assets.',
});

const assets = closedObject(
  {
    assets: Type.Union(
      [
        closedObject(
          { all: uris },
          { description: 'When every one of them has an event since the last run.' },
        ),
        closedObject({ any: uris }, { description: 'When one of them has an event.' }),
      ],
      {
        description: 'The assets whose events start a run: all of them, or any of them.',
        examples: [{ all: ['duckdb://market/candles', 's3://research/signals'] }],
      },
    ),
  },
  { description: 'When assets have changed.' },
);

const file = closedObject(
  {
    file: textSchema(
      'Files, relative to the project; * and ? may stand in the name of the file, not in its folders.',
      { minLength: 1, maxLength: 1_024, examples: ['inbox/*.csv'] },
    ),
    settle: Type.Optional(
      durationSchema('For how long size and time of change must stand still before a file counts.', {
        default: '2s',
      }),
    ),
  },
  { description: 'One run for each file that is new or changed.' },
);

const field = (what: string, example: string): TSchema =>
  Type.Union([Type.String({ minLength: 1, maxLength: 256 }), Type.Integer({ minimum: 0, maximum: 59 })], {
    description: `${what} Everything below the smallest field given is 0, everything above it is every.`,
    examples: [example],
  });

const fields = closedObject(
  optionalKeys({
    second: field('Seconds, 0-59.', '0'),
    minute: field('Minutes, 0-59.', '*/15'),
    hour: field('Hours, 0-23.', '9'),
    dayOfMonth: field('Days of the month, 1-31, or L for the last.', 'L'),
    month: field('Months, 1-12 or jan-dec.', 'jan-jun'),
    dayOfWeek: field('Days of the week, 0-7 (0 and 7 are Sunday) or sun-sat.', 'mon-fri'),
    tz,
  }),
  { minProperties: 1, description: 'The fields of a cron expression one by one.' },
);

const cronText = Type.String({
  minLength: 1,
  maxLength: 256,
  description: 'A cron expression: five fields, six with seconds first, or a macro such as @daily.',
  examples: ['0 6 * * *'],
});

const one: readonly TSchema[] = [cronText, cron, every, at, assets, file, fields];

/** When runs start by themselves. */
export const SCHEDULE_SCHEMA: TSchema = Type.Union(
  [
    ...one,
    Type.Array(Type.Union([...one]), {
      minItems: 1,
      maxItems: 100,
      description: 'Several schedules at once.',
    }),
  ],
  {
    description:
      'When runs start by themselves: a cron expression, an interval, dates, assets, files, or a list of ' +
      'such.',
    examples: [
      '0 6 * * *',
      { cron: '0 6 * * *', tz: 'UTC' },
      { every: '15m' },
      { assets: { any: ['duckdb://market/candles'] } },
      { file: 'inbox/*.csv' },
      { hour: 9, minute: 0, dayOfWeek: 'mon-fri' },
    ],
  },
);
