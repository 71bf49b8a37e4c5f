import { analyse } from 'scslre';
import { expect, test } from 'vitest';
import { CONFIG_SCHEMA } from '../../core/config/config.schema.ts';
import { ACCOUNT_NAME, GRANT_DAGS } from '../../core/model/account.ts';
import { ID_PATTERN } from '../../core/model/ids.ts';
import { NAME_PATTERN } from '../../core/schema/words.schema.ts';
import { ROUTES } from '../../server/routes/all.ts';
import { projectFiles } from '../tidy/project-files.ts';
import { childrenOf, parseSource, type SyntaxNode } from '../tidy/source.ts';

const SOURCES = /^(core|server|cli|client|operators)\/.*\.(ts|js)$/;

/** Patterns, by how they begin, that take more time than in proportion to a text, and why that is no harm. */
const ALLOWED: Readonly<Record<string, string>> = {
  'cli/remote/contexts.ts: /\\/+$/': 'an address that the user of the command has kept',
  'cli/render/scroll-lines.ts: /\\.?0+$/': 'a number',
  'core/authoring/compile/actions.ts: /\\$\\{\\{\\s*(.*?)\\s*\\}\\}/s':
    'a command of a DAG file, in a process with a cap on its time',
  'core/config/assemble-telemetry.ts: /\\/+$/': 'an address of the config',
  'core/config/load-config.ts: /(\\w*(?:password|secret|token|': 'a line of the config file',
  'core/config/load-config.ts: /\\b(url|secret|token|user|pass': 'a line of the config file',
  'core/model/duration.ts: /(\\d+)(ms|s|m|h|d)/g': 'up to 64 characters',
  'core/parsing/load-problem.ts: /^ +at (?:.*\\()?(\\S+?):(\\d+):(':
    'a stack of a DAG file, in a process with a cap on its time',
  'core/parsing/project-path.ts: /[?#].*$/s': 'the address of a module',
  'core/telemetry/dataset.ts: /^([a-z][a-z0-9+.-]*):(?:\\/\\/(': 'an address of an asset',
  'core/telemetry/dataset.ts: /^\\/+|\\/+$/g': 'an address of an asset',
  'server/limit-rates.ts: /%.*$/': 'the address of a connection',
};

/** Characters of a pattern by which it is known. */
const SHOWN = 30;

interface Pattern {
  readonly source: string;
  readonly flags: string;
}

/** The patterns that stand in a source as `/.../`. */
function literals(node: SyntaxNode): Pattern[] {
  const regex = node.type === 'Literal' ? (node['regex'] as { pattern: string; flags: string } | null) : null;
  const own = regex ? [{ source: regex.pattern, flags: regex.flags }] : [];
  return [...own, ...childrenOf(node).flatMap(literals)];
}

/** The patterns of a JSON Schema. */
function patternsOf(schema: unknown): Pattern[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, one]) =>
    key === 'pattern' && typeof one === 'string' ? [{ source: one, flags: 'u' }] : patternsOf(one),
  );
}

/** Whether a text can be made for which a pattern takes more than a time in proportion to its length. */
function isSlow(pattern: Pattern): boolean {
  return analyse(pattern).reports.length > 0;
}

const written = [...projectFiles()].flatMap(([path, text]) =>
  SOURCES.test(path) && !path.startsWith('client/generated/')
    ? literals(parseSource(path, text).program).map((pattern) => ({ path, pattern }))
    : [],
);

test('no pattern in the code can be made to take for ever', () => {
  expect(written.length).toBeGreaterThan(200);
  const slow = written.flatMap(({ path, pattern }) =>
    isSlow(pattern) ? `${path}: /${pattern.source}/${pattern.flags}`.slice(0, path.length + 2 + SHOWN) : [],
  );
  expect(slow.toSorted()).toEqual(Object.keys(ALLOWED).toSorted());
});

test('nor can one that a request or the config is checked by', () => {
  const schemas = [CONFIG_SCHEMA, ...ROUTES.flatMap(({ params, query, body }) => [params, query, body])];
  const names = [ACCOUNT_NAME, GRANT_DAGS, ID_PATTERN, NAME_PATTERN].map((source) => ({
    source,
    flags: 'u',
  }));
  const all = [...schemas.flatMap(patternsOf), ...names];
  expect(all.length).toBeGreaterThan(50);
  expect(all.filter(isSlow)).toEqual([]);
});

test.each([
  '..',
  '../a',
  'a/b',
  'a\\b',
  'a\0b',
  'a\nb',
  'a\n',
  '%2e%2e',
  'C:a',
  '-a/',
  'é',
  '💥',
  'a'.repeat(300),
])('%j is no id of a DAG or a task', (id) => {
  expect([ID_PATTERN, NAME_PATTERN].map((pattern) => new RegExp(pattern).test(id))).toEqual([false, false]);
});
