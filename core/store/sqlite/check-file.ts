import type { Violation } from '../../model/violation.ts';
import { NO_PLACE } from '../integrity.ts';
import type { SqliteConnection } from './connection.ts';

/** What SQLite itself finds wrong with its file, at most `listed` rows of each rule, all counted. */
export function checkFile(connection: SqliteConnection, listed: number): readonly Violation[] {
  const reports = connection
    .execute('pragma integrity_check', [])
    .rows.filter(({ integrity_check: report }) => report !== 'ok')
    .map(({ integrity_check: report }) => ({ ...NO_PLACE, report: String(report) }));
  const missing = connection
    .execute('pragma foreign_key_check', [])
    .rows.map(({ table, parent }) => ({ ...NO_PLACE, table: String(table), missingFrom: String(parent) }));
  const found: Violation[] = [
    { rule: 'damaged_file', count: reports.length, rows: reports.slice(0, listed) },
    { rule: 'missing_row', count: missing.length, rows: missing.slice(0, listed) },
  ];
  return found.filter(({ count }) => count > 0);
}
