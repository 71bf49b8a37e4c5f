import type { DagSpec, TaskSpec } from '../../core/model/dag.ts';
import type { Random } from '../unit/planner/random.ts';

/** A DAG that sets something up, works and tears it down, with an alarm behind what may never run. */
export function serviceDag(random: Random, id: string): DagSpec {
  const task = (path: string, more: Partial<TaskSpec> = {}): TaskSpec => ({
    path,
    action: { kind: 'function', ref: `./x.ts#${path}` },
    ...more,
  });
  const works = Array.from({ length: 2 + random.upTo(2) }, (_, at) => `work${at}`);
  const retries = { retries: { max: 1, delayMs: 1_500 } };
  return {
    v: 1,
    id,
    tasks: [
      task('up', retries),
      ...works.map((path) => task(path, { after: ['up'], ...(random.chance(0.5) ? retries : {}) })),
      // The teardown does not wait for it, unless its run is ended.
      task('beside', { after: ['up'] }),
      task('probe'),
      task('late', { after: ['probe'] }),
      task('alarm', { after: ['late'], triggerRule: 'one_failed' }),
      task('down', { after: works, setups: ['up'], teardown: true, triggerRule: 'all_done_setup_success' }),
    ],
  };
}
