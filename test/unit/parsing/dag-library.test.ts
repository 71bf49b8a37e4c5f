import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ParseLimits } from '../../../core/parsing/parsed-file.ts';
import { DagLibrary } from '../../../core/scheduler/dag-library.ts';
import { linesOf, TempProject } from './temp-project.ts';

const GOOD = "export default dag({ id: 'x' }, (d) => { d.task('a', () => 1); });\n";

/** A DAG file that writes a mark whenever it is evaluated, and then goes on with `rest`. */
function marking(dir: string, rest: string): string {
  const mark = `process.getBuiltinModule('fs').appendFileSync(${JSON.stringify(join(dir, 'marks'))}, 'x');`;
  return `import { dag } from 'orch';\nimport { n } from './x/n.ts';\nvoid n;\n${mark}\n${rest}\n`;
}

function marks(dir: string): number {
  const path = join(dir, 'marks');
  return existsSync(path) ? readFileSync(path, 'utf8').length : 0;
}

function library(dir: string, limits: Partial<ParseLimits> = {}): DagLibrary {
  return new DagLibrary(dir, join(dir, '.orch'), limits);
}

describe('a file that failed', () => {
  it.each([
    ['an endless loop', 'for (;;);', /CPU time/],
    ['the end of its process', "process.getBuiltinModule('fs').closeSync(3);", /ended its process/],
    ['a throw', "throw new Error('no');", /Error: no/],
    ['no DAG', 'export default 1;', /declares no DAG/],
    [
      'a mistake',
      "export default dag({ id: 'x' }, (d) => { d.task('a', { uses: './x/n.ts#m' }); });",
      /export 'm'/,
    ],
  ])('by %s is not evaluated again until it changes', async (_, rest, message) => {
    await using project = await TempProject.with({ 'dags/x/n.ts': 'export const n = 1;\n' });
    await project.write({ 'dags/x.ts': marking(project.dir, rest) });
    const limits = { cpuMs: 1_500 };
    const first = await library(project.dir, limits).parse('dags/x.ts');
    expect(linesOf(first)).toEqual([expect.stringMatching(message)]);
    const evaluated = marks(project.dir);
    expect(evaluated).toBeGreaterThan(0);
    expect(await library(project.dir, limits).parse('dags/x.ts')).toEqual(first);
    expect(marks(project.dir)).toBe(evaluated);

    await project.write({ 'dags/x.ts': marking(project.dir, GOOD) });
    expect((await library(project.dir, limits).parse('dags/x.ts')).dags).toHaveLength(1);
    expect(marks(project.dir)).toBeGreaterThan(evaluated);
  });

  it('is evaluated again when an import changes, in other limits, and when it is asked for', async () => {
    await using project = await TempProject.with({ 'dags/x/n.ts': 'export const n = 1;\n' });
    await project.write({ 'dags/x.ts': marking(project.dir, "throw new Error('no');") });
    const evaluations = async (limits?: Partial<ParseLimits>): Promise<number> => {
      const before = marks(project.dir);
      await library(project.dir, limits).parse('dags/x.ts');
      return marks(project.dir) - before;
    };
    expect(await evaluations()).toBe(1);
    expect(await evaluations()).toBe(0);
    await project.write({ 'dags/x/n.ts': 'export const n = 2;\n' });
    expect(await evaluations()).toBe(1);
    expect(await evaluations({ cpuMs: 60_000 })).toBe(1);
    expect(await evaluations({ cpuMs: 60_000 })).toBe(0);
    library(project.dir, { cpuMs: 60_000 }).forgetFailures();
    expect(await evaluations({ cpuMs: 60_000 })).toBe(1);
  });

  it('because of a loop in what it imports is evaluated again when that changes', async () => {
    await using project = await TempProject.with({
      'dags/x.ts': `import { dag } from 'orch';\nimport { n } from './x/n.ts';\nvoid n;\n${GOOD}`,
      'dags/x/n.ts': "export { n } from './m.ts';\n",
      'dags/x/m.ts': 'export const n = 1;\nfor (;;);\n',
    });
    const parse = () => library(project.dir, { cpuMs: 2_500 }).parse('dags/x.ts');
    expect(Object.keys((await parse()).inputs ?? {}).sort()).toEqual([
      'dags/x.ts',
      'dags/x/m.ts',
      'dags/x/n.ts',
    ]);
    await project.write({ 'dags/x/m.ts': 'export const n = 1;\n' });
    expect((await parse()).dags).toHaveLength(1);
  });

  it('for want of another file is evaluated again', async () => {
    await using project = await TempProject.with({
      'dags/x.yaml': 'id: x\ntasks: { a: { uses: ./x/n.ts#n } }\n',
    });
    expect((await library(project.dir).parse('dags/x.yaml')).dags).toEqual([]);
    await project.write({ 'dags/x/n.ts': 'export const n = () => 1;\n' });
    expect((await library(project.dir).parse('dags/x.yaml')).dags).toHaveLength(1);
  });
});

it('a file is known to have declared a DAG', async () => {
  await using project = await TempProject.with({ 'dags/other.yaml': 'id: x\ntasks: { a: { run: x } }\n' });
  expect(library(project.dir).hasDeclared('dags/other.yaml', 'x')).toBe(false);
  await library(project.dir).parse('dags/other.yaml');
  expect(library(project.dir).hasDeclared('dags/other.yaml', 'x')).toBe(true);
  expect(library(project.dir).hasDeclared('dags/other.yaml', 'y')).toBe(false);
});
