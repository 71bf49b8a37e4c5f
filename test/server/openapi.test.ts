import { describe, expect, test } from 'vitest';
import { openApiDocument } from '../../server/openapi.ts';
import { ROUTES } from '../../server/routes/all.ts';

type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
};

const document = JSON.parse(JSON.stringify(openApiDocument(ROUTES))) as {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, unknown> };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('the OpenAPI document', () => {
  test('has every route once, with a name and a sentence of its own', () => {
    expect(operations).toHaveLength(ROUTES.length);
    const names = operations.map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    const sentences = operations.map(({ operation }) => operation.summary);
    expect(new Set(sentences).size).toBe(sentences.length);
  });

  test('names every parameter of a path', () => {
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const named = operation.parameters.filter((one) => one.in === 'path').map(({ name }) => name);
      expect(named, path).toEqual(inPath);
    }
  });

  test('refers only to schemas that it has', () => {
    const text = JSON.stringify(document);
    const names = [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name ?? '');
    expect(names.filter((name) => !(name in document.components.schemas))).toEqual([]);
    for (const name of Object.keys(document.components.schemas)) expect(names).toContain(name);
  });

  test('has nothing in it that changes with GET', () => {
    // Browsers are sent there by a link and by the provider; what they bring is bound to them.
    const logins = ['beginOidcLogin', 'finishOidcLogin'];
    for (const { id, method } of ROUTES) {
      if (method === 'get' && !logins.includes(id))
        expect(id).toMatch(/^(list|get|read|why|diff|preview|search)/);
    }
  });
});
