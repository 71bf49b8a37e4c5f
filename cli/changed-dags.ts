import { type TaskDifference, taskDifference } from '../core/graph/task-difference.ts';
import type { DagSpec } from '../core/model/dag.ts';
import type { Diagnostic } from '../core/model/errors.ts';
import type { ParsedFile } from '../core/parsing/parsed-file.ts';
import { withUniqueDags } from '../core/parsing/unique-dags.ts';
import { type Upcoming, upcomingRuns } from '../core/planner/upcoming.ts';
import { isRescheduled } from '../core/scheduler/dag-entry.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { DagRecord, VersionRecord } from '../core/store/store.ts';
import { eventsText } from './asset-graph.ts';
import { rolledBack } from './rolled-back.ts';

/** Slots that are shown of a schedule. */
const SLOTS = 3;

/** What the files make of a DAG, compared with its newest stored version. */
export interface DagChange extends TaskDifference {
  readonly dagId: string;
  /** `unread`: its file cannot be read, and it goes on as it is. */
  readonly change: 'new' | 'graph' | 'code' | 'gone' | 'unread' | 'none';
  readonly file: string;
  /** Runs that a scheduler makes by itself, as stored and with the files; `null` where they are equal. */
  readonly schedule: { readonly before: Upcoming | null; readonly after: Upcoming | null } | null;
  /** By which events of assets or files it runs, as stored and with the file; `null`: by none. */
  readonly events: { readonly before: string | null; readonly after: string | null };
  /** Runs that are not finished: they go on with the version that they have. */
  readonly unfinishedRuns: number;
  /** The version that it is rolled back to, whatever its file declares; absent: it is not. */
  readonly rolledBackTo?: number;
}

export interface ChangedDags {
  readonly changes: readonly DagChange[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Compares the DAG files of a project with what is stored; changes nothing. */
export async function changedDags({ library, store, clock }: Project): Promise<ChangedDags> {
  const stored = new Map((await store.dags()).map((dag) => [dag.dagId, dag]));
  const owners = new Map([...stored.values()].map(({ dagId, file }) => [dagId, file]));
  const read = await Promise.all(library.files().map((file) => library.parse(file)));
  const files = withUniqueDags(read, owners);
  const broken = new Set(files.filter(hasErrors).map(({ file }) => file));
  const unfinished = new Map<string, number>();
  for (const { dagId } of await store.unfinishedRuns())
    unfinished.set(dagId, (unfinished.get(dagId) ?? 0) + 1);
  const now = clock.now();
  const pins = await store.pins();
  const changes: DagChange[] = [];
  for (const { file, dags } of files) {
    for (const { spec, graphHash, code } of dags) {
      const known = stored.get(spec.id);
      stored.delete(spec.id);
      const pinned = await rolledBack(store, { spec, graphHash, codeHash: code.digest }, pins);
      if (known && pinned) {
        const { version: same } = pinned;
        const one = changeBetween(known, same, same, unfinished.get(spec.id) ?? 0, now);
        changes.push({ ...one, file, rolledBackTo: same.versionNo });
        continue;
      }
      const version = known === undefined ? null : await store.version(known.versionNo);
      const isSame = version?.graphHash === graphHash;
      const change = version === null ? 'new' : !isSame ? 'graph' : codeChange(version, code.digest);
      const tasks = version === null || isSame ? NO_TASKS : taskDifference(version.spec, spec);
      const schedule = change === 'none' && known?.present ? null : changedRuns(known, version, spec, now);
      const unfinishedRuns = unfinished.get(spec.id) ?? 0;
      const events = { before: version === null ? null : eventsText(version.spec), after: eventsText(spec) };
      changes.push({ dagId: spec.id, change, file, ...tasks, schedule, events, unfinishedRuns });
    }
  }
  for (const known of stored.values()) {
    const { dagId, file } = known;
    // A scheduler has taken note of it already.
    if (!known.present) continue;
    const version = await store.version(known.versionNo);
    const schedule = changedRuns(known, version, null, now);
    const unfinishedRuns = unfinished.get(dagId) ?? 0;
    const events = { before: version === null ? null : eventsText(version.spec), after: null };
    if (broken.has(file)) {
      const events = { before: null, after: null };
      changes.push({ dagId, change: 'unread', file, ...NO_TASKS, schedule: null, events, unfinishedRuns });
      continue;
    }
    changes.push({ dagId, change: 'gone', file, ...NO_TASKS, schedule, events, unfinishedRuns });
  }
  return { changes, diagnostics: files.flatMap(({ diagnostics }) => diagnostics) };
}

/**
 * What becomes of a DAG when another version of it comes into force than the one that is now; without what is
 * known of its schedule (`null`) nothing is said of that.
 */
export function changeBetween(
  known: DagRecord | null,
  before: Declared,
  after: Declared,
  unfinishedRuns: number,
  now: number,
): DagChange {
  const isSame = before.graphHash === after.graphHash;
  const change = !isSame ? 'graph' : before.codeHash === after.codeHash ? 'none' : 'code';
  return {
    dagId: after.spec.id,
    change,
    file: after.file,
    ...(isSame ? NO_TASKS : taskDifference(before.spec, after.spec)),
    schedule: change === 'none' || known === null ? null : changedRuns(known, before, after.spec, now),
    events: { before: eventsText(before.spec), after: eventsText(after.spec) },
    unfinishedRuns,
  };
}

/** A version, stored or as a file declares it. */
export type Declared = Pick<VersionRecord, 'spec' | 'graphHash' | 'codeHash' | 'file'>;

const NO_TASKS = { added: [], removed: [], changed: [] } as const;

function codeChange(version: VersionRecord, digest: string): 'code' | 'none' {
  return version.codeHash === digest ? 'none' : 'code';
}

function hasErrors({ diagnostics }: ParsedFile): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}

/** The runs of the stored version and those of the file; `null` if they are the same. */
function changedRuns(
  known: DagRecord | undefined,
  version: Pick<VersionRecord, 'spec'> | null,
  spec: DagSpec | null,
  now: number,
): DagChange['schedule'] {
  const isKnown = known?.present === true && version !== null;
  const before = isKnown ? upcomingRuns(version.spec, known, false, now, SLOTS) : null;
  const isOther = version !== null && spec !== null && isRescheduled(version.spec, spec);
  const after = spec === null ? null : upcomingRuns(spec, known ?? null, isOther, now, SLOTS);
  return JSON.stringify(before ?? NOTHING) === JSON.stringify(after ?? NOTHING) ? null : { before, after };
}

const NOTHING: Upcoming = { atOnce: 0, slots: [] };
