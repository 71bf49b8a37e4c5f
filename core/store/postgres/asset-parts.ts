import { eventRow } from '../assets.ts';
import type { AssetEventTable } from '../tables.ts';
import { type Columns, type Part, part } from './part.ts';

const eventColumns: Columns<AssetEventTable, keyof AssetEventTable> = {
  run_no: ['int4', (row) => row.run_no],
  event_no: ['int4', (row) => row.event_no],
  uri: ['text', (row) => row.uri],
  at: ['int8', (row) => row.at],
  node_no: ['int4', (row) => row.node_no],
  try_no: ['int2', (row) => row.try_no],
  run_uid: ['text', (row) => row.run_uid],
  dag_id: ['text', (row) => row.dag_id],
  task: ['text', (row) => row.task],
  reported_by: ['text', (row) => row.reported_by],
  request_no: ['int4', (row) => row.request_no],
  extra: ['text', (row) => row.extra],
};

/** Events of assets, and what was decided about them and about files. */
export const ASSET_PARTS: readonly Part[] = [
  part({
    name: 'put_asset',
    rows: (tick) => tick.events,
    columns: {
      uri: ['text', (row) => row.uri],
      at: ['int8', (row) => row.at],
      event_no: ['int4', (row) => row.eventNo],
    },
    sql: (given) => `insert into asset (uri, first_at, last_no, events)
      select uri, min(at), max(event_no), count(*) from ${given}, fence group by uri
      on conflict (uri) do update set last_no = excluded.last_no, events = asset.events + excluded.events
      returning uri`,
  }),
  part({
    name: 'new_event',
    rows: (tick) => tick.events.filter(({ producer }) => producer !== null).map(eventRow),
    columns: eventColumns,
    sql: (given, columns) => `insert into asset_event (${columns}) select ${columns} from ${given}, fence
      on conflict do nothing returning run_no, event_no`,
    missed: { as: 'run', key: ['run_no', 'event_no'] },
  }),
  part({
    name: 'reported_event',
    rows: (tick) => tick.events.filter(({ reported }) => reported !== null).map(eventRow),
    columns: { request_no: eventColumns.request_no as never, ...eventColumns },
    sql: (given, columns) => `insert into asset_event (${columns}) select ${columns} from ${given}, fence
      on conflict do nothing returning request_no, event_no`,
    missed: { as: 'request', key: ['request_no', 'event_no'] },
  }),
  part({
    name: 'taken_events',
    rows: (tick) => tick.eventTakes,
    columns: {
      dag_id: ['text', (row) => row.dagId],
      event_no: ['int4', (row) => row.to],
      from_no: ['int4', (row) => row.from],
    },
    sql: (given) => `insert into asset_cursor (dag_id, event_no) select dag_id, event_no from ${given}, fence
      on conflict (dag_id) do update set event_no = excluded.event_no
        where asset_cursor.event_no = (select wanted.from_no from ${given} as wanted
          where wanted.dag_id = asset_cursor.dag_id)
      returning dag_id`,
    missed: { as: 'dag', key: ['dag_id'] },
  }),
  part({
    name: 'taken_file',
    rows: (tick) => tick.fileTakes,
    columns: {
      dag_id: ['text', ({ file }) => file.dagId],
      path: ['text', ({ file }) => file.path],
      bytes: ['int8', ({ file }) => file.bytes],
      modified_at: ['int8', ({ file }) => file.modifiedAt],
      decided_at: ['int8', (row) => row.decidedAt],
      run_no: ['int4', (row) => row.runNo],
    },
    sql: (given, columns) => `insert into file_arrival (${columns}) select ${columns} from ${given}, fence
      on conflict (dag_id, path) do update set bytes = excluded.bytes, modified_at = excluded.modified_at,
        decided_at = excluded.decided_at, run_no = excluded.run_no
        where (file_arrival.bytes, file_arrival.modified_at) <> (excluded.bytes, excluded.modified_at)
      returning dag_id, path`,
    missed: { as: 'dag', key: ['dag_id', 'path'] },
  }),
];
