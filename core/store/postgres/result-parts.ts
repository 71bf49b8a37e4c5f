import { storable } from '../archive.ts';
import { NO_WAIT } from '../records.ts';
import { insert, type Part, PLACE_KEY, part, put } from './part.ts';

/** What attempts gave, and what they left for the next. */
export const resultParts: readonly Part[] = [
  part({
    name: 'new_output',
    rows: (tick) => tick.outputs,
    columns: {
      run_no: ['int4', (row) => row.runNo],
      node_no: ['int4', (row) => row.nodeNo],
      try_no: ['int2', (row) => row.tryNo],
      json: ['text', ({ output }) => ('json' in output ? output.json : null)],
      sha256: ['text', ({ output }) => ('json' in output ? null : output.sha256)],
      bytes: ['int8', ({ output }) => ('json' in output ? null : output.bytes)],
    },
    sql: (given, columns) => insert('task_output', columns, given, 'run_no, node_no'),
    missed: { as: 'run', key: PLACE_KEY },
  }),
  part({
    name: 'new_metric',
    rows: (tick) => tick.metrics,
    columns: {
      run_no: ['int4', (row) => row.runNo],
      node_no: ['int4', (row) => row.nodeNo],
      try_no: ['int2', (row) => row.tryNo],
      name: ['text', (row) => storable(row.name)],
      value: ['float8', (row) => row.value],
      at: ['int8', (row) => row.at],
    },
    sql: (given, columns) =>
      put('task_metric', columns, given, 'run_no, node_no, try_no, name', ['value', 'at']),
  }),
  part({
    name: 'new_artifact',
    rows: (tick) => tick.artifacts,
    columns: {
      run_no: ['int4', (row) => row.runNo],
      node_no: ['int4', (row) => row.nodeNo],
      try_no: ['int2', (row) => row.tryNo],
      name: ['text', ({ artifact }) => storable(artifact.name)],
      bytes: ['int8', ({ artifact }) => artifact.bytes],
      media_type: ['text', ({ artifact }) => storable(artifact.mediaType)],
      sha256: ['text', ({ artifact }) => artifact.sha256],
    },
    sql: (given, columns) =>
      put('artifact', columns, given, 'run_no, node_no, try_no, name', ['bytes', 'media_type', 'sha256']),
  }),
  part({
    name: 'new_progress',
    rows: (tick) => tick.progress,
    columns: {
      run_no: ['int4', (row) => row.runNo],
      node_no: ['int4', (row) => row.nodeNo],
      done: ['float8', (row) => row.done],
      total: ['float8', (row) => row.total],
      step: ['text', (row) => (row.step === null ? null : storable(row.step))],
    },
    sql: (given, columns) =>
      put('task_progress', columns, given, 'run_no, node_no', ['done', 'total', 'step']),
  }),
  part({
    name: 'new_wait',
    rows: (tick) => tick.waits,
    columns: {
      run_no: ['int4', (row) => row.runNo],
      node_no: ['int4', (row) => row.nodeNo],
      since_at: ['int8', (row) => (row.wait ?? NO_WAIT).sinceAt],
      calls: ['int4', (row) => (row.wait ?? NO_WAIT).calls],
      iterations: ['int4', (row) => (row.wait ?? NO_WAIT).iterations],
      state: ['text', (row) => (row.wait?.state == null ? null : storable(row.wait.state))],
    },
    sql: (given, columns) =>
      put('task_wait', columns, given, 'run_no, node_no', ['since_at', 'calls', 'iterations', 'state']),
  }),
  part({
    name: 'new_checkpoint',
    rows: (tick) => tick.checkpoints,
    columns: {
      run_no: ['int4', (row) => row.runNo],
      node_no: ['int4', (row) => row.nodeNo],
      try_no: ['int2', (row) => row.tryNo],
      at: ['int8', (row) => row.at],
      state: ['text', (row) => (row.state === null ? null : storable(row.state))],
    },
    sql: (given, columns) =>
      put('task_checkpoint', columns, given, 'run_no, node_no', ['try_no', 'at', 'state']),
  }),
];
