import type { SystemEntry } from '../system.ts';
import { WORKLOAD_NAMES } from '../workloads.ts';

const WITHOUT_THE_LARGEST = WORKLOAD_NAMES.filter((name) => name !== 'W6');

/** Every system that is compared, orch first. Each is loaded in its own process only. */
export const SYSTEMS: readonly SystemEntry[] = [
  {
    name: 'orch',
    title: 'orch: SQLite (normal), leader, keeper and runner processes, logs and history',
    needs: null,
    workloads: WORKLOAD_NAMES,
    open: async () => (await import('./orch.ts')).openOrch('normal'),
  },
  {
    name: 'orch-full',
    title: 'orch with `store.durability: full` (survives power loss)',
    needs: null,
    workloads: WITHOUT_THE_LARGEST,
    open: async () => (await import('./orch.ts')).openOrch('full'),
  },
  {
    name: 'limit',
    title: 'limit: SQLite (normal), one commit a turn, bodies in two warm threads, nothing else',
    needs: null,
    workloads: WORKLOAD_NAMES,
    open: async () => (await import('./sqlite-limit.ts')).openSqliteLimit('normal'),
  },
  {
    name: 'limit-full',
    title: 'limit: the same with SQLite (full)',
    needs: null,
    workloads: WORKLOAD_NAMES,
    open: async () => (await import('./sqlite-limit.ts')).openSqliteLimit('full'),
  },
  {
    name: 'bullmq',
    title: 'BullMQ: Redis synced every second, bodies in the thread of the engine',
    needs: 'redis',
    workloads: WORKLOAD_NAMES,
    open: async (services) => (await import('./bullmq.ts')).openBullmq(services, 'none'),
  },
  {
    name: 'bullmq-threads',
    title: 'BullMQ: the same with its sandbox of worker threads',
    needs: 'redis',
    workloads: WITHOUT_THE_LARGEST,
    open: async (services) => (await import('./bullmq.ts')).openBullmq(services, 'threads'),
  },
  {
    name: 'dbos',
    title: 'DBOS: PostgreSQL, one workflow, a step for every task, in the thread of the engine',
    needs: 'postgres',
    workloads: WITHOUT_THE_LARGEST,
    open: async (services) => (await import('./dbos.ts')).openDbos(services),
  },
];
