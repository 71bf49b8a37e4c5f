import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../../core/log/logger.ts';
import { systemClock } from '../../../core/model/clock.ts';
import type { ParsedFile } from '../../../core/parsing/parsed-file.ts';
import type { DagEntry } from '../../../core/planner/agenda.ts';
import { DagSync } from '../../../core/scheduler/dag-sync.ts';
import type { DeclaredFilter } from '../../../core/store/dag-reads.ts';

test('closing ends the evaluation of a file that takes long, and begins no other', async () => {
  const projectDir = mkdtempSync(join(tmpdir(), 'orch-sync-'));
  mkdirSync(join(projectDir, 'dags'));
  onTestFinished(() => rmSync(projectDir, { recursive: true, force: true }));
  const begun: string[] = [];
  const running = Promise.withResolvers<void>();
  const library = {
    files: () => Array.from({ length: 100 }, (_, no) => `dags/slow${no}.ts`),
    parse: (file: string, signal: AbortSignal) => {
      begun.push(file);
      running.resolve();
      const ended = { file, dags: [], diagnostics: [] };
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(ended)));
    },
  };
  const index = { look: () => ({ facts: () => null }), note: () => {}, save: () => {} };
  const store = { brokenFiles: async () => [] };
  const never = (): void => {
    throw new Error('nothing is known of the files');
  };
  const sync = new DagSync({
    projectDir,
    library: library as never,
    index: index as never,
    store: store as never,
    lease: null as never,
    versions: null as never,
    clock: systemClock,
    log: createLogger({ level: 'silent', to: 2 }),
    onSeen: never,
    onTidings: never,
    onGone: never,
    onConfig: () => {},
    onLooked: () => {},
  });
  const started = sync.start();
  await running.promise;
  await sync.close();
  await started;
  expect(begun.length).toBeLessThanOrEqual(availableParallelism());
});

const SPEC = { v: 1, id: 'a', tasks: [{ path: 't', action: { kind: 'pass' } }] };

/** A scheduler that starts with one DAG in one file, which the index and the store may know. */
function starting(
  declared: { graphHash: string },
  stored: { graphHash: string; spec?: string } | null,
  textOf = ({ graph }: DagEntry): string => `${graph.size} task`,
) {
  const projectDir = mkdtempSync(join(tmpdir(), 'orch-sync-'));
  onTestFinished(() => rmSync(projectDir, { recursive: true, force: true }));
  const file = 'dags/a.yaml';
  const dag = (graphHash: string) => ({ spec: SPEC, graphHash, code: { digest: 'code' }, agenda: {} });
  const record = {
    ...{ dagId: 'a', file, versionNo: 7, codeHash: 'code', versionAt: 5, decidedNo: 7, eventNo: 0 },
    ...{ paused: false, present: true, sinceAt: 1, cursorAt: 2, spec: JSON.stringify(SPEC) },
    ...stored,
  };
  const done: string[] = [];
  const sync = new DagSync({
    projectDir,
    library: {
      files: () => [file],
      parse: async () => {
        done.push('parsed');
        return { file, dags: [dag('new')], diagnostics: [] };
      },
    } as never,
    index: {
      look: () => ({ facts: () => ({ file, dags: [dag(declared.graphHash)], diagnostics: [] }) }),
      note: (parsed: ParsedFile) => {
        declared.graphHash = parsed.dags[0]?.graphHash ?? '';
        return parsed;
      },
      save: () => done.push('index kept'),
    } as never,
    store: {
      brokenFiles: async () => [],
      pins: async () => [],
      version: async () => null,
      declaredDags: async (which: DeclaredFilter) => {
        const isThere = done.includes('stored') || stored !== null;
        return isThere && ('ids' in which || which.afterId === '') ? [record] : [];
      },
    } as never,
    versions: {
      pins: 0,
      hasCode: () => true,
      know: () => done.push('known'),
      takeSaved: () => new Set(),
      keepAll: async () => {
        done.push('stored');
        return [{ dagId: 'a', versionNo: 8, spec: SPEC }];
      },
    } as never,
    lease: null as never,
    clock: systemClock,
    log: createLogger({ level: 'silent', to: 2 }),
    onSeen: (entry, version) =>
      done.push(`${entry.dagId} has version ${version.versionNo}, ${textOf(entry)}`),
    onTidings: () => {},
    onGone: () => {},
    onConfig: () => {},
    onLooked: () => done.push('looked'),
  });
  return { sync, done };
}

test.each([
  [
    'a DAG that is stored as it is declared is neither parsed nor stored',
    { graphHash: 'g' },
    { graphHash: 'g' },
    ['known', 'a has version 7, 1 task', 'index kept', 'looked'],
  ],
  [
    'one that the store does not know is',
    { graphHash: 'new' },
    null,
    ['parsed', 'stored', 'a has version 8, 1 task', 'index kept', 'looked'],
  ],
  [
    'one of which the index knew another graph is looked at again',
    { graphHash: 'g' },
    { graphHash: 'old' },
    ['parsed', 'parsed', 'stored', 'a has version 8, 1 task', 'index kept', 'looked'],
  ],
])('%s', async (_, declared, stored, told) => {
  const { sync, done } = starting({ ...declared }, stored);
  await sync.start();
  await sync.close();
  expect(done).toEqual([...told, 'index kept']);
});

test('a graph is not read before its DAG has a run', async () => {
  const stored = { graphHash: 'g', spec: 'no graph at all' };
  const { sync, done } = starting({ graphHash: 'g' }, stored, ({ agendaSpec }) => JSON.stringify(agendaSpec));
  await sync.start();
  await sync.close();
  expect(done).toContain('a has version 7, {}');
});
