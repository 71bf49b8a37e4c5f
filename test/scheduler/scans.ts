import type { DatabaseSync } from 'node:sqlite';

/** Tables that grow with history, also as `r` and `i`: who looked through one would become ever slower. */
const TABLES = 'dag_run|dag_version|run_expansion|task_\\w+|journal|artifact|slot_span|asset_event|inbox';
export const GROWING = new RegExp(`^SCAN (${TABLES}|file_arrival|one|[ir])\\b`);
/** Indexes that hold unfinished runs, or requests without an answer, alone. */
const SMALL = /USING INDEX (dag_run_unfinished|inbox_pending)$/;

/** The steps of a statement that look through a table that grows with history. */
export function scansOf(database: DatabaseSync, text: string): string[] {
  const steps = database.prepare(`explain query plan ${text}`).all();
  return steps
    .map(({ detail }) => String(detail))
    .filter((detail) => GROWING.test(detail) && !SMALL.test(detail))
    .map((detail) => `${detail}: ${text}`);
}
