import { DEADLINE_STAGES } from '../../model/hook.ts';
import { hookRow } from '../hooks.ts';
import type { HookJobTable } from '../tables.ts';
import { type Columns, insert, type Part, part } from './part.ts';

const jobColumns: Columns<HookJobTable, keyof HookJobTable> = {
  run_no: ['int4', (row) => row.run_no],
  hook_no: ['int4', (row) => row.hook_no],
  node_no: ['int4', (row) => row.node_no],
  hook: ['int2', (row) => row.hook],
  position: ['int2', (row) => row.position],
  event: ['text', (row) => row.event],
  state: ['int2', (row) => row.state],
  tries: ['int4', (row) => row.tries],
  created_at: ['int8', (row) => row.created_at],
  due_at: ['int8', (row) => row.due_at],
};

/** Hooks that are due, and what was told of deadlines. */
export const HOOK_PARTS: readonly Part[] = [
  part({
    name: 'new_hook',
    rows: (tick) => tick.hooks.map(hookRow),
    columns: jobColumns,
    sql: (given, columns) => insert('hook_job', columns, given, 'run_no, hook_no'),
    missed: { as: 'run', key: ['run_no', 'hook_no'] },
  }),
  part({
    name: 'told_deadline',
    rows: (tick) => tick.deadlines,
    columns: {
      run_no: ['int4', (row) => row.runNo],
      stage: ['int2', (row) => DEADLINE_STAGES.indexOf(row.stage)],
      at: ['int8', (row) => row.at],
    },
    sql: (given, columns) => insert('run_deadline', columns, given, 'run_no, stage'),
    missed: { as: 'run', key: ['run_no', 'stage'] },
  }),
];
