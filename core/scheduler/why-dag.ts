import { lostRights } from '../accounts/lost-right.ts';
import type { Because } from '../model/because.ts';
import type { DagSpec } from '../model/dag.ts';
import { explainEvents } from '../planner/explain-events.ts';
import { explainSlots } from '../planner/explain-slots.ts';
import type { DagRecord } from '../store/store.ts';
import { isLed } from './is-led.ts';
import type { Project } from './project.ts';

/** What the next run of a DAG waits for that nobody asks for. */
export interface DagExplanation {
  readonly because: Because;
  /** The same of its other schedules. */
  readonly also: readonly Because[];
  /** When there is something to do next, epoch ms; `null` if nothing is known to come. */
  readonly nextAt: number | null;
}

/** Why no run of a DAG starts by itself now, by each of its schedules. */
export async function whyDag(project: Project, state: DagRecord, spec: DagSpec): Promise<DagExplanation> {
  const { store, config, clock } = project;
  const { dagId } = state;
  const facts = {
    unfinishedRuns: await store.overview.openCount(dagId),
    maxActiveRuns: spec.maxActiveRuns ?? config.defaults.maxActiveRuns,
    isLed: await isLed(project),
  };
  const filter = { uris: consumedBy(spec), afterNo: state.eventNo, limit: 1 };
  const changed = new Set((await store.assetEvents(filter)).map(({ uri }) => uri));
  const pause = state.paused ? await store.dagPause(dagId) : null;
  const inFull = (reason: Because): Because => (reason.code === 'dag_paused' && pause ? pause : reason);
  const { because, nextAt } = explainSlots(spec, state, facts, clock.now());
  const events = explainEvents(spec, state, changed, facts);
  const isByTime = because.code !== 'slots_none';
  const [first = because, ...also] = (isByTime ? [because, ...events] : events).map(inFull);
  const adHoc = (await store.operations.schedules.all()).filter((one) => one.dagId === dagId);
  const refused = (await lostRights(store.accounts, adHoc, clock.now())).values();
  return { because: first, also: [...also, ...refused], nextAt };
}

/** The assets whose events start runs of a DAG. */
export function consumedBy(spec: DagSpec): readonly string[] {
  const uris = (spec.schedule ?? []).flatMap((one) => (one.kind === 'assets' ? one.assets : []));
  return [...new Set(uris)].sort();
}
