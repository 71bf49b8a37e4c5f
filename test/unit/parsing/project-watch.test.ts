import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import { ProjectWatch } from '../../../core/parsing/project-watch.ts';
import { DagSync, type DagSyncOptions } from '../../../core/scheduler/dag-sync.ts';
import type { SchedulerTidings } from '../../../core/scheduler/tidings.ts';

/** A watcher of files whose events the test makes. */
class Watcher extends EventEmitter {
  close = (): Promise<void> => Promise.resolve();
}
const watchers: Watcher[] = [];
vi.mock('chokidar', () => ({
  watch: () => {
    const watcher = new Watcher();
    watchers.push(watcher);
    setImmediate(() => watcher.emit('ready'));
    return watcher;
  },
}));

const limit = new Error('System limit for number of file watchers reached');

test('what keeps changes from being noticed is told, and ends nothing', async () => {
  const errors: Error[] = [];
  const watch = new ProjectWatch(
    '/nowhere',
    () => {},
    (error) => errors.push(error),
  );
  await watch.ready;
  watchers.at(-1)?.emit('error', limit);
  watchers.at(-1)?.emit('error', 'no error at all');
  expect(errors.map(({ message }) => message)).toEqual([limit.message, 'no error at all']);
  await watch.close();
});

test('a scheduler writes it into its log and tells it, once for each reason', async () => {
  const logged: string[] = [];
  const told: string[] = [];
  const options = {
    projectDir: '/nowhere',
    library: { files: () => [] },
    index: { look: () => null, save: () => undefined },
    store: { declaredDags: async () => [], pins: async () => [], brokenFiles: async () => [] },
    versions: { pins: 0, takeSaved: () => new Set() },
    log: { warn: ({ err }: { err: Error }, text: string) => logged.push(`${text}: ${err.message}`) },
    onTidings: (tidings: SchedulerTidings) =>
      told.push(tidings.type === 'blind' ? tidings.error.message : ''),
    onLooked: () => undefined,
  } as unknown as DagSyncOptions;
  const sync = new DagSync(options);
  await sync.start();
  for (const error of [limit, limit, new Error('EACCES')]) watchers.at(-1)?.emit('error', error);
  expect(told).toEqual([limit.message, 'EACCES']);
  expect(logged[0]).toBe(`changes of DAG files may not be noticed: ${limit.message}`);
  expect(logged).toHaveLength(2);
  await sync.close();
});
