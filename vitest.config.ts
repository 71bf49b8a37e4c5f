import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

// What tests start finds the compiled code that `orch` itself keeps: keepers, runners and readers of DAG
// files would compile orch anew for every project, which takes most of the time of many tests.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules', '.cache', 'orch');

/** The compiled checks of large schemas that an install made, as the processes of orch take them. */
function readyChecks(): { find: RegExp; replacement: string }[] {
  const folder = join(import.meta.dirname, 'node_modules/.cache/orch/packages');
  const index = join(folder, 'ready-checks.json');
  if (!existsSync(index)) return [];
  const { file } = JSON.parse(readFileSync(index, 'utf8')) as { readonly file: string };
  return [{ find: /^.*\/ready-checks\.ts$/, replacement: join(folder, file) }];
}

/** Tests that start no process and leave nothing behind in theirs: they share threads and loaded modules. */
const PURE = [
  'test/tidy.test.ts',
  'test/tidy/**/*.test.ts',
  'test/wfcommons/**/*.test.ts',
  'test/security/**/*.test.ts',
  'test/kill/**/violations.test.ts',
  'test/unit/{accounts,alerting,authoring,bench,channels,cli,config,cron,expression,graph}/**/*.test.ts',
  'test/unit/{model,scheduler,schema,secrets,simulation,store,telemetry,timetables}/**/*.test.ts',
  'test/unit/log/!(rotating-file).test.ts',
  // What is left in memory can be told in a process of its own only.
  'test/unit/planner/!(memory).test.ts',
];

/**
 * Tests that ask commands, servers, schedulers and the code of shipped DAGs: what they change is in
 * processes, projects and databases of their own, so their files share two processes and the modules that
 * these have loaded.
 */
const SERVICES = ['test/{browser,cli,scheduler,server}/**/*.test.ts', 'test/unit/dags/**/*.test.ts'];

/** Tests of stores in places of their own, on one server. */
const STORES = ['test/contract/store/!(postgres-*|listening).test.ts'];

/**
 * The other tests start real processes and databases, so their files run in forked processes (a test that
 * crashes costs its own file only). No more than two files at once: the machine must keep cores for what they
 * start.
 */
export default defineConfig({
  // Tests that import `orch` mean the sources, not what a build left in dist/.
  ssr: { resolve: { conditions: ['orch-source', 'module', 'node', 'development|production'] } },
  resolve: { alias: readyChecks() },
  test: {
    environment: 'node',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    allowOnly: !process.env.CI,
    reporters: ['default'],
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, pool: 'threads', isolate: false } },
      { extends: true, test: { name: 'services', include: SERVICES, pool: 'forks', isolate: false } },
      {
        extends: true,
        test: {
          name: 'stores',
          include: STORES,
          pool: 'forks',
          isolate: false,
          globalSetup: 'test/postgres/shared-postgres.ts',
        },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...PURE, ...SERVICES, ...STORES],
          pool: 'forks',
        },
      },
    ],
  },
});
