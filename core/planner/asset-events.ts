import { taskAt } from '../graph/graph.ts';
import type { Answer } from '../model/action.ts';
import type { AssetEvent } from '../model/asset.ts';
import type { JsonObject } from '../model/json.ts';
import type { AwaitedEvents } from './awaited-events.ts';
import type { RunWorld } from './run-world.ts';
import type { Turn } from './turn.ts';

/** An event of an asset that was reported from outside. */
export interface ReportedEvent {
  readonly kind: 'assetEvent';
  readonly uri: string;
  readonly extra: JsonObject | null;
  readonly by: string;
}

/** An attempt has succeeded: each asset that its task produces has an event. */
export function recordProduced(turn: Turn, run: RunWorld, node: number, template: number): void {
  const { produces } = taskAt(run.graph, template);
  if (produces === undefined) return;
  const { runNo, uid, dagId } = run.record;
  const tryNo = run.tryNo[node] as number;
  const producer = { runNo, runUid: uid, dagId, nodeNo: node, tryNo, task: run.nameOf(node) };
  for (const uri of produces) record(turn, { uri, producer, reported: null, extra: null });
}

/** Takes an event from outside. */
export function onReported(turn: Turn, inboxId: number | null, { uri, extra, by }: ReportedEvent): Answer {
  const eventNo = record(turn, {
    uri,
    producer: null,
    reported: { by, requestNo: inboxId ?? 0 },
    extra,
  });
  return { ok: true, value: { uri, eventNo } };
}

/** Stores an event and wakes the DAGs that wait for it, and no other. */
function record(turn: Turn, what: Omit<AssetEvent, 'eventNo' | 'at'>): number {
  const { world, now } = turn;
  const event: AssetEvent = { ...what, eventNo: ++world.eventNo, at: now.at };
  turn.actions.push({ type: 'asset.event', event });
  for (const dag of world.agenda?.consumersOf(event.uri) ?? []) {
    dag.awaited.add(event);
    world.agenda?.appoint(dag, Math.min(dag.dueAt, now.at));
  }
  return event.eventNo;
}

/** The events that were stored before a DAG that waits for them was on the agenda. */
export interface StoredEvents {
  readonly type: 'asset.events';
  readonly dagId: string;
  /** What waited when they were read: they count for nothing else. */
  readonly awaited: AwaitedEvents;
  readonly events: readonly AssetEvent[];
}

/** Takes stored events in; from now on the DAG is decided about. */
export function onEventsRead(turn: Turn, { dagId, awaited, events }: StoredEvents): void {
  const { agenda } = turn.world;
  const dag = agenda?.dags.get(dagId);
  if (!agenda || dag?.awaited !== awaited || awaited.isRead) return;
  for (const event of events) awaited.add(event);
  awaited.isRead = true;
  agenda.unread.delete(dagId);
  agenda.appoint(dag, Math.min(dag.dueAt, turn.now.at));
}
