import type { TaskError } from '../model/attempt.ts';
import type { TaskState } from '../model/states.ts';
import { type Dataset, datasetOf } from './dataset.ts';
import { reopenedRunUuid, taskRunUuid } from './derived-ids.ts';
import type { ObservedRun } from './observed.ts';
import type { Occurrence } from './occurrence.ts';

const SPEC = 'https://openlineage.io/spec';
const RUN_EVENT = `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`;
/** The published version of each facet. */
const FACETS = {
  ParentRunFacet: '1-1-0',
  ErrorMessageRunFacet: '1-0-1',
  NominalTimeRunFacet: '1-0-1',
  ProcessingEngineRunFacet: '1-1-1',
  TagsRunFacet: '1-0-0',
  JobTypeJobFacet: '2-0-3',
} as const;
/** Characters of the message of an error. */
const MESSAGE_MAX = 1_000;

/** Who sends: the namespace of its jobs, and the version of orch. */
export interface LineageSource {
  readonly namespace: string;
  readonly version: string;
}

type Facets = { readonly [name: string]: object };
interface Job {
  readonly namespace: string;
  readonly name: string;
}

/** An event of OpenLineage about a run of a job. */
export interface LineageEvent {
  readonly eventType: 'START' | 'COMPLETE' | 'FAIL' | 'ABORT';
  readonly eventTime: string;
  readonly run: { readonly runId: string; readonly facets: Facets };
  readonly job: Job & { readonly facets: Facets };
  readonly inputs: readonly Dataset[];
  readonly outputs: readonly Dataset[];
  readonly producer: string;
  readonly schemaURL: string;
}

/**
 * The event of what happened; `null` where there is none to tell. A run of a DAG is a run of the job of that
 * DAG, a task instance one of the job of its task: it has one START, and one end when no attempt follows.
 */
export function lineageOf(occurrence: Occurrence, source: LineageSource): LineageEvent | null {
  switch (occurrence.type) {
    case 'run.started':
      return dagEvent(occurrence, source, 'START', null);
    case 'run.ended': {
      const { state, because } = occurrence;
      const type = state === 'success' ? 'COMPLETE' : state === 'failed' ? 'FAIL' : 'ABORT';
      return dagEvent(occurrence, source, type, type === 'FAIL' ? because.text : null);
    }
    case 'task.started':
      return taskEvent(occurrence, source, 'START');
    case 'task.ended': {
      const { attempt, startedAt, to } = occurrence;
      // What never began had no attempt: taken from the cache, decided by people, skipped by its rule.
      return startedAt === null || attempt.tryNo <= attempt.tryBase
        ? null
        : taskEvent(occurrence, source, endOf(to), to === 'success');
    }
    default:
      return null;
  }
}

function endOf(to: TaskState): LineageEvent['eventType'] {
  if (to === 'success' || to === 'skipped') return 'COMPLETE';
  return to === 'failed' ? 'FAIL' : 'ABORT';
}

function dagEvent(
  { run, reopenedBy, at }: Extract<Occurrence, { type: 'run.started' | 'run.ended' }>,
  source: LineageSource,
  eventType: LineageEvent['eventType'],
  error: string | null,
): LineageEvent {
  const facets = {
    ...commonFacets(run, source),
    tags: facet('TagsRunFacet', source, { tags: [tag('trigger', run.trigger)] }),
    ...(error === null ? {} : { errorMessage: errorFacet(source, error, null) }),
  };
  return {
    eventType,
    eventTime: iso(at),
    run: { runId: runIdOf(run, reopenedBy), facets },
    job: { ...dagJob(run, source), facets: jobFacets(source, 'DAG') },
    inputs: [],
    outputs: [],
    ...sent(source),
  };
}

/** What a task makes is said once it is made. */
function taskEvent(
  occurrence: Extract<Occurrence, { type: 'task.started' | 'task.ended' }>,
  source: LineageSource,
  eventType: LineageEvent['eventType'],
  isMade = false,
): LineageEvent {
  const { run, reopenedBy, task, attempt, at } = occurrence;
  const parent = { run: { runId: runIdOf(run, reopenedBy) }, job: dagJob(run, source) };
  const tags = [tag('attempt', String(attempt.tryNo)), tag('instance', task.name)];
  const error =
    eventType === 'FAIL' && occurrence.type === 'task.ended'
      ? { errorMessage: errorFacet(source, occurrence.because.text, occurrence.error) }
      : {};
  const facets = {
    ...commonFacets(run, source),
    parent: facet('ParentRunFacet', source, { ...parent, root: parent }),
    tags: facet('TagsRunFacet', source, { tags }),
    ...error,
  };
  return {
    eventType,
    eventTime: iso(at),
    run: { runId: taskRunUuid(run.uid, attempt.nodeNo, attempt.tryBase), facets },
    job: {
      namespace: source.namespace,
      name: `${run.dagId}.${task.path}`,
      facets: jobFacets(source, 'TASK'),
    },
    inputs: task.consumes.map(datasetOf),
    outputs: isMade ? task.produces.map(datasetOf) : [],
    ...sent(source),
  };
}

/** The id of a run is a UUID; one that began once more after an end is another run there. */
function runIdOf({ uid }: ObservedRun, reopenedBy: number | null): string {
  return reopenedBy === null ? uid : reopenedRunUuid(uid, reopenedBy);
}

function dagJob({ dagId }: ObservedRun, { namespace }: LineageSource): Job {
  return { namespace, name: dagId };
}

function commonFacets(
  { logicalAt, intervalStartAt, intervalEndAt }: ObservedRun,
  source: LineageSource,
): Facets {
  const { version } = source;
  const engine = facet('ProcessingEngineRunFacet', source, { version, name: 'orch' });
  const nominal = intervalStartAt ?? logicalAt;
  if (nominal === null) return { processing_engine: engine };
  const end = intervalEndAt === null ? {} : { nominalEndTime: iso(intervalEndAt) };
  const nominalTime = facet('NominalTimeRunFacet', source, { nominalStartTime: iso(nominal), ...end });
  return { processing_engine: engine, nominalTime };
}

function errorFacet(source: LineageSource, message: string, error: TaskError | null): object {
  const programmingLanguage = error?.exitCode === undefined ? 'TypeScript' : 'Shell';
  const text = (error?.message ?? message).slice(0, MESSAGE_MAX);
  return facet('ErrorMessageRunFacet', source, { message: text, programmingLanguage });
}

function jobFacets(source: LineageSource, jobType: 'DAG' | 'TASK'): Facets {
  return {
    jobType: facet('JobTypeJobFacet', source, { processingType: 'BATCH', integration: 'ORCH', jobType }),
  };
}

function tag(key: string, value: string): object {
  return { key, value, source: 'ORCH' };
}

function facet(name: keyof typeof FACETS, source: LineageSource, fields: object): object {
  const schema = `${SPEC}/facets/${FACETS[name]}/${name}.json#/$defs/${name}`;
  return { _producer: producerOf(source), _schemaURL: schema, ...fields };
}

function sent(source: LineageSource): Pick<LineageEvent, 'producer' | 'schemaURL'> {
  return { producer: producerOf(source), schemaURL: RUN_EVENT };
}

function producerOf({ version }: LineageSource): string {
  return `urn:orch:${version}`;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
