import type { Route } from '../../server/route.ts';

type Schema = { readonly [key: string]: unknown };
type Values = { readonly [name: string]: unknown };

/** One request that fits its route but in one place. */
export interface HostileRequest {
  readonly url: string;
  readonly body: unknown;
}

/** A text that SQLite keeps and PostgreSQL does not, and half a character. */
const TEXTS = ['a\u0000b', '\ud800'];
/** Beyond the 32 and the 64 bits of a database. */
const NUMBERS = [2 ** 31, -(2 ** 53 - 1), 1e300];
const IDS = ['a\u0000b', String(2 ** 31), '1.999999999999999', '1.999999999999999.1'];
/** What the cursors of lists are made of. */
const CURSORS = [['a'], [1], [1, 1], [1, 1, 'a'], ['-createdAt', 1, 1], ['name', 'a', 1], [1, 1, 1, 1]];

/** Requests of a route that each have one hostile value; `real` fits, by the names of the parameters. */
export function* hostileRequests(route: Route, real: Values): Iterable<HostileRequest> {
  const queries = route.query.properties as Readonly<Record<string, Schema>>;
  const query = Object.fromEntries(
    (route.query.required ?? []).map((name) => [name, fitting(queries[name] ?? {})]),
  );
  const form = route.body as Schema | null;
  const whole = form === null ? undefined : fitting(form);
  const at = (params: Values, search: Values, sent: unknown = whole): HostileRequest => ({
    url: urlOf(route.path, { ...real, ...params }, { ...query, ...search }),
    body: sent,
  });
  yield at({}, {});
  for (const [, name = ''] of route.path.matchAll(/\{(\w+)\}/g))
    for (const value of IDS) yield at({ [name]: value }, {});
  if ('sort' in queries) {
    yield at({}, { sort: 'priority', cursor: forged(['priority', 2 ** 53 - 1, 1]) });
    yield at({}, { sort: 'name', cursor: forged(['name', TEXTS[0], 1]) });
  }
  for (const [name, schema] of Object.entries(queries))
    for (const value of name === 'cursor' ? cursors() : hostileTo(schema)) yield at({}, { [name]: value });
  if (form !== null) for (const sent of spoiled(form, whole)) yield at({}, {}, sent);
}

/** A value with each of its parts, one after the other, replaced. */
function* spoiled(schema: Schema, value: unknown): Iterable<unknown> {
  const members = schema['properties'] as Readonly<Record<string, Schema>> | undefined;
  const choices = (schema['anyOf'] as readonly Schema[] | undefined) ?? [];
  if (choices.length > 0) for (const one of choices) yield* spoiled(one, fitting(one));
  else if (members !== undefined)
    for (const [name, member] of Object.entries(members)) {
      const known = (value as Values | undefined)?.[name] ?? fitting(member);
      for (const one of spoiled(member, known)) yield { ...(value as Values), [name]: one };
    }
  else if (schema['type'] === 'array')
    for (const one of spoiled((schema['items'] as Schema | undefined) ?? {}, undefined)) yield [one];
  else yield* hostileTo(schema);
}

function hostileTo(schema: Schema): readonly unknown[] {
  if ('enum' in schema || 'const' in schema) return [];
  if ('anyOf' in schema) return (schema['anyOf'] as readonly Schema[]).flatMap(hostileTo);
  switch (schema['type']) {
    case 'array':
      return hostileTo((schema['items'] as Schema | undefined) ?? {});
    case 'string':
      return TEXTS;
    case 'integer':
    case 'number':
      return NUMBERS;
    case 'boolean':
    case 'null':
      return [];
    default:
      return [{ '\u0000': '\u0000', '\ud800': 1e300 }];
  }
}

/** Something that a schema lets through. */
function fitting(schema: Schema): unknown {
  if ('const' in schema) return schema['const'];
  if ('enum' in schema) return (schema['enum'] as readonly unknown[])[0];
  if ('anyOf' in schema) return fitting((schema['anyOf'] as readonly Schema[])[0] ?? {});
  const members = Object.entries((schema['properties'] as Record<string, Schema> | undefined) ?? {});
  const needed = new Set(schema['required'] as readonly string[] | undefined);
  switch (schema['type']) {
    case 'object':
      return Object.fromEntries(
        members.filter(([name]) => needed.has(name)).map(([name, one]) => [name, fitting(one)]),
      );
    case 'array':
      return [fitting((schema['items'] as Schema | undefined) ?? {})];
    case 'integer':
    case 'number':
      return schema['minimum'] ?? 1;
    case 'boolean':
      return false;
    case 'null':
      return null;
    default:
      return schema['format'] === 'date-time' ? '2026-01-01' : 'one';
  }
}

/** Cursors of every form that a list has, none of which a server wrote. */
function* cursors(): Iterable<string> {
  for (const cursor of CURSORS)
    for (const [at, place] of cursor.entries())
      for (const hostile of typeof place === 'string' ? TEXTS : NUMBERS)
        yield forged((cursor as readonly unknown[]).with(at, hostile));
}

function forged(place: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function urlOf(path: string, params: Values, query: Values): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name] ?? 'one').toWellFormed()),
  );
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return `${filled}${search.size === 0 ? '' : `?${search}`}`;
}
