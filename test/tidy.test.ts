import { describe, expect, it } from 'vitest';
import { ambientTime, anyAndEnum, CLOCK_READERS, defaultExports } from './tidy/banned-syntax.ts';
import { forbiddenInClosure } from './tidy/closure.ts';
import { deadFiles, filesUsedByYaml } from './tidy/dead-files.ts';
import { brokenLinks, missingPaths } from './tidy/doc-links.ts';
import { mutualFolders, unplacedFiles, upwardImports } from './tidy/floors.ts';
import { foreignText, lockingReads } from './tidy/foreign-text.ts';
import { longFiles, longFunctions, wideLines } from './tidy/house-numbers.ts';
import { importGraph, resolveImport } from './tidy/imports.ts';
import { emptyNames, oddNames } from './tidy/names.ts';
import { projectFiles } from './tidy/project-files.ts';
import { ambientUses, builtinImports } from './tidy/purity.ts';
import { unreasonedSkips } from './tidy/skips.ts';
import { parseSource } from './tidy/source.ts';
import { duplicateTestNames } from './tidy/test-names.ts';
import { unitlessNumbers } from './tidy/units.ts';
import { importsOfTests, zoneViolations } from './tidy/zones.ts';

const files = projectFiles();
const paths = [...files.keys()];
const isCode = (path: string): boolean => /\.(ts|tsx|js|mjs)$/.test(path) && !/(^|\/)fixtures\//.test(path);
const code = [...files].filter(([path]) => isCode(path));
const written = code.filter(([path]) => !path.startsWith('client/generated/'));
const sources = code.map(([path, text]) => parseSource(path, text));
const graph = importGraph(sources);
const pages = paths.filter((path) => path.endsWith('.md'));

describe('floors', () => {
  it('every file of core stands on a floor', () => expect(unplacedFiles(paths)).toEqual([]));
  it('imports go down', () => expect(upwardImports(graph)).toEqual([]));
  it('folders of one floor do not import each other', () => expect(mutualFolders(graph)).toEqual([]));
  it('DAGs, operators and migrations import what they may', () => expect(zoneViolations(graph)).toEqual([]));
  it('the product imports no tests', () => expect(importsOfTests(graph)).toEqual([]));
  it('floors 0 to 2 import no built-in modules', () => expect(builtinImports(graph)).toEqual([]));
  it('floors 0 to 2 use no process, timer or network', () =>
    expect(sources.flatMap((source) => ambientUses(source, CLOCK_READERS))).toEqual([]));
  it.each(['core/parsing/parse-child.ts', 'core/executors/runner-main.ts'])('%s loads no store', (entry) =>
    expect(forbiddenInClosure(graph, entry)).toEqual([]),
  );
  it('every relative import names a file', () => {
    const missing = [...graph].flatMap(([path, imports]) =>
      imports
        .map((one) => ({ ...one, target: resolveImport(path, one.specifier) }))
        .filter((one) => one.target !== undefined && !files.has(one.target))
        .map((one) => `${path}:${one.line} -> ${one.specifier}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('house numbers', () => {
  it('files are short', () => expect(written.flatMap(([path, text]) => longFiles(path, text))).toEqual([]));
  it('lines are narrow', () => expect(written.flatMap(([path, text]) => wideLines(path, text))).toEqual([]));
  it('functions are short', () => expect(sources.flatMap(longFunctions)).toEqual([]));
});

describe('style', () => {
  it('has no any and no enum', () => expect(sources.flatMap(anyAndEnum)).toEqual([]));
  it('has default exports only where files are found', () =>
    expect(sources.flatMap(defaultExports)).toEqual([]));
  it('reads time and chance at the edges only', () => expect(sources.flatMap(ambientTime)).toEqual([]));
  it('names files for what is in them', () => expect([...emptyNames(paths), ...oddNames(paths)]).toEqual([]));
  it('puts the unit into the name', () =>
    expect(sources.filter((source) => !/^(test|bench)\//.test(source.path)).flatMap(unitlessNumbers)).toEqual(
      [],
    ));
  it('takes no locks by reading', () => expect(sources.flatMap(lockingReads)).toEqual([]));
});

describe('tests', () => {
  const tests = sources.filter((source) => source.path.startsWith('test/'));
  it('have different names', () => expect(tests.flatMap(duplicateTestNames)).toEqual([]));
  it('are skipped for a reason only', () => expect(tests.flatMap(unreasonedSkips)).toEqual([]));
});

describe('repository', () => {
  it('has no dead files', () => {
    const used = [...files].flatMap(([path, text]) =>
      /\.ya?ml$/.test(path) ? filesUsedByYaml(path, text) : [],
    );
    expect(deadFiles(sources, used, graph)).toEqual([]);
  });
  it('mentions no machine and no registry', () =>
    expect([...files].flatMap(([path, text]) => foreignText(path, text))).toEqual([]));
  it('has links that lead somewhere', () =>
    expect(pages.flatMap((page) => brokenLinks(page, files))).toEqual([]));
  it('names only paths that exist', () =>
    expect(
      pages.filter((page) => page !== 'CHANGELOG.md').flatMap((page) => missingPaths(page, files)),
    ).toEqual([]));
});
