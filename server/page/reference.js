import { element } from './element.js';
import { schemaView, typeText } from './schema-view.js';

const filter = document.getElementById('filter');
const index = document.getElementById('index');
const page = document.getElementById('operations');

/** The operations of the document in its order, each with the words by which it is found. */
function operationsOf({ paths }) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const { operationId: id, summary, tags } = operation;
      const words = `${method} ${path} ${id} ${summary}`.toLowerCase();
      return { id, method: method.toUpperCase(), path, tag: tags[0], operation, words };
    }),
  );
}

function methodMark(method) {
  return element(`span.method.${method.toLowerCase()}`, {}, method);
}

/** A group as a heading has it. */
function titleOf(tag) {
  return tag === 'dags' ? 'DAGs' : tag.charAt(0).toUpperCase() + tag.slice(1);
}

/** A path that may break behind its slashes. */
function pathView(path) {
  const parts = path.split(/(?<=\/)/).flatMap((part) => [part, element('wbr')]);
  return element('code.path', {}, ...parts);
}

function showIndex(tags, wanted) {
  index.replaceChildren(
    ...[...tags].map(([tag, operations]) =>
      element(
        'section',
        {},
        element('h2', {}, titleOf(tag)),
        ...operations.map(({ id, method, operation }) =>
          element('a', { href: `#${id}` }, methodMark(method), element('span', {}, operation.summary)),
        ),
      ),
    ),
  );
  if (tags.size === 0) index.replaceChildren(element('p.faint', {}, `Nothing matches '${wanted}'.`));
}

function parametersView(parameters, schemas) {
  return element(
    'dl.members',
    {},
    ...parameters.flatMap(({ name, in: place, required, description, schema }) => [
      element(
        'dt',
        {},
        element('code', {}, name),
        element('span.type', {}, typeText(schema, schemas)),
        required ? element('span.needed', {}, 'needed') : null,
        place === 'query' ? null : element('span.faint', {}, `in the ${place}`),
      ),
      element('dd', {}, description ?? schema.description ?? ''),
    ]),
  );
}

/** A command that calls the operation. */
function curlText({ method, path, operation }) {
  const json = operation.requestBody === undefined ? '' : " --json '{ ... }'";
  const verb = method === 'GET' || (method === 'POST' && json !== '') ? '' : ` -X ${method}`;
  const auth = operation['x-role'] === undefined ? '' : ' -H "Authorization: Bearer $TOKEN"';
  return `curl -s${verb}${auth}${json} ${location.origin}${path}`;
}

function part(title, content) {
  return element('section.part', {}, element('h3', {}, title), content);
}

function operationView(one, schemas) {
  const { id, method, path, operation } = one;
  const { summary, description, parameters, requestBody, responses } = operation;
  const role = operation['x-role'];
  const [status, answer] = Object.entries(responses).find(([key]) => key !== 'default');
  const [type, content] = Object.entries(answer.content ?? {})[0] ?? [null, null];
  const body = requestBody?.content['application/json']?.schema;
  return element(
    'section.operation',
    { id },
    element('h2', {}, element('a', { href: `#${id}` }, summary)),
    element('p.call', {}, methodMark(method), pathView(path)),
    element(
      'p.faint',
      {},
      role === undefined ? 'Nobody has to log in for it.' : `Needs the role ${role}.`,
      ` Operation ${id}.`,
    ),
    description === undefined ? null : element('p', {}, description),
    parameters.length === 0 ? null : part('Parameters', parametersView(parameters, schemas)),
    body === undefined ? null : part('Body', schemaView(body, schemas)),
    part(
      `Answer ${status}${type === null ? ', no body' : ''}`,
      content === null
        ? null
        : type === 'application/json'
          ? schemaView(content.schema, schemas)
          : element('p', {}, element('code', {}, type)),
    ),
    element('pre', { tabindex: '0' }, curlText(one)),
  );
}

function groups(operations) {
  return Map.groupBy(operations, ({ tag }) => tag);
}

async function start() {
  const response = await fetch('/openapi.json');
  const document_ = await response.json();
  const { schemas } = document_.components;
  const operations = operationsOf(document_);
  document.getElementById('version').textContent = `API, version ${document_.info.version}`;
  const views = new Map(operations.map((one) => [one.id, operationView(one, schemas)]));
  page.replaceChildren(
    ...[...groups(operations)].map(([tag, of]) =>
      element('section.group', {}, element('h1', {}, titleOf(tag)), ...of.map(({ id }) => views.get(id))),
    ),
  );
  const apply = () => {
    const wanted = filter.value.trim().toLowerCase();
    const found = operations.filter(({ words }) => words.includes(wanted));
    const shown = new Set(found.map(({ id }) => id));
    showIndex(groups(found), filter.value.trim());
    for (const [id, view] of views) view.hidden = !shown.has(id);
    for (const group of page.children) group.hidden = !group.querySelector('.operation:not([hidden])');
  };
  filter.addEventListener('input', apply);
  apply();
  // The place that the address names is there only now.
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

start().catch(() => {
  page.replaceChildren(element('p.empty', {}, 'The server does not answer. Load the page again.'));
});
