import pLimit from 'p-limit';
import { type Static, Type } from 'typebox';
import { defaultOf } from '../../core/config/assemble-config.ts';
import type { ConfigEntry } from '../../core/config/config.ts';
import { type ConfigChange, editConfig, isOpenKey } from '../../core/config/edit-config.ts';
import { isHot } from '../../core/config/hot-keys.ts';
import { loadConfigWithOrigins } from '../../core/config/load-config.ts';
import { AppError } from '../../core/model/errors.ts';
import { askLeader } from '../ask-leader.ts';
import { etagOf, readConfigText, writeConfigText } from '../config-file.ts';
import { readLeader } from '../read-leader.ts';
import { API, type Route, route } from '../route.ts';
import { AnyObject, exact, named, oneOf, orNull } from '../schemas/words.ts';
import type { Services } from '../services.ts';

const tag = 'system';
const Value = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]);

const Setting = exact({
  key: Type.String(),
  value: Value,
  default: Value,
  origin: exact({
    kind: oneOf(['flag', 'env', 'dotenv', 'file', 'default'], 'what says so'),
    place: Type.String({ description: 'of a file relative to the project' }),
  }),
  hot: Type.Boolean({ description: 'a scheduler that runs takes another value' }),
});

const SystemConfig = named(
  'SystemConfig',
  exact({
    etag: Type.String({ description: 'for `If-Match`; also the header `ETag`' }),
    profile: orNull(Type.String()),
    items: Type.Array(Setting),
  }),
);

const Change = Type.Unsafe<ConfigChange>({
  type: 'object',
  minProperties: 1,
  maxProperties: 100,
  propertyNames: { maxLength: 200 },
  additionalProperties: Value,
  description: 'dotted key to value, such as `{"scheduler.maxActive": 8}`; null: as if it were not written',
});

const Changed = named(
  'ConfigChanged',
  exact({
    etag: Type.String(),
    inForce: Type.Array(Type.String(), { description: 'keys that the scheduler has taken' }),
    afterRestart: Type.Array(Type.String(), { description: 'keys that need another start of orch' }),
    overridden: Type.Array(Type.String(), {
      description: 'keys that a profile, the environment or a flag says otherwise',
    }),
  }),
);

/** Two changes of one server never read the same file. */
const oneByOne = pLimit(1);

function settingOf({ key, value, origin }: ConfigEntry): Static<typeof Setting> {
  return { key, value, default: defaultOf(key), origin: { ...origin }, hot: isHot(key) };
}

/** What a text in the place of the config file would make of the config. @throws AppError `invalid` */
function entriesOf(services: Services, text?: string) {
  const input = services.configInput;
  return loadConfigWithOrigins(text === undefined ? input : { ...input, text });
}

const get = route('get', `${API}/system/config`, {
  id: 'getConfig',
  tag,
  summary: 'The keys of the config that may be changed here, as they are written now, and where',
  description: 'No other key, and no secret, is told. What a process that runs has may be older.',
  role: 'admin',
  answer: SystemConfig,
  handle: async (services, { access }) => {
    access.requireGlobal();
    const text = await readConfigText(services.dir);
    const { entries, profile } = entriesOf(services, text);
    const items = entries.filter(({ key }) => isOpenKey(key)).map(settingOf);
    const etag = etagOf(text);
    return Response.json({ etag, profile, items }, { headers: { etag } }) as never;
  },
});

const put = route('put', `${API}/system/config`, {
  id: 'changeConfig',
  tag,
  summary: 'Changes keys of airflow.yaml; comments and all other keys stay',
  description:
    '`If-Match` with the ETag that was read makes sure that nobody changed it since (409). A change with a ' +
    'mistake changes nothing (422).',
  role: 'admin',
  body: Change,
  answer: Changed,
  handle: async (services, { body, access, header }) => {
    access.requireGlobal();
    const written = await oneByOne(async () => {
      const before = await readConfigText(services.dir);
      const match = header('if-match');
      if (match !== undefined && match !== '*' && match !== etagOf(before))
        throw new AppError('conflict', 'airflow.yaml has changed since: read it again');
      const text = editConfig(before, body);
      const loaded = entriesOf(services, text);
      await writeConfigText(services.dir, text);
      return { text, loaded };
    });
    const isLed = (await readLeader(services.store))?.isScheduler === true;
    if (isLed) await askLeader(services, { type: 'reloadConfig', by: access.principal.name });
    const overridden = overriddenKeys(body, written.loaded.entries);
    const keys = Object.keys(body).filter((key) => !overridden.includes(key));
    const isTaken = (key: string): boolean => isLed && isHot(key);
    return {
      etag: etagOf(written.text),
      inForce: keys.filter(isTaken),
      afterRestart: keys.filter((key) => !isTaken(key)),
      overridden,
    };
  },
});

/** Keys that something else than the base of the file says. */
function overriddenKeys(change: ConfigChange, entries: readonly ConfigEntry[]): string[] {
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  return Object.entries(change).flatMap(([key, value]) => {
    const entry = byKey.get(key);
    if (entry === undefined) return [];
    const { kind } = entry.origin;
    const isSaid = value === null ? kind === 'default' : kind === 'file' && isSame(entry.value, value);
    return isSaid ? [] : [key];
  });
}

/** Durations are written as text, and stand as milliseconds in what holds. */
function isSame(inForce: ConfigEntry['value'], written: string | number | boolean): boolean {
  return inForce === written || (typeof inForce === 'number' && typeof written === 'string');
}

const validate = route('post', `${API}/system/config/validate`, {
  id: 'validateConfig',
  tag,
  summary: 'Whether a change of the config could be made; nothing is changed',
  role: 'admin',
  body: Change,
  answer: exact({ valid: Type.Boolean(), errors: Type.Array(AnyObject) }),
  handle: async (services, { body, access }) => {
    access.requireGlobal();
    try {
      entriesOf(services, editConfig(await readConfigText(services.dir), body));
      return { valid: true, errors: [] };
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'invalid') throw error;
      const { diagnostics } = error.details;
      const found = diagnostics as unknown as Record<string, unknown>[] | undefined;
      return { valid: false, errors: found ?? [{ severity: 'error', message: error.message }] };
    }
  },
});

/** The part of the config that is read and changed over the API. */
export const configRoutes: readonly Route[] = [get, validate, put];
