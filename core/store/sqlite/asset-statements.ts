import { type Kysely, sql } from 'kysely';
import type { Database } from '../tables.ts';
import type { SqliteConnection } from './connection.ts';
import { at, prepare } from './prepare.ts';

const EVENT_COLUMNS = [
  'event_no',
  'uri',
  'at',
  'run_no',
  'node_no',
  'try_no',
  'run_uid',
  'dag_id',
  'task',
  'reported_by',
  'request_no',
  'extra',
] as const;

/** The statements that write events of assets, and what was decided about them and about files. */
export function prepareAssets(connection: SqliteConnection, db: Kysely<Database>) {
  return {
    /** uri, at, eventNo */
    putAsset: prepare(connection, () =>
      db
        .insertInto('asset')
        .values({ uri: at(0), first_at: at(1), last_no: at(2), events: sql.lit(1) })
        .onConflict((conflict) =>
          conflict.column('uri').doUpdateSet((row) => ({
            last_no: row.ref('excluded.last_no'),
            events: row('asset.events', '+', row.ref('excluded.events')),
          })),
        ),
    ),
    /** The row in the order of its columns. */
    insertEvent: prepare(connection, () =>
      db
        .insertInto('asset_event')
        .columns(EVENT_COLUMNS)
        .values(Object.fromEntries(EVENT_COLUMNS.map((name, index) => [name, at(index)])) as never)
        .onConflict((conflict) => conflict.doNothing()),
    ),
    /** dagId, to, expected number */
    takeEvents: prepare(connection, () =>
      db
        .insertInto('asset_cursor')
        .values({ dag_id: at(0), event_no: at(1) })
        .onConflict((conflict) =>
          conflict
            .column('dag_id')
            .doUpdateSet((row) => ({ event_no: row.ref('excluded.event_no') }))
            .where('asset_cursor.event_no', '=', at(2)),
        ),
    ),
    /** dagId, path, bytes, modifiedAt, decidedAt, runNo; writes nothing if this arrival is decided */
    takeFile: prepare(connection, () =>
      db
        .insertInto('file_arrival')
        .values({
          dag_id: at(0),
          path: at(1),
          bytes: at(2),
          modified_at: at(3),
          decided_at: at(4),
          run_no: at(5),
        })
        .onConflict((conflict) =>
          conflict
            .columns(['dag_id', 'path'])
            .doUpdateSet((row) => ({
              bytes: row.ref('excluded.bytes'),
              modified_at: row.ref('excluded.modified_at'),
              decided_at: row.ref('excluded.decided_at'),
              run_no: row.ref('excluded.run_no'),
            }))
            .where((row) =>
              row.or([
                row('file_arrival.bytes', '!=', row.ref('excluded.bytes')),
                row('file_arrival.modified_at', '!=', row.ref('excluded.modified_at')),
              ]),
            ),
        ),
    ),
  };
}
