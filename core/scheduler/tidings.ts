import type { Action } from '../model/action.ts';
import type { Diagnostic } from '../model/errors.ts';

/** What people should know of a scheduler, beside the runs that it makes. */
export type SchedulerTidings =
  /** A DAG was paused because so many of its runs have failed one after the other. */
  | { readonly type: 'dagFailing'; readonly dagId: string; readonly failures: number }
  /** A file cannot be loaded, and why; with no mistakes it can be again. */
  | { readonly type: 'file'; readonly file: string; readonly mistakes: readonly Diagnostic[] }
  /** A DAG is declared since now, or in another way, or no more; `version` is the one of new runs. */
  | {
      readonly type: 'dag';
      readonly dagId: string;
      readonly change: 'new' | 'changed' | 'gone';
      readonly version: number;
    }
  /** Changes of files may not be noticed, and why. */
  | { readonly type: 'blind'; readonly error: Error };

/** The tidings in what a leader has stored. */
export function tidingsIn(actions: readonly Action[]): SchedulerTidings[] {
  const tidings: SchedulerTidings[] = [];
  for (const action of actions) {
    if (action.type !== 'dag.change' || action.code !== 'dag_failing') continue;
    const failures = Number(action.facts?.['failures'] ?? 0);
    tidings.push({ type: 'dagFailing', dagId: action.dagId, failures });
  }
  return tidings;
}
