import type { TSchema } from 'typebox';
import { orchVersion } from '../core/config/installation.ts';
import type { Route } from './route.ts';

type Json = { [key: string]: unknown };

/** The same as the text of a file. */
export function openApiText(routes: readonly Route[]): string {
  return `${JSON.stringify(openApiDocument(routes), null, 2)}\n`;
}

/** The OpenAPI 3.1 document of routes. */
export function openApiDocument(routes: readonly Route[]): Json {
  const components = new Components();
  const paths: { [path: string]: Json } = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    (paths[route.path] as Json)[route.method] = operation(route, components);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'orch',
      version: orchVersion(),
      description: 'Workflows: DAGs, their runs, and what a scheduler does with them.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'a token of orch' } },
    },
    security: [{ token: [] }],
  };
}

function operation(route: Route, components: Components): Json {
  const { id, tag, summary, description, role, body, status } = route;
  const refused = {
    description: 'refused',
    content: { 'application/problem+json': { schema: PROBLEM_REF } },
  };
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(role === 'public' ? { security: [] } : { 'x-role': role }),
    parameters: [...parameters(route, 'path'), ...parameters(route, 'query')],
    ...(body === null
      ? {}
      : { requestBody: { content: { 'application/json': { schema: components.place(body) } } } }),
    responses: {
      [String(status)]: { description: 'done', ...content(route, components) },
      default: refused,
    },
  };
}

/** What a route answers with. */
function content({ answer, textType }: Route, components: Components): Json {
  if (textType !== null) return { content: { [textType]: { schema: { type: 'string' } } } };
  if (answer === null) return {};
  return { content: { 'application/json': { schema: components.place(answer) } } };
}

function parameters({ params, query }: Route, place: 'path' | 'query'): Json[] {
  const { properties, required = [] } = place === 'path' ? params : query;
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema as TSchema & { description?: string };
    const isNeeded = (required as readonly string[]).includes(name);
    return {
      name,
      in: place,
      required: isNeeded,
      ...(description === undefined ? {} : { description }),
      schema: plain(rest),
    };
  });
}

const PROBLEM_REF = { $ref: '#/components/schemas/Problem' };

const PROBLEM = {
  type: 'object',
  description: 'a refusal (RFC 9457)',
  properties: {
    type: { type: 'string', description: 'urn:orch:error:<code>' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'the request id' },
    errors: {
      type: 'array',
      items: { type: 'object' },
      description:
        'each mistake: of the request with `pointer` (JSON pointer), `in` (path, query or body) and ' +
        '`detail`; of a file with its place and `message`',
    },
  },
  required: ['type', 'title', 'status', 'detail'],
};

/** The schemas that have a name: each stands once in a document. */
class Components {
  readonly schemas: { [name: string]: unknown } = { Problem: PROBLEM };

  /** A schema as it stands in the document: what has a name as a reference. */
  place(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map((one) => this.place(one));
    if (typeof schema !== 'object' || schema === null) return schema;
    const { title, ...rest } = schema as { title?: unknown };
    if (typeof title !== 'string') return this.#members(schema);
    this.schemas[title] ??= this.#members(rest);
    return { $ref: `#/components/schemas/${title}` };
  }

  #members(schema: object): Json {
    return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, this.place(value)]));
  }
}

/** A schema as plain JSON: what TypeBox keeps for itself is gone. */
function plain(schema: object): Json {
  return JSON.parse(JSON.stringify(schema)) as Json;
}
