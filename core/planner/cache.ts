import { taskAt } from '../graph/graph.ts';
import type { StoredOutput } from '../model/action.ts';
import type { ArtifactRef } from '../model/attempt.ts';
import { because } from '../model/because.ts';
import type { CacheAsk, CacheEntry } from '../model/cache.ts';
import type { NodeNo, TryNo } from '../model/ids.ts';
import { holdsSlot, isFinished, S } from '../model/states.ts';
import { FRESH, type RunWorld } from './run-world.ts';
import { CACHED, READ } from './templates.ts';
import type { Turn } from './turn.ts';
import type { Limits } from './world.ts';

/**
 * Whether an instance that is ready runs: not before the cache was read for it, and not when an earlier
 * success stands for it, which it has then. What was retried by hand runs in any case.
 */
export function runsItself(turn: Turn, run: RunWorld, node: number, template: number): boolean {
  if (!asksCache(turn.world.limits, run, template)) return true;
  const { answer } = turn.world.lookups.of(run, node);
  if (answer === null) return false;
  const { ask, hit } = answer;
  if (hit === null) {
    keepAsk(turn, run, node, ask);
    return true;
  }
  if (run.record.noCache || (run.flags[node] as number) & FRESH) {
    keepAsk(turn, run, node, { ...ask, because: because('cache_passed', { run: hit.runUid }) });
    return true;
  }
  const { value } = answer;
  takeHit(turn, run, node, hit);
  const isRead = ((run.templates.traits[template] as number) & READ) !== 0;
  if (isRead && value !== undefined) run.values.set(node, value);
  turn.change(run, node, S.success, 'cache_hit', { run: hit.runUid });
  return false;
}

/** Whether the cache is asked before an instance of a template runs. */
export function asksCache(
  { readsCache }: Pick<Limits, 'readsCache'>,
  run: RunWorld,
  template: number,
): boolean {
  return readsCache === true && ((run.templates.traits[template] as number) & CACHED) !== 0;
}

function takeHit(turn: Turn, run: RunWorld, node: number, { artifacts, output }: CacheEntry): void {
  run.tryNo[node] = (run.tryNo[node] as number) + 1;
  // No attempt is behind it: the times are those of none.
  run.queuedAt[node] = 0;
  run.startedAt[node] = 0;
  const at = { runNo: run.record.runNo, nodeNo: node as NodeNo, tryNo: run.tryNo[node] as TryNo };
  for (const artifact of artifacts) turn.actions.push({ type: 'artifact', ...at, artifact });
  if (output === null) return;
  turn.actions.push({ type: 'output', ...at, output });
  run.outputs.set(node, output);
}

/** Writes under which key the success of an instance is to be kept; `null`: it is not kept. */
export function keepAsk(turn: Turn, run: RunWorld, node: number, ask: CacheAsk | null): void {
  if (ask === null) run.cacheAsks.delete(node);
  else run.cacheAsks.set(node, ask);
  turn.actions.push({ type: 'cache.ask', runNo: run.record.runNo, nodeNo: node as NodeNo, ask });
}

/**
 * Something before instances is done again: what was asked for those that have not started does not hold any
 * more. Attempts under way have the inputs that they were asked for with.
 */
export function forgetAsks(turn: Turn, run: RunWorld): void {
  turn.world.lookups.forget(run);
  for (const node of [...run.cacheAsks.keys()]) {
    const state = run.state[node] as number;
    if (!holdsSlot(state) && !isFinished(state)) keepAsk(turn, run, node, null);
  }
}

/** Notes an artifact of an attempt whose success goes into the cache. */
export function noteArtifact(run: RunWorld, node: number, artifact: ArtifactRef): void {
  if (!run.cacheAsks.has(node)) return;
  const tryNo = run.tryNo[node] as number;
  const known = run.cacheArtifacts.get(node);
  const refs = known?.tryNo === tryNo ? known.refs : new Map<string, ArtifactRef>();
  run.cacheArtifacts.set(node, { tryNo, refs: refs.set(artifact.name, artifact) });
}

/** Puts a success into the cache; its transition is to follow. */
export function putIntoCache(turn: Turn, run: RunWorld, node: number, output: StoredOutput | null): void {
  const ask = run.cacheAsks.get(node);
  const artifacts = run.cacheArtifacts.get(node);
  run.cacheArtifacts.delete(node);
  if (!ask || ask.key === null) return;
  const { cache } = taskAt(run.graph, run.templateOf(node));
  const ttlMs = typeof cache === 'object' ? cache.ttlMs : null;
  const at = turn.now.at;
  const isOfAttempt = artifacts !== undefined && artifacts.tryNo === run.tryNo[node];
  const entry: CacheEntry = {
    key: ask.key,
    dagId: run.record.dagId,
    instance: run.nameOf(node),
    runUid: run.record.uid,
    at,
    expiresAt: ttlMs === null ? null : at + ttlMs,
    output,
    artifacts: isOfAttempt ? [...artifacts.refs.values()] : [],
    parts: ask.parts,
  };
  turn.actions.push({ type: 'cache.put', entry });
}
