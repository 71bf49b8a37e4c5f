import { type Because, because } from '../model/because.ts';
import { isFinished, S, TASK_STATES } from '../model/states.ts';
import { backfillOf } from './backfill-world.ts';
import { asksCache } from './cache.ts';
import { laneOf } from './lanes.ts';
import { pastBlock } from './past-rule.ts';
import type { RunPast } from './pasts.ts';
import { countsOf, firstUpstream, ruleVerdict } from './readiness.ts';
import type { RunWorld } from './run-world.ts';
import { pauseReason, refusal, schedulerPaused } from './slots.ts';
import { PAST } from './templates.ts';
import { runsLimit, type World } from './world.ts';

/** One thing that has to hold before an instance can run. */
export interface Check {
  readonly name: 'scope' | 'run' | 'wait' | 'upstreams' | 'past' | 'cache' | 'retry wait' | 'slots';
  readonly ok: boolean;
  readonly because: Because;
}

/** Why an instance is where it is: the first check that does not hold, or what its state says. */
export interface Explanation {
  readonly because: Because;
  readonly checks: readonly Check[];
}

/**
 * Explains an unfinished instance with the functions that decide about it, so that explanation and decision
 * cannot differ. `stored` is the reason of its last transition, for states that speak for themselves.
 */
export function explain(world: World, run: RunWorld, node: number, stored: Because | null): Explanation {
  const state = run.state[node] as number;
  const template = run.templateOf(node);
  if (!run.isSelected(template, run.blockOf(node))) return alone(because('outside_scope'));
  if (isFinished(state)) return alone(stored ?? because('none'));
  if (state === S.queued) return alone(because('queued_here'));
  if (state === S.paused) return alone(stored ?? because('held_still', { try: run.tryNo[node] as number }));
  if (state === S.running) return alone(because('running', { try: run.tryNo[node] as number }));
  if (state === S.waiting) {
    const dueAt = run.dueAt.get(node);
    const ofWait = stored ?? because('none');
    return { because: ofWait, checks: dueAt === undefined ? [] : [waitCheck(dueAt)] };
  }
  const checks = [runCheck(world, run), upstreamCheck(run, node, template)];
  const past = world.pasts.of(run);
  const looksBack = past && state === S.none && ((run.templates.traits[template] as number) & PAST) !== 0;
  if (looksBack && !run.isPlaceholder(node, template)) checks.push(pastCheck(past, node, template));
  if (state === S.none && checks.every((check) => check.ok) && asksCache(world.limits, run, template))
    checks.push({ name: 'cache', ok: false, because: because('cache_unread') });
  if (state === S.up_for_retry) checks.push(retryCheck(run, node));
  if (checks.every((check) => check.ok)) checks.push(slotCheck(world, run, node));
  const blocked = checks.find((check) => !check.ok);
  return { because: blocked?.because ?? because('in_turn'), checks };
}

/** Explains an unfinished run: what holds all of it up, or else its state. */
export function explainRun(world: World, run: RunWorld): Because {
  const check = runCheck(world, run);
  if (!check.ok) return check.because;
  if (run.record.state === 'queued') return because('in_turn');
  if (world.pause !== null) return schedulerPaused(world.pause);
  return pauseReason(world, run) ?? check.because;
}

function alone(reason: Because): Explanation {
  return { because: reason, checks: [] };
}

function runCheck(world: World, run: RunWorld): Check {
  const { state, dagId } = run.record;
  if (state === 'paused') return { name: 'run', ok: false, because: because('run_paused') };
  if (run.abort) return { name: 'run', ok: false, because: because(run.abort.code, run.abort.facts) };
  if (state !== 'queued') return { name: 'run', ok: true, because: because('started') };
  const backfill = backfillOf(world, run);
  if (backfill?.record.state === 'paused')
    return {
      name: 'run',
      ok: false,
      because: because('backfill_paused', { backfill: backfill.record.backfillNo }),
    };
  const limit = runsLimit(world, run.graph.spec);
  const facts = { dag: dagId, active: world.dagLoad(dagId).runs, limit };
  return { name: 'run', ok: facts.active < limit, because: because('run_queued', facts) };
}

function upstreamCheck(run: RunWorld, node: number, template: number): Check {
  const gate = gateBefore(run, node, template);
  if (gate !== null) {
    const upstream = firstUpstream(
      run,
      gate,
      run.templateOf(gate),
      (at) => !isFinished(run.state[at] as number),
    );
    const name = upstream === null ? run.nameOf(gate) : run.nameOf(upstream);
    return { name: 'upstreams', ok: false, because: because('waits_upstream', { open: 1, upstream: name }) };
  }
  const counts = countsOf(run, node);
  const rule = run.templates.rule[template] as string;
  if (ruleVerdict(run, node, template) !== 'wait') {
    const met = counts.total === 0 ? because('root') : because('rule_met', { rule });
    return { name: 'upstreams', ok: true, because: met };
  }
  const open = counts.total - counts.success - counts.skipped - counts.failed - counts.upstreamFailed;
  const first = firstUpstream(run, node, template, (at) => !isFinished(run.state[at] as number));
  const facts = {
    open,
    upstream: first === null ? 'none' : run.nameOf(first),
    state: first === null ? 'none' : (TASK_STATES[run.state[first] as number] as string),
    rule,
  };
  return { name: 'upstreams', ok: false, because: because('waits_upstream', facts) };
}

/** The gate that has not let a task of an unexpanded fan-out through. */
function gateBefore(run: RunWorld, node: number, template: number): number | null {
  if (!run.isPlaceholder(node, template)) return null;
  const block = run.blockOf(node);
  let scope = run.graph.scopes[run.graph.scopeOf[template] as number];
  while (scope && scope.parent !== block.scope) scope = run.graph.scopes[scope.parent];
  return scope ? run.nodeIn(block, run.graph.gateOf[scope.fanOut] as number) : null;
}

function pastCheck(past: RunPast, node: number, template: number): Check {
  const block = pastBlock(past, node, template);
  const reason = block === null ? because('past_fine') : because(block.code, block.facts);
  return { name: 'past', ok: block === null, because: reason };
}

function waitCheck(dueAt: number): Check {
  const facts = { dueAt: new Date(dueAt).toISOString() };
  return { name: 'wait', ok: false, because: because('waits_until', facts) };
}

function retryCheck(run: RunWorld, node: number): Check {
  const dueAt = run.dueAt.get(node);
  const text = dueAt === undefined ? 'soon' : new Date(dueAt).toISOString();
  return { name: 'retry wait', ok: false, because: because('waits_retry', { dueAt: text }) };
}

function slotCheck(world: World, run: RunWorld, node: number): Check {
  const refused = refusal(world, laneOf(world, run, node));
  return { name: 'slots', ok: refused === null, because: refused ?? because('in_turn') };
}
