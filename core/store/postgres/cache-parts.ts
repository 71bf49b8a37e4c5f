import { askRow, cacheRow } from '../cache.ts';
import type { CacheEntryTable, TaskCacheTable } from '../tables.ts';
import { type Part, PLACE_KEY, part, put, type RowColumns } from './part.ts';

const entryColumns: RowColumns<CacheEntryTable> = {
  key: ['text', (row) => row.key],
  dag_id: ['text', (row) => row.dag_id],
  instance: ['text', (row) => row.instance],
  run_uid: ['text', (row) => row.run_uid],
  at: ['int8', (row) => row.at],
  expires_at: ['int8', (row) => row.expires_at],
  json: ['text', (row) => row.json],
  sha256: ['text', (row) => row.sha256],
  bytes: ['int8', (row) => row.bytes],
  artifacts: ['text', (row) => row.artifacts],
  parts: ['text', (row) => row.parts],
};

const askColumns: RowColumns<TaskCacheTable> = {
  run_no: ['int4', (row) => row.run_no],
  node_no: ['int4', (row) => row.node_no],
  version_no: ['int4', (row) => row.version_no],
  key: ['text', (row) => row.key],
  parts: ['text', (row) => row.parts],
  because: ['int2', (row) => row.because],
  facts: ['text', (row) => row.facts],
};

const but = (columns: object, keys: readonly string[]): string[] =>
  Object.keys(columns).filter((name) => !keys.includes(name));

/** The cache, and what was asked of it. */
export const CACHE_PARTS: readonly Part[] = [
  part({
    name: 'new_entry',
    rows: (tick) => tick.entries.map(cacheRow),
    columns: entryColumns,
    sql: (given, columns) => put('cache_entry', columns, given, 'key', but(entryColumns, ['key'])),
  }),
  part({
    name: 'new_ask',
    rows: (tick) => tick.asks.map(({ runNo, nodeNo, ask }) => askRow(runNo, nodeNo, ask)),
    columns: askColumns,
    sql: (given, columns) =>
      put('task_cache', columns, given, PLACE_KEY.join(', '), but(askColumns, PLACE_KEY)),
  }),
];
