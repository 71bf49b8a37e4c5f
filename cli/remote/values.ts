import { type ConnectionType, fieldsOf } from '../../core/model/connection.ts';
import { type ListedValue, requireListed, STORED } from '../value-list.ts';
import type { ConnectionPlace, ShownConnection, ValuePlace, VariablePlace } from '../value-places.ts';
import type { Server } from './server.ts';

/** The variables that a server stores. */
export function variablesThere(server: Server): VariablePlace {
  const list = async (): Promise<ListedValue[]> =>
    (await server.items('listVariables', {})).map(({ secret, ...one }) =>
      storedValue({ ...one, kind: secret ? 'secret' : 'plain' }),
    );
  return {
    ...valuesThere(list),
    value: async (name) => (await server.call('getVariable', { params: { name } })).value ?? '',
    save: async ({ name, ...body }) => {
      await server.call('saveVariable', { params: { name }, body });
    },
    remove: (name) => server.call('removeVariable', { params: { name } }),
    rotate: async () => (await server.call('rotateKeys', {})).changed,
  };
}

/** The connections that a server stores. */
export function connectionsThere(server: Server): ConnectionPlace {
  const list = async (): Promise<ListedValue[]> =>
    (await server.items('listConnections', {})).map(({ type, ...one }) =>
      storedValue({ ...one, kind: type }),
    );
  return {
    ...valuesThere(list),
    fields: async (name) => {
      requireListed(await list(), 'connection', name);
      const { type, fields, secrets } = await server.call('getConnection', { params: { name } });
      const shown = { ...fields, ...Object.fromEntries(secrets.map((one) => [one, '***'])) };
      const order = Object.keys(fieldsOf(type as ConnectionType)).filter((one) => one in shown);
      return { type, ...Object.fromEntries(order.map((one) => [one, shown[one]])) } as ShownConnection;
    },
    save: async (name, connection) => {
      await server.call('saveConnection', { params: { name }, body: connection });
    },
    remove: (name) => server.call('removeConnection', { params: { name } }),
    test: async (name) => {
      requireListed(await list(), 'connection', name);
      return server.call('testConnection', { params: { name }, body: {} });
    },
  };
}

function valuesThere(list: () => Promise<readonly ListedValue[]>): Omit<ValuePlace, 'remove'> {
  return {
    list,
    stored: async (name) => (await list()).find((one) => one.name === name) ?? null,
    // The environment of the scheduler is not seen over the API.
    winner: () => null,
  };
}

function storedValue(one: {
  readonly name: string;
  readonly kind: string;
  readonly changedAt: string;
  readonly changedBy: string;
}): ListedValue {
  return { ...one, from: STORED, changedAt: Date.parse(one.changedAt) };
}
