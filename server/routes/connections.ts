import { type Static, Type } from 'typebox';
import { type ConnectionType, fieldsOf, readConnection } from '../../core/model/connection.ts';
import { AppError } from '../../core/model/errors.ts';
import type { ValueRecord } from '../../core/model/variable.ts';
import { connectionRecord, openConnection } from '../../core/secrets/keep-values.ts';
import { reach } from '../../core/secrets/reach-connection.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { API, type Route, route } from '../route.ts';
import { Connection, ConnectionFields, ConnectionHead, ValueName } from '../schemas/values.ts';
import { exact, limitOf, orNull, PAGING, pageOf } from '../schemas/words.ts';
import type { Services } from '../services.ts';
import { instant } from '../views.ts';

const tag = 'connections';

function head({ name, kind, changedAt, changedBy }: ValueRecord): Static<typeof ConnectionHead> {
  return { name, type: kind as ConnectionType, changedAt: instant(changedAt), changedBy };
}

function view({ keys }: Pick<Services, 'keys'>, record: ValueRecord): Static<typeof Connection> {
  const { type, ...values } = openConnection({ keys }, record);
  const known = fieldsOf(type);
  const entries = Object.entries(values);
  return {
    ...head(record),
    fields: Object.fromEntries(entries.filter(([name]) => !known[name]?.secret)),
    secrets: entries.flatMap(([name]) => (known[name]?.secret ? [name] : [])),
  };
}

function recordOf({ keys, clock }: Services, name: string, fields: object, by: string): ValueRecord {
  const read = readConnection(fields);
  if (!read.ok) throw new AppError('usage', `the connection ${read.problem}`);
  return connectionRecord({ keys }, name, read.connection, { by, at: clock.now() });
}

const list = route('get', `${API}/connections`, {
  id: 'listConnections',
  tag,
  summary: 'Connections that are stored, by their names, without fields',
  role: 'viewer',
  query: PAGING,
  answer: pageOf('ConnectionPage', ConnectionHead),
  handle: async ({ store }, { query, access }) => {
    access.requireGlobal();
    const limit = limitOf(query);
    const after = readCursor(query.cursor, ['string'])?.[0] ?? null;
    const found = await store.connections.page(after, limit + 1);
    const items = found.slice(0, limit).map(head);
    const last = items.at(-1);
    return { items, nextCursor: found.length > limit && last ? writeCursor([last.name]) : null };
  },
});

const create = route('post', `${API}/connections`, {
  id: 'createConnection',
  tag,
  summary: 'Makes a connection; 409 if there is one of this name',
  role: 'admin',
  body: exact({ name: ValueName, connection: ConnectionFields }),
  answer: ConnectionHead,
  status: 201,
  takesSecret: true,
  handle: async (services, { body, access }) => {
    access.requireGlobal();
    const record = recordOf(services, body.name, body.connection, access.principal.name);
    if (await services.store.connections.add(record)) return head(record);
    throw new AppError('conflict', `there is a connection ${body.name} already`);
  },
});

const read = route('get', `${API}/connections/{name}`, {
  id: 'getConnection',
  tag,
  summary: 'A connection with its fields; of secret ones only that they are set',
  role: 'operator',
  params: { name: ValueName },
  answer: Connection,
  handle: async ({ store, keys }, { params, access }) => {
    access.requireGlobal();
    const record = await store.connections.one(params.name);
    if (record === null) throw unknown(params.name);
    return view({ keys }, record);
  },
});

const save = route('put', `${API}/connections/{name}`, {
  id: 'saveConnection',
  tag,
  summary: 'Makes a connection, or puts another one in its place, secret fields included',
  role: 'admin',
  params: { name: ValueName },
  body: ConnectionFields,
  answer: ConnectionHead,
  takesSecret: true,
  handle: async (services, { params, body, access }) => {
    access.requireGlobal();
    const record = recordOf(services, params.name, body, access.principal.name);
    await services.store.connections.save(record);
    return head(record);
  },
});

const remove = route('delete', `${API}/connections/{name}`, {
  id: 'removeConnection',
  tag,
  summary: 'Deletes a connection',
  role: 'admin',
  params: { name: ValueName },
  handle: async ({ store }, { params, access }) => {
    access.requireGlobal();
    if (!(await store.connections.remove(params.name))) throw unknown(params.name);
  },
});

const test = route('post', `${API}/connections/{name}/test`, {
  id: 'testConnection',
  tag,
  summary: 'Opens a TCP connection to the server of a connection and closes it; nobody logs in',
  role: 'admin',
  params: { name: ValueName },
  body: exact({}),
  answer: exact({
    place: Type.String({ description: 'host and port' }),
    error: orNull(Type.String({ description: 'why it was not reached' })),
  }),
  handle: async ({ store, keys }, { params, access }) => {
    access.requireGlobal();
    const record = await store.connections.one(params.name);
    if (record === null) throw unknown(params.name);
    return { ...(await reach(openConnection({ keys }, record))) };
  },
});

function unknown(name: string): AppError {
  return new AppError('not_found', `there is no connection ${name} in the store`);
}

/** Where tasks reach other systems, by name. */
export const connectionRoutes: readonly Route[] = [list, create, read, save, remove, test];
