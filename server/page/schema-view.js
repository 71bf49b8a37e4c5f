import { element } from './element.js';

/** Schemas inside schemas are shown down to this depth; below, their names stand. */
const DEPTH_MAX = 5;

function resolved(schema, schemas) {
  const name = schema.$ref?.slice(schema.$ref.lastIndexOf('/') + 1);
  return name === undefined ? { schema, name: null } : { schema: schemas[name], name };
}

/** What values fit a schema, in a few words. */
export function typeText(schema, schemas) {
  const { schema: own, name } = resolved(schema, schemas);
  if (name !== null) return name;
  if (own.enum !== undefined) return own.enum.map((word) => JSON.stringify(word)).join(' | ');
  if (own.anyOf !== undefined) return own.anyOf.map((one) => typeText(one, schemas)).join(' | ');
  if (own.type === 'array') return `list of ${typeText(own.items ?? {}, schemas)}`;
  if (own.format === 'date-time') return 'instant';
  return own.type ?? 'anything';
}

/** The object inside a schema whose members can be shown: its own, of its items, or of one way to be. */
function objectIn(schema, schemas) {
  const { schema: own } = resolved(schema, schemas);
  if (own.properties !== undefined) return own;
  if (own.type === 'array') return objectIn(own.items ?? {}, schemas);
  for (const one of own.anyOf ?? []) {
    const found = objectIn(one, schemas);
    if (found !== null) return found;
  }
  return null;
}

function limitsText({ minimum, maximum, maxLength, default: usual }) {
  return [
    minimum === undefined ? null : `from ${minimum}`,
    maximum === undefined ? null : `up to ${maximum}`,
    maxLength === undefined ? null : `at most ${maxLength} characters`,
    usual === undefined ? null : `${usual} by default`,
  ]
    .filter((one) => one !== null)
    .join(', ');
}

/** A schema with the members of its object, further ones folded away. */
export function schemaView(schema, schemas, depth = 0) {
  const object = objectIn(schema, schemas);
  const type = element('span.type', {}, typeText(schema, schemas));
  if (object === null) return element('p', {}, type);
  const needed = new Set(object.required ?? []);
  const members = Object.entries(object.properties).flatMap(([name, one]) => [
    element(
      'dt',
      {},
      element('code', {}, name),
      element('span.type', {}, typeText(one, schemas)),
      needed.has(name) || depth > 0 ? null : element('span.faint', {}, 'optional'),
    ),
    element(
      'dd',
      {},
      [one.description, limitsText(one)].filter((text) => text).join('; '),
      objectIn(one, schemas) === null || depth >= DEPTH_MAX ? null : folded(one, schemas, depth),
    ),
  ]);
  const list = element('dl.members', {}, ...members);
  const isNamed = typeText(schema, schemas) !== 'object';
  return depth > 0 || !isNamed ? list : element('div', {}, element('p', {}, type), list);
}

/** The members of a value, made when they are looked at: schemas may be deep. */
function folded(schema, schemas, depth) {
  const box = element('details', {}, element('summary', {}, 'members'));
  box.addEventListener(
    'toggle',
    () => {
      box.append(schemaView(schema, schemas, depth + 1));
    },
    { once: true },
  );
  return box;
}
