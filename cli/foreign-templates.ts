import type { DagSpec } from '../core/model/dag.ts';
import type { Diagnostic } from '../core/model/errors.ts';
import { placeInSource, type SourceOf } from '../core/parsing/place-in-source.ts';

/** `{{ ds }}` and the like: names that Airflow or orch fill in. Other programs have `{{ }}` of their own. */
const FOREIGN = new RegExp(
  '(?<!\\$)\\{\\{-?\\s*(?:(?:ds|ts|ds_nodash|ts_nodash|run_id|logical_date|execution_date|' +
    'data_interval_(?:start|end))\\b|(?:params|needs|run|item|var|conn|ti|dag_run|macros)\\.)[^{}]*\\}\\}',
);

/** Templates of Airflow in tasks: orch takes them as the text that they are. */
export function foreignTemplates(
  dags: readonly { readonly file: string; readonly spec: DagSpec }[],
  sourceOf: SourceOf,
): Diagnostic[] {
  return dags.flatMap(({ file, spec }) =>
    spec.tasks.flatMap((task): Diagnostic[] => {
      const [found] = FOREIGN.exec(JSON.stringify(task)) ?? [];
      if (found === undefined) return [];
      return [
        {
          ...{ severity: 'warning', rule: 'foreign-template', file },
          ...placeInSource(sourceOf(file), FOREIGN),
          message: `task '${task.path}' of DAG ${spec.id} has ${found} as its text: nothing fills it in`,
          hint: 'values are ${{ }}, for a command by env: { DAY: "${{ run.logicalDate }}" }',
        },
      ];
    }),
  );
}
