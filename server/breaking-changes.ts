import { includesRole, type Role } from '../core/model/account.ts';

type Json = { readonly [key: string]: unknown };

/** A parsed OpenAPI document, as {@link openApiDocument} makes it. */
export type Document = Json;

/** Which way a schema goes: what clients send, or what they are sent. */
type Way = 'sent' | 'answered';

/**
 * What of a new document breaks clients of an old one: operations, parameters and fields that are gone, that
 * are needed now, or that are of another type; roles that may not any more. What only comes is no change that
 * breaks, nor is a value more that an answer may have.
 */
export function breakingChanges(before: Document, after: Document): string[] {
  const comparison = new Comparison(before, after);
  const now = new Map(operationsOf(after).map((one) => [one.id, one]));
  return operationsOf(before).flatMap((old) => {
    const fresh = now.get(old.id);
    const changes = fresh === undefined ? ['is gone'] : comparison.operations(old, fresh);
    return changes.map((text) => `${old.id}: ${text}`);
  });
}

/** Compares parts of two documents. */
class Comparison {
  readonly #before: Document;
  readonly #after: Document;

  constructor(before: Document, after: Document) {
    this.#before = before;
    this.#after = after;
  }

  operations(old: Operation, fresh: Operation): string[] {
    const was = `${old.method} ${old.path}`;
    const is = `${fresh.method} ${fresh.path}`;
    return [
      ...(was === is ? [] : [`is at ${is}, not at ${was}`]),
      ...(includesRole(old.role, fresh.role) ? [] : [`needs the role ${fresh.role}, not ${old.role}`]),
      ...this.#parameters(old.parameters, fresh.parameters),
      ...this.#parts('sent', 'body', old.body, fresh.body),
      ...(old.status === fresh.status ? [] : [`answers with ${fresh.status}, not ${old.status}`]),
      ...this.#parts('answered', 'answer', old.answer, fresh.answer),
    ];
  }

  #parameters(old: readonly Parameter[], fresh: readonly Parameter[]): string[] {
    const byName = new Map(fresh.map((one) => [one.name, one]));
    const known = new Set(old.map(({ name }) => name));
    const added = fresh.filter(({ name, required }) => required && !known.has(name));
    return [
      ...old.flatMap(({ name, schema, required }) => {
        const one = byName.get(name);
        if (one === undefined) return [`parameter ${name} is gone`];
        const isNew = one.required && !required ? [`parameter ${name} is needed now`] : [];
        return [...isNew, ...this.#parts('sent', name, schema, one.schema)];
      }),
      ...added.map(({ name }) => `parameter ${name} is needed now`),
    ];
  }

  #parts(way: Way, place: string, old: Json | null, fresh: Json | null): string[] {
    if (old === null) return way === 'sent' && fresh?.['required'] ? [`${place} is needed now`] : [];
    if (fresh === null) return [`${place} is gone`];
    return this.#schemas(way, place, resolve(this.#before, old), resolve(this.#after, fresh));
  }

  #schemas(way: Way, place: string, old: Json, fresh: Json): string[] {
    if (typeText(old) !== typeText(fresh)) return [`${place} is ${typeText(fresh)}, not ${typeText(old)}`];
    const values = new Set(listOf(fresh, 'enum'));
    const lost = way === 'sent' ? listOf(old, 'enum').filter((one) => !values.has(one)) : [];
    const choices = listOf(fresh, 'anyOf') as readonly Json[];
    return [
      ...(lost.length > 0 ? [`${place} may not be ${lost.join(', ')} any more`] : []),
      ...this.#members(way, place, old, fresh),
      ...this.#parts(way, `${place}[]`, partOf(old, 'items'), partOf(fresh, 'items')),
      ...(listOf(old, 'anyOf') as readonly Json[]).flatMap((one, at) =>
        this.#parts(way, place, one, choices[at] ?? null),
      ),
    ];
  }

  #members(way: Way, place: string, old: Json, fresh: Json): string[] {
    const [was, is] = [membersOf(old), membersOf(fresh)];
    const [neededBefore, neededNow] = [listOf(old, 'required'), listOf(fresh, 'required')];
    const strict = way === 'sent' ? neededNow.filter((name) => !neededBefore.includes(name)) : [];
    const loose = way === 'answered' ? neededBefore.filter((name) => !neededNow.includes(name)) : [];
    return [
      ...Object.keys(was).flatMap((name) =>
        name in is
          ? this.#parts(way, `${place}.${name}`, was[name] as Json, is[name] as Json)
          : [`${place}.${name} is gone`],
      ),
      ...strict.map((name) => `${place}.${name} is needed now`),
      ...loose.filter((name) => String(name) in is).map((name) => `${place}.${name} may be absent now`),
    ];
  }
}

interface Parameter {
  readonly name: string;
  readonly required: boolean;
  readonly schema: Json;
}

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly role: Role;
  readonly parameters: readonly Parameter[];
  readonly body: Json | null;
  readonly status: string;
  readonly answer: Json | null;
}

function operationsOf(document: Document): Operation[] {
  const paths = document['paths'] as Record<string, Record<string, Json>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Operation => {
      const responses = operation['responses'] as Record<string, Json>;
      const status = Object.keys(responses).find((one) => one !== 'default') ?? '';
      return {
        id: String(operation['operationId']),
        method,
        path,
        role: (operation['x-role'] as Role | undefined) ?? 'viewer',
        parameters: operation['parameters'] as readonly Parameter[],
        body: schemaOf(operation['requestBody'] as Json | undefined),
        status,
        answer: schemaOf(responses[status]),
      };
    }),
  );
}

function schemaOf(holder: Json | undefined): Json | null {
  const content = holder?.['content'] as Record<string, Json> | undefined;
  return (content?.['application/json']?.['schema'] as Json | undefined) ?? null;
}

function resolve(document: Document, schema: Json): Json {
  const name = typeof schema['$ref'] === 'string' ? schema['$ref'].split('/').at(-1) : undefined;
  if (name === undefined) return schema;
  return (document['components'] as { schemas: Record<string, Json> }).schemas[name] ?? {};
}

function membersOf(schema: Json): Json {
  return (schema['properties'] as Json | undefined) ?? {};
}

function partOf(schema: Json, name: string): Json | null {
  return (schema[name] as Json | undefined) ?? null;
}

function listOf(schema: Json, name: string): readonly unknown[] {
  return (schema[name] as readonly unknown[] | undefined) ?? [];
}

/** What kind of value a schema is about, whatever else it says. */
function typeText(schema: Json): string {
  const choices = schema['anyOf'] as readonly Json[] | undefined;
  return choices === undefined ? String(schema['type'] ?? 'anything') : `one of ${choices.length} kinds`;
}
