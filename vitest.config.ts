import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

// What tests start finds the compiled code that `orch` itself keeps: keepers, runners and readers of DAG
// files would compile orch anew for every project, which takes most of the time of many tests.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules', '.cache', 'orch');

/**
 * Tests start real processes and databases, so files run in forked processes (a test that crashes costs its
 * own file only) and no more than two at once: the machine must keep cores for what they start.
 */
export default defineConfig({
  // Tests that import `orch` mean the sources, not what a build left in dist/.
  ssr: { resolve: { conditions: ['orch-source', 'module', 'node', 'development|production'] } },
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    allowOnly: !process.env.CI,
    reporters: ['default'],
  },
});
