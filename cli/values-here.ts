import { type ConnectionType, fieldsOf, parseConnection } from '../core/model/connection.ts';
import { AppError } from '../core/model/errors.ts';
import type { ValueOf, ValueRecord } from '../core/model/variable.ts';
import type { Project } from '../core/scheduler/project.ts';
import {
  connectionRecord,
  openConnection,
  rotateValues,
  variableRecord,
} from '../core/secrets/keep-values.ts';
import { reach } from '../core/secrets/reach-connection.ts';
import { audited } from './audited.ts';
import { type ListedValue, requireListed, STORED } from './value-list.ts';
import type { ConnectionPlace, ShownConnection, ValuePlace, VariablePlace } from './value-places.ts';

/** A value with what it takes to read it. */
interface FoundValue extends ListedValue {
  /** `null`: it does not come from the store; then `text` has it. */
  readonly record: ValueRecord | null;
  readonly text: string;
}

/** The variables of a project. */
export function variablesHere(project: Project): VariablePlace {
  const { store, clock, keys } = project;
  return {
    ...valuesHere(project, 'variable'),
    value: async (name) => {
      const found = await oneValue(project, 'variable', name);
      return found.record === null ? found.text : keys.open(found.record);
    },
    save: (wanted) =>
      audited(project, { action: 'saveVariable', target: `name=${wanted.name}`, status: 200 }, (by) =>
        store.variables.save(variableRecord({ keys }, wanted, { by, at: clock.now() })),
      ),
    rotate: () => {
      const { variables, connections } = store;
      const change = { action: 'rotateKeys', target: '', status: 200 };
      return audited(project, change, () => rotateValues({ variables, connections, keys }));
    },
  };
}

/** The connections of a project. */
export function connectionsHere(project: Project): ConnectionPlace {
  const { store, clock, keys } = project;
  return {
    ...valuesHere(project, 'connection'),
    fields: async (name) => withoutSecrets(await connectionNamed(project, name)),
    save: (name, connection) =>
      audited(project, { action: 'saveConnection', target: `name=${name}`, status: 200 }, (by) =>
        store.connections.save(connectionRecord({ keys }, name, connection, { by, at: clock.now() })),
      ),
    test: async (name) => reach(await connectionNamed(project, name)),
  };
}

function valuesHere(project: Project, of: ValueOf): ValuePlace {
  const { store, config } = project;
  const [rows, texts, action] =
    of === 'variable'
      ? ([store.variables, config.variables, 'removeVariable'] as const)
      : ([store.connections, config.connections, 'removeConnection'] as const);
  return {
    list: () => allValues(project, of),
    stored: async (name) => {
      const record = await rows.one(name);
      return record === null ? null : listed(record);
    },
    remove: async (name) => {
      await audited(project, { action, target: `name=${name}`, status: 204 }, () => rows.remove(name));
    },
    winner: (name) => {
      const given = texts[name];
      return given?.wins ? given.origin.place : null;
    },
  };
}

function listed(record: ValueRecord): FoundValue {
  const { name, kind, changedAt, changedBy } = record;
  return { name, kind, from: STORED, changedAt, changedBy, record, text: '' };
}

/** All variables or connections by name: of the environment before the store, before airflow.yaml. */
async function allValues({ store, config }: Project, of: ValueOf): Promise<FoundValue[]> {
  const [rows, texts] =
    of === 'variable' ? [store.variables, config.variables] : [store.connections, config.connections];
  const found = new Map<string, FoundValue>();
  for (const record of await rows.all()) found.set(record.name, listed(record));
  for (const [name, { text, kind, wins, origin }] of Object.entries(texts))
    if (wins || !found.has(name)) {
      const isPlain = of === 'variable' && found.get(name)?.kind === 'plain';
      const given = { name, kind: isPlain ? 'plain' : kind, from: origin.place };
      found.set(name, { ...given, changedAt: null, changedBy: null, record: null, text });
    }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function oneValue(project: Project, of: ValueOf, name: string): Promise<FoundValue> {
  return requireListed(await allValues(project, of), of, name) as FoundValue;
}

/** A connection as a task would find it. */
async function connectionNamed(project: Project, name: string) {
  const found = await oneValue(project, 'connection', name);
  if (found.record !== null) return openConnection({ keys: project.keys }, found.record);
  const read = parseConnection(found.text);
  if (!read.ok) throw new AppError('invalid', `Connection '${name}' ${read.problem}.`);
  return read.connection;
}

function withoutSecrets(one: { readonly type: ConnectionType }): ShownConnection {
  const fields = fieldsOf(one.type);
  const entries = Object.entries(one).map(([name, value]) => [name, fields[name]?.secret ? '***' : value]);
  return Object.fromEntries(entries) as ShownConnection;
}
