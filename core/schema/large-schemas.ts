import { ANY_TASKS_SCHEMA, dagSchema, forEachSchema, groupSchema } from './dag-file.schema.ts';
import { DAG_SPEC_SCHEMA } from './dag-spec.schema.ts';
import { TASK_SCHEMA } from './task.schema.ts';

/** Schemas that take longer to compile than the rest of a command, and how each is checked. */
export const LARGE_SCHEMAS: readonly { readonly schema: object; readonly allErrors: boolean }[] = [
  { schema: DAG_SPEC_SCHEMA, allErrors: false },
  { schema: dagSchema(ANY_TASKS_SCHEMA), allErrors: true },
  { schema: TASK_SCHEMA, allErrors: true },
  { schema: groupSchema(ANY_TASKS_SCHEMA), allErrors: true },
  { schema: forEachSchema(ANY_TASKS_SCHEMA), allErrors: true },
];
