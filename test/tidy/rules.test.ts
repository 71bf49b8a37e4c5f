import { describe, expect, it } from 'vitest';
import { ambientTime, anyAndEnum, defaultExports } from './banned-syntax.ts';
import { forbiddenInClosure } from './closure.ts';
import { deadFiles, filesUsedByYaml } from './dead-files.ts';
import { anchorOf, brokenLinks, missingPaths } from './doc-links.ts';
import { mutualFolders, unplacedFiles, upwardImports } from './floors.ts';
import { foreignText, lockingReads } from './foreign-text.ts';
import { longFiles, longFunctions, wideLines } from './house-numbers.ts';
import { importGraph, importsOf } from './imports.ts';
import { emptyNames, oddNames } from './names.ts';
import { ambientUses, builtinImports } from './purity.ts';
import { unreasonedSkips } from './skips.ts';
import { parseSource } from './source.ts';
import { duplicateTestNames } from './test-names.ts';
import { unitlessNumbers } from './units.ts';
import { importsOfTests, zoneViolations } from './zones.ts';

/** Every rule is shown something bad and something good: a rule that cannot fail checks nothing. */
type Files = Readonly<Record<string, string>>;
const parse = (files: Files) => Object.entries(files).map(([path, text]) => parseSource(path, text));
const graphOf = (files: Files) => importGraph(parse(files));
const one = (text: string, path = 'core/planner/x.ts') => parseSource(path, text);

describe('imports', () => {
  it('finds every kind of import', () => {
    const text = `
      import type { A } from './a.ts';
      import { b, type C } from './b.ts';
      import './c.ts';
      export * from './d.ts';
      export type { E } from './e.ts';
      const f = await import('./f.ts');
      type G = import('./g.ts').G;`;
    const found = importsOf(one(text)).map((found) => `${found.specifier} ${found.typeOnly}`);
    expect(found.sort()).toEqual([
      './a.ts true',
      './b.ts false',
      './c.ts false',
      './d.ts false',
      './e.ts true',
      './f.ts false',
      './g.ts true',
    ]);
  });
});

describe('floors', () => {
  it('finds an import that goes up, with file and line', () => {
    const graph = graphOf({
      'core/planner/a.ts': "import { b } from '../model/b.ts';\nimport type { s } from '../store/store.ts';",
    });
    expect(upwardImports(graph)).toEqual([
      'core/planner/a.ts:2 -> ../store/store.ts: core/planner is floor 2, core/store floor 3',
    ]);
  });
  it('finds a file of core without a floor', () => {
    expect(unplacedFiles(['core/extra/a.ts', 'core/model/a.ts'])).toHaveLength(1);
  });
  it('finds two folders of one floor that import each other', () => {
    const there = "import { b } from '../log/b.ts';";
    const back = "import { a } from '../config/a.ts';";
    expect(mutualFolders(graphOf({ 'core/config/a.ts': there, 'core/log/b.ts': back }))).toHaveLength(1);
    expect(mutualFolders(graphOf({ 'core/config/a.ts': there, 'core/log/b.ts': '' }))).toEqual([]);
  });
});

describe('zones', () => {
  it.each([
    ['dags/x.ts', "import { dag } from '../core/authoring/index.ts';"],
    ['dags/x.ts', "import { readFile } from 'node:fs/promises';"],
    ['dags/x/clean.ts', "import { openStore } from '../../core/store/open-store.ts';"],
    ['operators/shell.ts', "import { plan } from '../core/planner/plan.ts';"],
    ['migrations/0001-initial.ts', "import { TASK_STATES } from '../core/model/states.ts';"],
  ])('%s must not hold %s', (path, text) => {
    expect(zoneViolations(graphOf({ [path]: text }))).toHaveLength(1);
  });
  it('lets a DAG file import orch and its own code', () => {
    expect(
      zoneViolations(graphOf({ 'dags/x.ts': "import { dag } from 'orch'; import './x/a.ts';" })),
    ).toEqual([]);
  });
  it('finds product code that imports a test', () => {
    expect(importsOfTests(graphOf({ 'core/model/a.ts': "import '../../test/a.ts';" }))).toHaveLength(1);
    expect(importsOfTests(graphOf({ 'test/a.test.ts': "import './b.ts';" }))).toEqual([]);
  });
});

describe('purity', () => {
  it.each(["import { readFileSync } from 'node:fs';", "import { randomUUID } from 'node:crypto';"])(
    'refuses %s on a pure floor',
    (text) => expect(builtinImports(graphOf({ 'core/graph/a.ts': text }))).toHaveLength(1),
  );
  it('allows hashing, and everything higher up', () => {
    const hashing = "import { createHash } from 'node:crypto';";
    const reading = "import { readFileSync } from 'node:fs';";
    expect(builtinImports(graphOf({ 'core/graph/a.ts': hashing, 'core/store/a.ts': reading }))).toEqual([]);
  });
  it.each(['process.env.HOME', 'setTimeout(f, 1)', 'performance.now()', 'fetch(u)'])('finds %s', (text) => {
    expect(ambientUses(one(text), [])).toHaveLength(1);
    expect(ambientUses(one(text, 'core/store/x.ts'), [])).toEqual([]);
  });
  it('does not mistake an own name for the process', () => {
    expect(ambientUses(one("const a = { process: 1 }; a.process; f('process')"), [])).toEqual([]);
  });
});

describe('closure', () => {
  const entry = 'core/executors/runner-main.ts';
  it('finds the chain to the store', () => {
    const files = {
      [entry]: "import './a.ts';",
      'core/executors/a.ts': "const load = () => import('../store/b.ts');",
    };
    expect(forbiddenInClosure(graphOf(files), entry)).toEqual([
      `${entry} -> core/executors/a.ts -> core/store/b.ts: user code must not come near the store`,
    ]);
  });
  it('finds packages, and leaves types alone', () => {
    expect(forbiddenInClosure(graphOf({ [entry]: "import pg from 'pg';" }), entry)).toHaveLength(1);
    expect(
      forbiddenInClosure(graphOf({ [entry]: "import type { Store } from '../store/store.ts';" }), entry),
    ).toEqual([]);
  });
  it('fails without the entry', () => expect(forbiddenInClosure(graphOf({}), entry)).toHaveLength(1));
});

describe('house numbers', () => {
  const lines = (count: number): string => 'f();\n'.repeat(count);
  it('counts lines of files', () => {
    expect(longFiles('core/a.ts', lines(400))).toEqual([]);
    expect(longFiles('core/a.ts', lines(401))).toHaveLength(1);
    expect(longFiles('test/a.ts', lines(600))).toEqual([]);
    expect(longFiles('test/a.ts', lines(601))).toHaveLength(1);
  });
  it('counts columns, not bytes', () => {
    expect(wideLines('a.ts', 'é'.repeat(110))).toEqual([]);
    expect(wideLines('a.ts', `\n${'x'.repeat(111)}`)).toEqual(['a.ts:2: 111 columns, at most 110']);
  });
  it('measures every kind of function, and names it', () => {
    const body = (count: number): string => `{\n${lines(count - 2)}}`;
    expect(longFunctions(one(`function long() ${body(71)}`))).toEqual([
      'core/planner/x.ts:1: long has 71 lines, at most 70',
    ]);
    expect(longFunctions(one(`function short() ${body(70)}`))).toEqual([]);
    expect(longFunctions(one(`const arrow = () => ${body(71)};`))[0]).toContain('arrow has');
    expect(longFunctions(one(`class A { method() ${body(71)} }`))[0]).toContain('method has');
  });
  it('takes the list of a describe for what it is, in tests only', () => {
    const text = `describe('a', () => {\n${lines(90)}});`;
    expect(longFunctions(one(text, 'test/a.test.ts'))).toEqual([]);
    expect(longFunctions(one(text))).toHaveLength(1);
  });
});

describe('banned syntax', () => {
  it.each(['let a: any;', 'const a = b as any;', 'type A = any[];', 'enum A { B }'])('finds %s', (text) => {
    expect(anyAndEnum(one(text))).toHaveLength(1);
  });
  it('reads code, not comments and strings', () => {
    expect(anyAndEnum(one("// any enum\nconst a = 'any'; const any = 1;"))).toEqual([]);
  });
  it('finds default exports outside DAG files', () => {
    expect(defaultExports(one('export default 1;'))).toHaveLength(1);
    expect(defaultExports(one('export default 1;', 'dags/a/clean.ts'))).toHaveLength(1);
    expect(defaultExports(one('export default 1;', 'dags/a.ts'))).toEqual([]);
  });
  it.each(['Date.now()', 'Math.random()', 'new Date()', 'Date()', '[1].map(Math.random)'])(
    'finds %s',
    (text) => {
      expect(ambientTime(one(text))).toHaveLength(1);
      expect(ambientTime(one(text, 'core/model/clock.ts'))).toEqual([]);
    },
  );
  it('allows instants that are given', () =>
    expect(ambientTime(one('new Date(at); Date.UTC(2020)'))).toEqual([]));
});

describe('names', () => {
  it.each([
    'core/utils/a.ts',
    'core/log/helpers.ts',
    'test/misc.test.ts',
    'cli/string-util.ts',
    'server/common.ts',
  ])('refuses %s', (path) => expect(emptyNames([path])).toHaveLength(1));
  it('looks at whole words', () => expect(emptyNames(['core/graph/commonality.ts'])).toEqual([]));
  it('wants kebab-case', () => {
    expect(oddNames(['core/model/DagRun.ts', 'core/model/dag_run.ts'])).toHaveLength(2);
    expect(oddNames(['core/model/dag-run.ts', 'migrations/0001-initial.ts'])).toEqual([]);
  });
});

describe('units', () => {
  it.each([
    'interface A { timeout: number }',
    'function f(delay: number) {}',
    'let startTime: number | null;',
  ])('finds %s', (text) => expect(unitlessNumbers(one(text))).toHaveLength(1));
  it('lets names with a unit and other types be', () => {
    expect(
      unitlessNumbers(one('interface A { timeoutMs: number; startedAt: number; timeout: string }')),
    ).toEqual([]);
  });
});

describe('dead files', () => {
  const dead = (files: Files, roots: readonly string[] = []) =>
    deadFiles(parse(files), roots, graphOf(files));
  it('finds a file that nothing reaches', () => {
    const files = {
      'core/model/a.test.ts': "import './b.ts';",
      'core/model/b.ts': '',
      'core/model/c.ts': '',
    };
    expect(dead(files)).toEqual(['core/model/c.ts: nothing imports it and it is no entry']);
  });
  it('does not let dead files keep each other alive', () => {
    expect(
      dead({ 'core/model/a.ts': "import './b.ts';", 'core/model/b.ts': "import './a.ts';" }),
    ).toHaveLength(2);
  });
  it('follows files that are started by name, and those of YAML', () => {
    const files = {
      'a.test.ts': "fork(new URL('./child.ts', import.meta.url))",
      'child.ts': '',
      'dags/x/y.ts': '',
    };
    const used = filesUsedByYaml('dags/x.yaml', "a:\n  uses: './x/y.ts#clean'\n");
    expect(dead(files, used)).toEqual([]);
    expect(dead(files)).toHaveLength(1);
    expect(dead({ 'test/a.test.ts': "start('b-child.ts')", 'test/b-child.ts': '' })).toEqual([]);
  });
});

describe('test names', () => {
  it('finds a name that occurs twice under one describe', () => {
    const text = "describe('a', () => { it('b', f); it('b', g); }); describe('c', () => { it('b', f); });";
    expect(duplicateTestNames(one(text))).toHaveLength(1);
  });
  it('sees through each and skipIf', () => {
    expect(duplicateTestNames(one("it.skipIf(x)('b', f); it('b', g);"))).toHaveLength(1);
    expect(duplicateTestNames(one("it.each([1])('b %s', f); it.each([2])('b %s', g);"))).toEqual([]);
  });
});

describe('skips', () => {
  it.each(["it.skip('a', f)", "describe.skipIf(!redis)('a', f)", "it.todo('a')", 'context.skip()'])(
    'finds %s',
    (text) => {
      expect(unreasonedSkips(one(text))).toHaveLength(1);
    },
  );
  it('accepts a reason', () => {
    expect(unreasonedSkips(one("// Redis is not installed here.\nit.skipIf(!redis)('a', f)"))).toEqual([]);
    expect(unreasonedSkips(one("context.skip('no redis-server on this machine')"))).toEqual([]);
    expect(unreasonedSkips(one("list.skip(3); it('a', f)"))).toEqual([]);
  });
});

describe('foreign text', () => {
  it.each([
    ['see /', 'work/main'],
    ['/ro', 'ot/x'],
    ["'/ho", "me/jane/x'"],
    ['https://regis', 'try.npmjs.org/x'],
  ])('finds %s%s', (a, b) => expect(foreignText('a.md', `first\n${a}${b}`)).toHaveLength(1));
  it('lets relative paths and other hosts be', () => {
    expect(foreignText('a.md', '../work/a, src/root/b, https://example.org/registry')).toEqual([]);
  });
  it('finds locking reads in SQL and in Kysely', () => {
    const sql = ['select a from b for ', 'update'].join('');
    expect(lockingReads(one(`db.query('${sql}')`))).toHaveLength(1);
    expect(lockingReads(one('db.selectFrom(a).forUpdate()'))).toHaveLength(1);
    expect(lockingReads(one("f('select what is ready for updates')"))).toEqual([]);
  });
});

describe('documents', () => {
  const pages = (text: string) =>
    new Map([
      ['docs/a.md', text],
      ['docs/b.md', '# One & two'],
      ['core/model/x.ts', ''],
    ]);
  it.each(['[a](c.md)', '[a](b.md#three)', '[a](#here)'])('finds %s', (text) => {
    expect(brokenLinks('docs/a.md', pages(text))).toHaveLength(1);
  });
  it('follows files, folders, headings and the web', () => {
    const text = '[a](b.md#one--two) [b](../core/model) [c](https://example.org) `[d](x.md)`';
    expect(brokenLinks('docs/a.md', pages(text))).toEqual([]);
    expect(anchorOf('One & two')).toBe('one--two');
  });
  it('finds paths that do not exist', () => {
    expect(missingPaths('docs/a.md', pages('`core/model/y.ts` and `core/model/x.ts`'))).toHaveLength(1);
  });
});
