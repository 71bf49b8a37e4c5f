import { expect, test } from 'vitest';
import type { ParsedFile } from '../../../core/parsing/parsed-file.ts';
import { withUniqueDags } from '../../../core/parsing/unique-dags.ts';

const file = (name: string, ...ids: string[]): ParsedFile => ({
  file: name,
  dags: ids.map((id) => ({ spec: { id } })) as never,
  diagnostics: [],
});
const files = [file('dags/a.ts', 'x', 'y'), file('dags/b.ts', 'x'), file('dags/c.ts', 'z')];
const idsOf = (all: readonly ParsedFile[]) => all.map(({ dags }) => dags.map(({ spec }) => spec.id).join());
const mistakesOf = (all: readonly ParsedFile[]) =>
  all.flatMap(({ diagnostics }) => diagnostics.map(({ file, message }) => `${file}: ${message}`));

test('an id that nobody is known to declare is that of the first file', () => {
  const unique = withUniqueDags(files);
  expect(idsOf(unique)).toEqual(['x,y', '', 'z']);
  expect(mistakesOf(unique)).toEqual([
    "dags/b.ts: DAG 'x' is declared in dags/a.ts too: ids are unique in a project",
  ]);
});

test('a mistake has the place of the id where the sources are given', () => {
  const text = 'id: xy\ntasks: {}\n---\nid: "x"\n';
  const [, second] = withUniqueDags(files, undefined, () => text);
  expect(second?.diagnostics).toMatchObject([{ file: 'dags/b.ts', line: 4, column: 1, source: 'id: "x"' }]);
});

test('the file that is known to declare an id keeps it, and what is added beside it is refused', () => {
  const unique = withUniqueDags(files, new Map([['x', 'dags/b.ts']]));
  expect(idsOf(unique)).toEqual(['y', 'x', 'z']);
  expect(mistakesOf(unique)).toEqual([
    "dags/a.ts: DAG 'x' is declared in dags/b.ts too: ids are unique in a project",
  ]);
  expect(idsOf(withUniqueDags(files, new Map([['x', 'dags/gone.ts']])))).toEqual(['x,y', '', 'z']);
});
