import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ParsedFile } from '../../../core/parsing/parsed-file.ts';
import { DagIndex } from '../../../core/scheduler/dag-index.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function project() {
  const dir = mkdtempSync(join(tmpdir(), 'orch-index-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, 'dags'));
  const write = (name: string, text: string): void => writeFileSync(join(dir, 'dags', name), text);
  write('etl.yaml', 'the dag');
  write('code.ts', 'the code');
  const stateDir = join(dir, '.orch');
  const clock = { now: () => statSync(dir).ctimeMs + 3_600_000 };
  const open = (stamp = 'a'): DagIndex => new DagIndex({ projectDir: dir, stateDir, stamp, clock });
  return { dir, write, open, path: join(stateDir, 'parsed', 'index.json') };
}

const code = {
  digest: 'digest',
  entry: 'dags/etl.yaml',
  entryHash: sha256('the dag'),
  files: { 'dags/code.ts': sha256('the code') },
  imports: {},
};
const parsed = {
  file: 'dags/etl.yaml',
  dags: ['x', 'y'].map((id) => ({ spec: { id }, graphHash: `graph of ${id}`, code })),
  diagnostics: [],
} as unknown as ParsedFile;

const idsOf = (index: DagIndex, file = 'dags/etl.yaml'): string[] | undefined =>
  index
    .look()
    .facts(file)
    ?.dags.map(({ spec }) => spec.id);

test('knows what a file declares, also when it is opened again', () => {
  const { open } = project();
  const index = open();
  expect(index.look().facts('dags/etl.yaml')).toBe(null);
  index.note(parsed);
  index.save(['dags/etl.yaml']);
  const facts = open().look().facts('dags/etl.yaml');
  expect(facts).toMatchObject({ file: 'dags/etl.yaml', diagnostics: [] });
  expect(facts?.dags.map(({ spec, graphHash, code: { digest } }) => [spec.id, graphHash, digest])).toEqual([
    ['x', 'graph of x', 'digest'],
    ['y', 'graph of y', 'digest'],
  ]);
  expect(idsOf(open('another parser'))).toBe(undefined);
});

test.each([
  ['etl.yaml', 'a dag'],
  ['code.ts', 'any code'],
])('does not know it any more once %s has changed', (name, text) => {
  const { open, write } = project();
  const index = open();
  index.note(parsed);
  index.save(['dags/etl.yaml']);
  write(name, text);
  expect([idsOf(index), idsOf(open())]).toEqual([undefined, undefined]);
});

test('forgets a file that declares nothing any more, and one that is gone', () => {
  const { open } = project();
  const index = open();
  index.note(parsed);
  index.save(['dags/other.yaml']);
  expect(idsOf(open())).toBe(undefined);
  index.note({ file: 'dags/etl.yaml', dags: [], diagnostics: [] });
  expect(idsOf(index)).toBe(undefined);
});

test('of DAGs that are due alike it has one object, also when it is opened again', () => {
  const { open } = project();
  const index = open();
  const schedule = [{ kind: 'every', everyMs: 1_000 }];
  const dags = parsed.dags.map((dag) => ({ ...dag, spec: { ...dag.spec, title: dag.graphHash, schedule } }));
  index.note({ ...parsed, dags } as ParsedFile);
  index.save([parsed.file]);
  for (const one of [index, open()]) {
    const [x, y] = one.look().facts(parsed.file)?.dags ?? [];
    expect(x?.agenda).toEqual({ schedule });
    expect(y?.agenda).toBe(x?.agenda);
  }
});

test('is written only when something has come', () => {
  const { open, path } = project();
  const index = open();
  index.note(parsed);
  index.save(['dags/etl.yaml']);
  writeFileSync(path, '');
  index.save(['dags/etl.yaml']);
  expect(readFileSync(path, 'utf8')).toBe('');
  // One that cannot be read is no index.
  expect(idsOf(open())).toBe(undefined);
});
