import { DAG_FILE_SCHEMA } from './dag-file.schema.ts';

/** The text of `dag.schema.json`. */
export function printDagSchema(): string {
  return `${JSON.stringify(DAG_FILE_SCHEMA, null, 2)}\n`;
}
