import { type Because, because } from '../model/because.ts';
import type { AssetSchedule, DagSpec } from '../model/dag.ts';
import type { ScheduleState } from '../model/slot.ts';
import { isMet } from './awaited-events.ts';
import type { SlotsFacts } from './explain-slots.ts';

/**
 * Why no run of a DAG starts by its assets and files now: a reason for each of its schedules of that kind,
 * from the functions that decide. `changed` are the assets with an event since they were last decided.
 */
export function explainEvents(
  spec: DagSpec,
  state: ScheduleState,
  changed: ReadonlySet<string>,
  facts: SlotsFacts,
): readonly Because[] {
  const dag = spec.id;
  const own = (spec.schedule ?? []).filter((one) => one.kind === 'assets' || one.kind === 'file');
  if (own.length === 0) return [];
  if (!state.present && state.sinceAt !== null) return [because('dag_removed', { dag })];
  if (state.paused) return [because('dag_paused', { dag })];
  if (state.sinceAt === null) return [because('slots_unseen', { dag })];
  return own.map((one) =>
    one.kind === 'file'
      ? because('files_awaited', { dag, files: one.file })
      : explainAssets(spec, one, changed, facts),
  );
}

function explainAssets(
  { id: dag, overlap }: DagSpec,
  schedule: AssetSchedule,
  changed: ReadonlySet<string>,
  { unfinishedRuns, maxActiveRuns, isLed }: SlotsFacts,
): Because {
  const { match, assets } = schedule;
  if (!isMet(schedule, (uri) => changed.has(uri))) {
    const missing = assets.filter((uri) => !changed.has(uri));
    return because('assets_awaited', { dag, match, of: assets.length, missing: missing.join(', ') });
  }
  if (!isLed) return because('assets_unled', { dag });
  if (unfinishedRuns >= maxActiveRuns && overlap !== 'cancel_running')
    return because('assets_queued', { dag, active: unfinishedRuns, limit: maxActiveRuns });
  return because('assets_due', { dag });
}
