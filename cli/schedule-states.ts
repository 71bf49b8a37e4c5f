import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../core/model/errors.ts';
import { upcomingRuns } from '../core/planner/upcoming.ts';
import type { DagRecord } from '../core/store/store.ts';
import type { CommandContext } from './context.ts';
import type { FoundDag } from './dag-files.ts';
import { openProject } from './engine.ts';
import { configOf } from './state-dir.ts';

/** Where the schedule of a DAG stands. */
export interface ScheduleLook {
  /** `null`: the store does not say. */
  readonly paused: boolean | null;
  /** The next instant at which it is due by time; `null` where there is none, and while it is paused. */
  readonly nextSlotAt: number | null;
}

/**
 * Where the schedules of DAGs stand, by DAG. A project without a store has paused nothing; a store that
 * cannot be read is a warning, because what the files say is known without it.
 */
export async function scheduleLooks(
  context: CommandContext,
  dir: string,
  dags: readonly FoundDag[],
): Promise<ReadonlyMap<string, ScheduleLook>> {
  const stored = await storedDags(context, dir);
  const now = context.host.clock.now();
  return new Map(
    dags.map(({ spec }): [string, ScheduleLook] => {
      const record = stored?.get(spec.id) ?? null;
      const [nextSlotAt = null] = upcomingRuns(spec, record, false, now, 1).slots;
      return [spec.id, { paused: stored === null ? null : (record?.paused ?? false), nextSlotAt }];
    }),
  );
}

async function storedDags(
  context: CommandContext,
  dir: string,
): Promise<ReadonlyMap<string, DagRecord> | null> {
  const { store } = configOf(dir, context);
  if (store.kind === 'sqlite' && !existsSync(join(store.path, 'orch.db'))) return new Map();
  try {
    const project = await openProject(dir, context);
    try {
      return new Map((await project.store.dags()).map((record) => [record.dagId, record]));
    } finally {
      await project.close();
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    context.warn(`which DAGs are paused is not known: ${error.message}`);
    return null;
  }
}
