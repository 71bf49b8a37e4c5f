import type { JsonText } from '../model/json.ts';

/** What a column that holds JSON holds, and what becomes of a text in it that cannot be read. */
export interface TextColumn {
  readonly kind: 'object' | 'array' | 'value';
  /** What such a text counts as: it has the shape that readers rely on. */
  readonly empty: JsonText | null;
  /**
   * `empty`: it only tells of something, or counts as nothing in any case, so a repair writes what it counts
   * as. `row`: its row only saves time and goes. Otherwise what needs it is not done, and this is what people
   * can do about it.
   */
  readonly repair: 'empty' | 'row' | { readonly left: string };
}

const tells = (kind: TextColumn['kind'], empty: JsonText | null): TextColumn => ({
  kind,
  empty,
  repair: 'empty',
});
const needed = (kind: TextColumn['kind'], empty: JsonText | null, left: string): TextColumn => ({
  kind,
  empty,
  repair: { left },
});
const FACTS = tells('object', '{}');
const ERROR = tells('object', null);
const SAVES_TIME: TextColumn = { kind: 'value', empty: null, repair: 'row' };
const RUN = 'what the run was given is not stored: trigger another one, and delete it once it is over';
const BACKFILL = 'what the backfill was given is not stored: it stands still; cancel it and make another one';
const SCHEDULE = 'when its slots are due is not stored, so it has none: delete it and make another one';
const HOOK = 'what the hook is about is not stored: it does not run, and goes with its run';

/** The columns that hold JSON, by table: those of the tables' types that are `JsonText`, and no others. */
export const TEXT_COLUMNS = {
  account: { grants: tells('array', '[]') },
  ad_hoc_schedule: {
    plan: needed(
      'object',
      '{"when":{"kind":"at","at":[]},"params":{},"scope":{},"catchup":false,"misfireGraceMs":null}',
      SCHEDULE,
    ),
    last: tells('object', null),
    // Nobody of that name has the right to anything, whereas no maker at all would need none.
    maker: tells('object', '{"principal":"account:","since":0}'),
  },
  alert: { details: tells('object', '{}') },
  alert_delivery: {
    message: tells(
      'object',
      '{"id":"","state":"open","rule":"","level":"info","type":null,"group":"",' +
        '"at":"1970-01-01T00:00:00.000Z","title":"(a message that cannot be read)","text":"",' +
        '"count":0,"alerts":[]}',
    ),
  },
  api_token: { grants: tells('array', '[]') },
  asset_event: { extra: tells('object', null) },
  backfill: { scope: needed('object', '{}', BACKFILL), params: needed('object', '{}', BACKFILL) },
  broken_file: { diagnostics: tells('array', '[]') },
  cache_entry: {
    json: SAVES_TIME,
    artifacts: { ...SAVES_TIME, kind: 'array' },
    parts: { ...SAVES_TIME, kind: 'object' },
  },
  dag_run: {
    params: needed('object', '{}', RUN),
    scope: needed('object', '{}', RUN),
    facts: FACTS,
    counts: tells('object', '{}'),
    cause: tells('object', '{"events":[],"file":null}'),
  },
  dag_version: {
    spec: needed(
      'object',
      '{"v":1,"id":"","tasks":[]}',
      'what the version was is not stored: change the DAG file, which gives a new one, or restore a backup',
    ),
  },
  hook_job: {
    event: needed(
      'object',
      '{"id":"","hook":"onFailure","dag":"","run":"","task":null,"key":null,"try":0,"state":"",' +
        '"reason":null,"cause":"none","because":""}',
      HOOK,
    ),
    error: ERROR,
  },
  inbox: {
    request: tells('object', '{"type":"unreadable"}'),
    answer: tells('object', '{"ok":false,"code":"internal","message":"the answer cannot be read"}'),
  },
  journal: { facts: FACTS },
  kept_reply: { holder: tells('object', null) },
  lease: { holder: tells('object', null) },
  metric_sample: { figures: { kind: 'object', empty: null, repair: 'row' } },
  run_expansion: {
    keys: needed('array', '[]', RUN),
    items: needed('array', '[]', RUN),
    gone: needed('array', '[]', RUN),
  },
  scheduler_fact: { value: { kind: 'value', empty: null, repair: 'row' } },
  slot_span: { facts: FACTS },
  task_attempt: { facts: FACTS, error: ERROR },
  task_cache: { parts: tells('object', '{}'), facts: FACTS },
  task_checkpoint: { state: tells('value', null) },
  task_instance: { facts: FACTS, error: ERROR },
  task_output: {
    json: needed(
      'value',
      null,
      'what the task gave is not stored: trigger another run, and delete this one once it is over',
    ),
  },
} as const satisfies { readonly [table: string]: { readonly [column: string]: TextColumn } };

type Tables = typeof TEXT_COLUMNS;
/** A column that holds JSON, such as `dag_run.params`. */
export type TextName = { [Table in keyof Tables]: `${Table}.${keyof Tables[Table] & string}` }[keyof Tables];

const BY_NAME = new Map<string, TextColumn>(
  Object.entries(TEXT_COLUMNS).flatMap(([table, columns]) =>
    Object.entries(columns).map(([column, rule]) => [`${table}.${column}`, rule] as const),
  ),
);

/** What stands for a text that could not be read. */
const stopgaps = new WeakSet<object>();

/** The rule about a column. */
export function textColumn(name: TextName): TextColumn {
  return BY_NAME.get(name) as TextColumn;
}

/**
 * What a stored text says. One that cannot be read counts as what its column has for that, so that a bad row
 * keeps nobody from reading the others; `doctor` finds it.
 */
export function readText<Value>(name: TextName, text: JsonText): Value;
export function readText<Value>(name: TextName, text: JsonText | null): Value | null;
export function readText<Value>(name: TextName, text: JsonText | null): Value | null {
  if (text === null) return null;
  const column = textColumn(name);
  const found = parsed(column, text);
  if (found !== undefined) return found as Value;
  const stopgap: unknown = column.empty === null ? null : JSON.parse(column.empty);
  if (stopgap !== null) stopgaps.add(stopgap as object);
  return stopgap as Value;
}

/** Whether a text of a column can be read. */
export function isReadable(name: TextName, text: JsonText | null): boolean {
  return text === null || parsed(textColumn(name), text) !== undefined;
}

/** Whether something read with {@link readText} only stands for what could not be read. */
export function isStopgap(value: object | null): boolean {
  return value !== null && stopgaps.has(value);
}

/** `undefined`: it cannot be read, or is no value of this kind. */
function parsed({ kind }: TextColumn, text: JsonText): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (kind === 'value') return value;
  const isKind = kind === 'array' ? Array.isArray(value) : typeof value === 'object' && !Array.isArray(value);
  return isKind && value !== null ? value : undefined;
}
