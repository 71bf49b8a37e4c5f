import { type TProperties, type TSchema, Type } from 'typebox';
import {
  CONNECTION_TYPES,
  type ConnectionField,
  type ConnectionType,
  fieldsOf,
} from '../../core/model/connection.ts';
import { VALUE_MAX, VALUE_NAME } from '../../core/model/variable.ts';
import { AnyObject, exact, Instant, named, oneOf } from './words.ts';

export const ValueName = Type.String({
  pattern: VALUE_NAME,
  description: 'letters, digits and _, as in the name of an environment variable',
});

const changed = { changedAt: Instant, changedBy: Type.String() };

export const Variable = named(
  'Variable',
  exact({ name: ValueName, secret: Type.Boolean({ description: 'its value is never shown' }), ...changed }),
);

export const VariableValue = named(
  'VariableValue',
  exact({
    name: ValueName,
    secret: Type.Boolean(),
    ...changed,
    value: Type.Optional(Type.String({ description: 'absent: it is a secret' })),
  }),
);

const value = Type.String({ minLength: 1, maxLength: VALUE_MAX });
export const VARIABLE_BODY = {
  value,
  secret: Type.Optional(
    Type.Boolean({ description: 'its value is never shown from then on', default: false }),
  ),
};

const TYPES = Object.keys(CONNECTION_TYPES) as ConnectionType[];
const type = oneOf(TYPES, 'what it leads to; it decides which fields there are');

export const ConnectionHead = named('ConnectionHead', exact({ name: ValueName, type, ...changed }));

export const Connection = named(
  'Connection',
  exact({
    name: ValueName,
    type,
    ...changed,
    fields: AnyObject,
    secrets: Type.Array(Type.String(), { description: 'fields that are set and never shown' }),
  }),
);

function fieldSchema({ form, description, secret }: ConnectionField): TSchema {
  const text = secret ? `${description}; never shown` : description;
  if (form === 'port') return Type.Integer({ minimum: 1, maximum: 65_535, description: text });
  if (typeof form === 'object') return oneOf(form, text);
  return Type.String({ minLength: 1, maxLength: VALUE_MAX, description: text });
}

function bodyOf(one: ConnectionType) {
  const fields = Object.entries(fieldsOf(one)).map(([name, field]): [string, TSchema] => [
    name,
    field.required ? fieldSchema(field) : Type.Optional(fieldSchema(field)),
  ]);
  return exact({ type: Type.Literal(one), ...(Object.fromEntries(fields) as TProperties) });
}

/** A connection as it is written: of each type exactly its fields. */
export const ConnectionFields = named(
  'ConnectionFields',
  Type.Unsafe<{ readonly type: string }>(Type.Union(TYPES.map(bodyOf))),
);
