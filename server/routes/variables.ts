import { type Static, Type } from 'typebox';
import { AppError } from '../../core/model/errors.ts';
import { type ValueRecord, valueProblem } from '../../core/model/variable.ts';
import { type NewVariable, rotateValues, variableRecord } from '../../core/secrets/keep-values.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { API, type Route, route } from '../route.ts';
import { VARIABLE_BODY, ValueName, Variable, VariableValue } from '../schemas/values.ts';
import { exact, limitOf, PAGING, pageOf } from '../schemas/words.ts';
import type { Services } from '../services.ts';
import { instant } from '../views.ts';

const tag = 'variables';

function view({ name, kind, changedAt, changedBy }: ValueRecord): Static<typeof Variable> {
  return { name, secret: kind === 'secret', changedAt: instant(changedAt), changedBy };
}

function recordOf({ keys, clock }: Services, variable: NewVariable, by: string): ValueRecord {
  const problem = valueProblem(variable.value, variable.secret);
  if (problem !== null) throw new AppError('usage', `the value ${problem}`);
  return variableRecord({ keys }, variable, { by, at: clock.now() });
}

const list = route('get', `${API}/variables`, {
  id: 'listVariables',
  tag,
  summary: 'Variables that are stored, by their names, without values',
  role: 'viewer',
  query: PAGING,
  answer: pageOf('VariablePage', Variable),
  handle: async ({ store }, { query, access }) => {
    access.requireGlobal();
    const limit = limitOf(query);
    const after = readCursor(query.cursor, ['string'])?.[0] ?? null;
    const found = await store.variables.page(after, limit + 1);
    const items = found.slice(0, limit).map(view);
    const last = items.at(-1);
    return { items, nextCursor: found.length > limit && last ? writeCursor([last.name]) : null };
  },
});

const create = route('post', `${API}/variables`, {
  id: 'createVariable',
  tag,
  summary: 'Makes a variable; 409 if there is one of this name',
  role: 'admin',
  body: exact({ name: ValueName, ...VARIABLE_BODY }),
  answer: Variable,
  status: 201,
  takesSecret: true,
  handle: async (services, { body, access }) => {
    access.requireGlobal();
    const { name, value, secret = false } = body;
    const record = recordOf(services, { name, value, secret }, access.principal.name);
    if (await services.store.variables.add(record)) return view(record);
    throw new AppError('conflict', `there is a variable ${name} already`);
  },
});

const read = route('get', `${API}/variables/{name}`, {
  id: 'getVariable',
  tag,
  summary: 'A variable, with its value unless it is a secret',
  role: 'operator',
  params: { name: ValueName },
  answer: VariableValue,
  handle: async ({ store, keys }, { params, access }) => {
    access.requireGlobal();
    const record = await store.variables.one(params.name);
    if (record === null) throw unknown(params.name);
    return record.kind === 'secret' ? view(record) : { ...view(record), value: keys.open(record) };
  },
});

const save = route('put', `${API}/variables/{name}`, {
  id: 'saveVariable',
  tag,
  summary: 'Makes a variable, or gives it another value',
  role: 'admin',
  params: { name: ValueName },
  body: exact(VARIABLE_BODY),
  answer: Variable,
  takesSecret: true,
  handle: async (services, { params, body, access }) => {
    access.requireGlobal();
    const { value, secret = false } = body;
    const record = recordOf(services, { name: params.name, value, secret }, access.principal.name);
    await services.store.variables.save(record);
    return view(record);
  },
});

const remove = route('delete', `${API}/variables/{name}`, {
  id: 'removeVariable',
  tag,
  summary: 'Deletes a variable',
  role: 'admin',
  params: { name: ValueName },
  handle: async ({ store }, { params, access }) => {
    access.requireGlobal();
    if (!(await store.variables.remove(params.name))) throw unknown(params.name);
  },
});

const rotate = route('post', `${API}/variables/rotate`, {
  id: 'rotateKeys',
  tag,
  summary: 'Encrypts all variables and connections anew with the first key',
  role: 'admin',
  answer: exact({ changed: Type.Integer({ description: 'values that another key had encrypted' }) }),
  handle: async ({ store, keys }, { access }) => {
    access.requireGlobal();
    const { variables, connections } = store;
    return { changed: await rotateValues({ variables, connections, keys }) };
  },
});

function unknown(name: string): AppError {
  return new AppError('not_found', `there is no variable ${name} in the store`);
}

/** Values that tasks declare by name. */
export const variableRoutes: readonly Route[] = [list, create, rotate, read, save, remove];
