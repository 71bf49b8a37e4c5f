import { directDownstreams } from '../graph/direct-downstreams.ts';
import { taskAt } from '../graph/graph.ts';
import { isFinished, S, TASK_STATES } from '../model/states.ts';
import type { Block } from './blocks.ts';
import { isOpen, type PastInstances, pastInstances } from './past-instances.ts';
import type { PastBlock, RunPast } from './pasts.ts';
import type { RunWorld } from './run-world.ts';

/**
 * What keeps an instance with `dependsOnPast` from running, or `null`: its instance in the run of the slot
 * before is neither a success nor skipped, or, with `waitForDownstream`, one that comes directly after that.
 * A run in whose scope it is not is passed over for the run before that one.
 */
export function pastBlock(past: RunPast, node: number, template: number): PastBlock | null {
  const { run, chain } = past;
  if (chain === null) return { blocker: 'unread', code: 'past_unread', facts: {} };
  if (past.isFirst) return null;
  const { path } = taskAt(run.graph, template);
  const { keys } = run.blockOf(node);
  for (const [index, before] of chain.entries()) {
    if (isBeforeStart(run, before)) return null;
    const found = pastInstances(before, path, keys);
    if (found.kind === 'not_selected') continue;
    if (found.kind === 'absent') return absentBlock(past, chain, index, path);
    return instancesBlock(before, found) ?? downstreamBlock(run, template, before, found);
  }
  return null;
}

/** With `catchup` what was before `startAt` does not count. */
function isBeforeStart(run: RunWorld, before: RunWorld): boolean {
  const { catchup, startAt } = run.graph.spec;
  return catchup === true && startAt !== undefined && (before.record.logicalAt ?? 0) < Date.parse(startAt);
}

/** A task that the run before does not have may begin; one that was there before that and went may not. */
function absentBlock(
  { hadBefore }: RunPast,
  chain: readonly RunWorld[],
  index: number,
  path: string,
): PastBlock | null {
  const older = chain.slice(index + 1);
  const isKnown = older.some(
    (run) => !['absent', 'not_selected'].includes(pastInstances(run, path, []).kind),
  );
  if (!isKnown && !hadBefore.has(path)) return null;
  const facts = { task: path, run: chain[index]?.record.uid ?? '' };
  return { blocker: 'absent', code: 'past_absent', facts };
}

function instancesBlock(before: RunWorld, found: PastInstances): PastBlock | null {
  if (found.kind === 'closed') return stateBlock(before, found.gate);
  if (found.kind !== 'found') return null;
  for (const node of found.nodes) {
    const block = nodeBlock(before, node);
    if (block !== null) return block;
  }
  return null;
}

function downstreamBlock(
  run: RunWorld,
  template: number,
  before: RunWorld,
  found: PastInstances,
): PastBlock | null {
  if (found.kind !== 'found' || !taskAt(run.graph, template).waitForDownstream) return null;
  for (const downstream of directDownstreams(run.graph, template)) {
    const target = before.graph.nodeOfPath.get(taskAt(run.graph, downstream).path);
    if (target === undefined || before.selected[target] !== 1) continue;
    const blocked = connectedBlock(before, found.block, target);
    if (blocked !== null) return blocked;
  }
  return null;
}

function connectedBlock(before: RunWorld, block: Block, target: number): PastBlock | null {
  let blocked: PastBlock | null = null;
  before.eachConnected(block, target, (node) => {
    blocked ??= nodeBlock(before, node);
  });
  return blocked;
}

/** What an instance or placeholder says; those outside the scope and those that are gone say nothing. */
function nodeBlock(before: RunWorld, node: number): PastBlock | null {
  const template = before.templateOf(node);
  if (!before.isSelected(template, before.blockOf(node))) return null;
  if (!before.isPlaceholder(node, template)) return stateBlock(before, node);
  const gate = before.gateBefore(node, template);
  return isOpen(before, gate) ? null : stateBlock(before, gate);
}

function stateBlock(before: RunWorld, node: number): PastBlock | null {
  const state = before.state[node] as number;
  if (state === S.success || state === S.skipped || state === S.removed) return null;
  const { runNo, uid } = before.record;
  const facts = { task: before.nameOf(node), run: uid, state: TASK_STATES[state] as string };
  return { blocker: `${runNo}.${node}`, code: isFinished(state) ? 'past_bad' : 'waits_past', facts };
}
