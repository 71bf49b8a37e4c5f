import { expect, test } from 'vitest';
import { projectFiles } from '../tidy/project-files.ts';
import { childrenOf, dottedName, isNode, parseSource, type SyntaxNode } from '../tidy/source.ts';

/** What writes text into a statement as it is; a template of `sql` makes parameters of what stands in it. */
const RAW = /^(sql\.(raw|lit|table|ref|id)|CompiledQuery\.raw|.*\.(prepare|exec))$/;

/** Arguments that are no constants, and why no text of a user can be in them. */
const ALLOWED: Readonly<Record<string, string>> = {
  'core/store/alerts.ts: sql.lit(Number.MAX_SAFE_INTEGER)': 'a constant',
  'core/store/held-slots.ts: sql.lit(state)': 'a number',
  'core/store/index-range.ts: sql.raw(order)': 'one of two words that stand where it is called',
  'core/store/index-range.ts: sql.ref(column)': 'a name of a column that stands where it is called',
  'core/store/index-range.ts: sql.ref(name)': 'names of columns that stand where it is called',
  "core/store/integrity.ts: sql.raw(names.map((name) => `${columns[name] ?? 'null'} as ${name}`).join(', '))":
    'names of columns that the checks of that file write out',
  'core/store/integrity.ts: sql.table(table)': 'tables that the checks of that file write out',
  'core/store/journal.ts: sql.lit(Number.MAX_SAFE_INTEGER)': 'a constant',
  'core/store/queue-counts.ts: sql.lit(Number.MAX_SAFE_INTEGER)': 'a constant',
  'core/store/queue-counts.ts: sql.lit(RUN_STATES.indexOf(state))': 'a number',
  'core/store/queue-counts.ts: sql.ref(state)': 'one of the names of states',
  'core/store/range-counts.ts: sql.raw(values.join())': 'numbers of runs and nodes, from rows',
  'core/store/postgres/schema-rights.ts: sql.id(schema)': 'the schema of the address, which is checked',
  "core/store/reads.ts: sql.raw(nodes.map((node) => String(Math.trunc(node))).join(','))": 'whole numbers',
  'core/store/sqlite/connection.ts: database.exec(`pragma journal_size_limit = ${64 * 1024 * 1024}`)':
    'a number that stands there',
  'core/store/sqlite/connection.ts: database.exec(`pragma page_size = ${PAGE_BYTES}`)': 'a constant',
  'core/store/sqlite/connection.ts: database.exec(`pragma synchronous = ${options.durability}`)':
    'one of two words of the config',
  'core/store/sqlite/connection.ts: database.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`)':
    'a constant',
  'core/store/sqlite/connection.ts: database.prepare(sql)': 'what a statement of Kysely compiles to',
  'core/store/sqlite/connection.ts: this.database.exec(`pragma busy_timeout = ${USUAL_WRITE_MS}`)':
    'a constant',
  'core/store/sqlite/connection.ts: this.database.exec(`pragma busy_timeout = ${this.#busyTimeoutMs}`)':
    'a number that stands in the code',
  'core/store/sqlite/connection.ts: this.database.prepare(sql)': 'what a statement of Kysely compiles to',
  'core/store/sqlite/dialect.ts: CompiledQuery.raw(begin)': 'one of two words that stand there',
  'core/store/sqlite/prepare.ts: this.#connection.prepare(text)':
    'compiled by Kysely, and refused with any value',
  'core/store/task-filter.ts: sql.lit(RUN_STATES.indexOf(state))': 'a number',
  'core/store/task-filter.ts: sql.lit(value)': 'a number by its type',
  'core/store/unreadable-texts.ts: sql.ref(`run_${name}`)': 'one of two words that stand where it is called',
  'core/store/unreadable-texts.ts: sql.ref(`t.${name}`)': 'names of columns that stand in the code',
  'core/store/unreadable-texts.ts: sql.ref(column)': 'a name of a column that stands in a table of the code',
  'core/store/unreadable-texts.ts: sql.ref(name)': 'names of columns that stand in the code',
  'core/store/unreadable-texts.ts: sql.table(table)': 'a name of a table that stands in a table of the code',
};

/** The calls in a source that write what is no constant into a statement: `callee(argument)`. */
function rawSql(path: string, text: string): string[] {
  const found: string[] = [];
  const visit = (node: SyntaxNode): void => {
    const name = node.type === 'CallExpression' ? dottedName(node['callee']) : '';
    const [first] = (name === '' ? [] : node['arguments']) as readonly unknown[];
    if (RAW.test(name) && isNode(first) && !isConstant(first)) {
      const { start, end } = first as unknown as { readonly start: number; readonly end: number };
      const said = text.slice(start, end).replaceAll(/\s+/g, ' ');
      found.push(`${path}: ${name}(${said})`);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(parseSource(path, text).program);
  return found;
}

/** A literal, a constant of the module, or the place of a literal in one. */
function isConstant(node: SyntaxNode): boolean {
  if (node.type === 'Literal') return true;
  if (node.type === 'TemplateLiteral') return (node['expressions'] as readonly unknown[]).length === 0;
  if (node.type === 'Identifier') return /^[A-Z][A-Z_]*$/.test(String(node['name']));
  if (node.type !== 'CallExpression') return false;
  const [word] = node['arguments'] as readonly unknown[];
  return (
    /^[A-Z][A-Z_]*\.indexOf$/.test(dottedName(node['callee'])) && isNode(word) && word.type === 'Literal'
  );
}

test('statements of the store hold no data: what is no constant is a parameter', () => {
  const files = [...projectFiles()].filter(([path]) => /^(core|server|cli)\/.*\.ts$/.test(path));
  const found = files.filter(([, text]) => text.includes('sql') || text.includes('CompiledQuery'));
  expect([...new Set(found.flatMap(([path, text]) => rawSql(path, text)))].toSorted()).toEqual(
    Object.keys(ALLOWED).toSorted(),
  );
});

test('text that is put together, and names that are no constants, are found', () => {
  const text = `sql.raw('a' + name); sql.lit(name); sql.ref(\`r.\${key}\`); db.prepare(text);
    this.#db.exec(text); sql.lit(3); sql.lit(FIRST); sql.raw(\`a\`); sql\`a = \${name}\`;
    sql.lit(STATES.indexOf('success'));`;
  expect(rawSql('x.ts', text)).toEqual([
    "x.ts: sql.raw('a' + name)",
    'x.ts: sql.lit(name)',
    'x.ts: sql.ref(`r.${key}`)',
    'x.ts: db.prepare(text)',
    'x.ts: this.#db.exec(text)',
  ]);
});
