import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../../core/log/logger.ts';
import { systemClock } from '../../../core/model/clock.ts';
import { DagSync } from '../../../core/scheduler/dag-sync.ts';

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
  const store = { brokenFiles: async () => [] };
  const never = (): void => {
    throw new Error('nothing is known of the files');
  };
  const sync = new DagSync({
    projectDir,
    library: library as never,
    store: store as never,
    lease: null as never,
    versions: null as never,
    clock: systemClock,
    log: createLogger({ level: 'silent', to: 2 }),
    onSeen: never,
    onBlind: never,
    onMistakes: never,
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
