/** An OpenAPI document as far as a client is made of it. */
export interface ClientSource {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly schemas: { readonly [name: string]: Schema } };
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: { readonly [status: string]: { readonly content?: Content } };
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

type Content = { readonly [type: string]: { readonly schema: Schema } };

/** The keys of JSON Schema that decide about a type. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly patternProperties?: { readonly [pattern: string]: Schema };
  readonly additionalProperties?: boolean | Schema;
  readonly description?: string;
}

const HEAD = '// Made of the routes by `npm run openapi`. Not edited by hand.\n';

/** The module of types, and of the paths of operations, that clients of the API are written against. */
export function clientTypes({ paths, components }: ClientSource): string {
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `${note(schema.description, '')}export type ${name} = ${typeOf(schema, '')};\n`,
  );
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const members = operations.map(({ operation }) => operationType(operation)).join('');
  const places = operations.map(
    ({ path, method, operation }) => `  ${operation.operationId}: ['${method.toUpperCase()}', '${path}'],\n`,
  );
  return [
    HEAD,
    ...schemas,
    `/** What every operation takes and gives. */\nexport interface Operations {\n${members}}\n`,
    '/** The method and the path of every operation. */\n' +
      `export const OPERATIONS = {\n${places.join('')}} as const satisfies ` +
      '{ readonly [Id in keyof Operations]: readonly [string, string] };\n',
  ].join('\n');
}

function operationType({ operationId, summary, parameters, requestBody, responses }: Operation): string {
  const answer = Object.entries(responses).find(([status]) => status !== 'default')?.[1].content;
  return [
    note(summary, '  '),
    `  readonly ${operationId}: {\n`,
    '    readonly input: {\n',
    `      readonly params${parametersType(parameters, 'path')};\n`,
    `      readonly query${parametersType(parameters, 'query')};\n`,
    `      readonly body${bodyType(requestBody?.content)};\n`,
    '    };\n',
    `    readonly answer: ${contentType(answer, '    ')};\n`,
    '  };\n',
  ].join('');
}

/** Parameters of a place; an optional one may be `undefined`, which leaves it out. */
function parametersType(parameters: readonly Parameter[], place: string): string {
  const here = parameters.filter((one) => one.in === place);
  if (here.length === 0) return '?: undefined';
  const members = here.map(({ name, required, description, schema }) =>
    member(
      { name, isNeeded: required, description, type: typeOf(schema, '        '), isInput: true },
      '        ',
    ),
  );
  return `${here.some(({ required }) => required) ? '' : '?'}: {\n${members.join('')}      }`;
}

/** The body that an operation takes; one in which all may be left out may be left out. */
function bodyType(content: Content | undefined): string {
  const [entry] = Object.values(content ?? {});
  if (entry === undefined) return '?: undefined';
  const { type, required = [] } = entry.schema;
  return `${type === 'object' && required.length === 0 ? '?' : ''}: ${contentType(content, '      ')}`;
}

/** What a body holds: JSON by its schema, anything else as text. */
function contentType(content: Content | undefined, indent: string): string {
  const [entry] = Object.entries(content ?? {});
  if (entry === undefined) return 'undefined';
  const [type, { schema }] = entry;
  return type === 'application/json' ? typeOf(schema, indent) : 'string';
}

/** The type of the values that fit a schema. `indent` is that of the line on which it begins. */
export function typeOf(schema: Schema, indent: string): string {
  const { $ref, enum: words, anyOf, type } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf('/') + 1);
  if ('const' in schema) return literal(schema.const);
  if (words !== undefined) return words.map(literal).join(' | ');
  if (anyOf !== undefined) return [...new Set(anyOf.map((one) => typeOf(one, indent)))].join(' | ');
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `readonly ${itemType(schema.items ?? {}, indent)}[]`;
    case 'object':
      return objectType(schema, indent);
    case undefined:
      return 'unknown';
    default:
      throw new Error(`no type stands for the schema type '${type}'`);
  }
}

function objectType(schema: Schema, indent: string): string {
  const { properties = {}, required = [], patternProperties = {}, additionalProperties = true } = schema;
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([name, one]) => {
    const about = { name, isNeeded: required.includes(name), description: one.description };
    return member({ ...about, type: typeOf(one, inner), isInput: false }, inner);
  });
  const rest = restType(Object.values(patternProperties), additionalProperties, inner);
  if (rest !== null)
    members.push(`${inner}readonly [name: string]: ${members.length > 0 ? 'unknown' : rest};\n`);
  return members.length === 0 ? 'Record<string, never>' : `{\n${members.join('')}${indent}}`;
}

/** The type of the members without a name; `null`: there are none. */
function restType(patterns: readonly Schema[], additional: boolean | Schema, indent: string): string | null {
  const [pattern] = patterns;
  if (pattern !== undefined) return typeOf(pattern, indent);
  if (additional === false) return null;
  return additional === true ? 'unknown' : typeOf(additional, indent);
}

interface Member {
  readonly name: string;
  readonly isNeeded: boolean;
  readonly description: string | undefined;
  readonly type: string;
  readonly isInput: boolean;
}

function member({ name, isNeeded, description, type, isInput }: Member, indent: string): string {
  const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
  const orNothing = !isNeeded && isInput ? ' | undefined' : '';
  return `${note(description, indent)}${indent}readonly ${key}${isNeeded ? '' : '?'}: ${type}${orNothing};\n`;
}

function note(text: string | undefined, indent: string): string {
  return text === undefined ? '' : `${indent}/** ${text.replaceAll('*/', '* /')} */\n`;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll(/['\\]/g, '\\$&')}'` : JSON.stringify(value);
}

/** The type of the items of a list, in brackets where it would not stand before `[]`. */
function itemType(schema: Schema, indent: string): string {
  const type = typeOf(schema, indent);
  const isSimple = (schema.anyOf ?? schema.enum) === undefined && schema.type !== 'array';
  return isSimple ? type : `(${type})`;
}
