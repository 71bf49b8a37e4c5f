import type { Graph } from '../graph/graph.ts';
import { type NodeDifference, nodeDifference } from '../graph/node-difference.ts';
import { requiredSelection } from '../graph/required-selection.ts';
import type { DagSpec } from '../model/dag.ts';
import { AppError } from '../model/errors.ts';
import type { RunRecord } from '../model/run.ts';
import { checkParams } from '../schema/params.ts';

/** Nodes that a refusal names before it only counts. */
const NAMED_MAX = 8;

/**
 * A run as it goes on with another version of its DAG: what is stored of it stays true, and its params are
 * those that it has, with the defaults that are new.
 * @throws AppError `conflict` when its nodes are others: numbers in the store would mean something else;
 * `invalid` when its params do not fit, with the word of the request that asked for that version as place;
 * `not_found` or `usage` when its scope does not.
 */
export function repinned<
  Version extends { readonly versionNo: RunRecord['versionNo']; readonly spec: DagSpec },
>(run: RunRecord, before: Graph, after: Graph, version: Version): RunRecord {
  const difference = nodeDifference(before, after);
  if (difference !== null) throw new AppError('conflict', differenceText(run.dagId, difference));
  const checked = checkParams(version.spec, run.params);
  if (!checked.ok) {
    const problems = checked.problems.map(({ message }) => message).join('; ');
    throw new AppError(
      'invalid',
      `The params of the run do not fit the newest version of DAG ${run.dagId}: ${problems}. ` +
        `Start a new run: orch trigger ${run.dagId}`,
      {
        errors: checked.problems
          .slice(0, NAMED_MAX)
          .map(({ message: detail }) => ({ pointer: '/latest', detail })),
      },
    );
  }
  requiredSelection(after, run.scope);
  return { ...run, versionNo: version.versionNo, params: checked.params };
}

function differenceText(dagId: string, { added, removed }: NodeDifference): string {
  const changes = [...added.map((name) => `+${name}`), ...removed.map((name) => `-${name}`)];
  const more = changes.length > NAMED_MAX ? ` and ${changes.length - NAMED_MAX} more` : '';
  const what =
    changes.length === 0
      ? 'its tasks stand in another order'
      : `it has other tasks: ${changes.slice(0, NAMED_MAX).join(' ')}${more}`;
  return (
    `The run cannot go on with the newest version of DAG ${dagId}, because ${what}. ` +
    `Start a new run: orch trigger ${dagId}`
  );
}
