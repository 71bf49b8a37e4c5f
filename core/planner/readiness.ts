import { isTrue } from '../expression/evaluate.ts';
import { targets } from '../graph/csr.ts';
import { GATE, JOIN, nodePath, type Scope, TASK, taskAt } from '../graph/graph.ts';
import { gatesAround } from '../graph/select.ts';
import type { BecauseCode, Facts } from '../model/because.ts';
import { isFinished, S, TASK_STATES } from '../model/states.ts';
import type { Block } from './blocks.ts';
import { runsItself } from './cache.ts';
import { completeInstant } from './instant.ts';
import { makeReady } from './lanes.ts';
import { newerSlotAt } from './latest-only.ts';
import { pastBlock } from './past-rule.ts';
import { CUT, FAILED, type RunWorld, SKIPPED, SUCCESS, TOTAL, UPSTREAM_FAILED } from './run-world.ts';
import { evaluateIn } from './scope-values.ts';
import { AFTER_CUT, APPROVAL, INSTANT, LATEST_ONLY, PAST, READER, TEARDOWN } from './templates.ts';
import { teardownVerdict, type UpstreamCounts, type Verdict, verdictOf } from './trigger-rules.ts';
import type { Turn } from './turn.ts';
import { settleUnrun } from './unrun.ts';
import { askPeople } from './waits.ts';

/** Tells the downstreams of everything that finished in this turn, until nothing changes any more. */
export function propagate(turn: Turn): void {
  for (let done = turn.settled.pop(); done !== undefined; done = turn.settled.pop()) {
    tellDownstreams(turn, done.run, done.node);
  }
}

function tellDownstreams(turn: Turn, run: RunWorld, node: number): void {
  const template = run.templateOf(node);
  const block = run.blockOf(node);
  const counter = counterOf(run.state[node] as number);
  cutPath(run, node, template);
  if (run.graph.kind[template] === GATE) dropPlaceholders(turn, run, node, template);
  for (const target of targets(run.graph.down, template)) {
    run.eachConnected(block, target, (downstream) => {
      if (run.isPlaceholder(downstream, target)) return;
      if (counter === TOTAL) run.addCount(downstream, TOTAL, -1);
      else run.addCount(downstream, counter, 1);
      evaluateNode(turn, run, downstream, target);
    });
  }
  for (const past of run.followers) {
    for (const follower of past.take(`${run.record.runNo}.${node}`))
      evaluateNode(turn, past.run, follower, past.run.templateOf(follower));
  }
  for (const target of run.templates.heldBySetup.get(template) ?? []) {
    run.eachConnected(block, target, (held) => {
      if (!run.isPlaceholder(held, target)) evaluateNode(turn, run, held, target);
    });
  }
}

/** A gate that is through has told its keys: nothing stands for instances that may still come. */
function dropPlaceholders(turn: Turn, run: RunWorld, gate: number, template: number): void {
  const block = run.blockOf(gate);
  const fanOut = run.graph.source[template] as number;
  if (run.awaitsKeys(block, fanOut)) return;
  const { first, size } = run.graph.scopes[fanOut + 1] as Scope;
  const after = new Set<number>();
  for (let inner = first; inner < first + size; inner++) {
    if (!run.isSelected(inner, block)) continue;
    const state = run.state[run.nodeIn(block, inner)] as number;
    for (const target of targets(run.graph.down, inner)) {
      if (target >= first && target < first + size) continue;
      run.eachConnected(block, target, (node) => {
        if (run.isPlaceholder(node, target)) return;
        run.addCount(node, TOTAL, -1);
        if (isFinished(state)) run.addCount(node, counterOf(state), -1);
        after.add(node);
      });
    }
  }
  for (const node of after) evaluateNode(turn, run, node, run.templateOf(node));
}

/** The counter of a finished state; `TOTAL` for a removed one, which no longer counts. */
export function counterOf(state: number): number {
  switch (state) {
    case S.success:
      return SUCCESS;
    case S.skipped:
      return SKIPPED;
    case S.failed:
      return FAILED;
    case S.upstream_failed:
    case S.cancelled:
      return UPSTREAM_FAILED;
    default:
      return TOTAL;
  }
}

/** Counts the upstreams of an instance anew from their states. */
export function recount(run: RunWorld, node: number, template: number): void {
  run.clearCounts(node);
  const block = run.blockOf(node);
  for (const source of targets(run.graph.up, template)) {
    run.eachConnected(block, source, (upstream) => {
      if (!run.isSelected(source, run.blockOf(upstream))) return;
      const state = run.state[upstream] as number;
      if (state === S.removed) return;
      run.addCount(node, TOTAL, 1);
      if (isFinished(state)) run.addCount(node, counterOf(state), 1);
    });
  }
}

/** Decides about an instance that has not started: it waits, runs, or gets a state without running. */
export function evaluateNode(turn: Turn, run: RunWorld, node: number, template: number): void {
  if (run.state[node] !== S.none || (run.record.state !== 'running' && !run.abort)) return;
  const traits = run.templates.traits[template] as number;
  if (run.abort && (!(traits & TEARDOWN) || run.ending.size > 0)) return;
  const block = run.blockOf(node);
  if (!run.isSelected(template, block) || !isBlockOpen(run, block)) return;
  if (traits & AFTER_CUT) {
    if (hasOpenUpstream(run, node)) return;
    if (run.hasCuts && hasCutUpstream(run, node, template)) return cutOff(turn, run, node, template);
  }
  const verdict = setupVerdict(run, node, template) ?? ruleVerdict(run, node, template);
  if (verdict === 'wait' || (verdict === 'run' && traits & READER && hasOpenUpstream(run, node))) return;
  if (verdict === 'run' && traits & PAST && waitsForPast(turn, run, node, template)) return;
  if (verdict === 'run') return admit(turn, run, node, template);
  const state = verdict === 'skipped' ? S.skipped : S.upstream_failed;
  const [code, facts] = verdictReason(run, node, template, verdict);
  settleUnrun(turn, run, node, template, state, code, facts);
}

/** A run that is being ended waits for no other: its teardowns run. */
function waitsForPast({ world }: Turn, run: RunWorld, node: number, template: number): boolean {
  const past = run.abort ? undefined : world.pasts.of(run);
  const block = past ? pastBlock(past, node, template) : null;
  if (block !== null) past?.wait(node, block.blocker);
  return block !== null;
}

/**
 * Whether the instances of a block may be decided: a retried gate holds them back until it is through again.
 */
export function isBlockOpen(run: RunWorld, block: Block): boolean {
  const gate = run.gateOf(block);
  return gate === null || run.state[gate] === S.success;
}

function hasOpenUpstream(run: RunWorld, node: number): boolean {
  const { total, success, skipped, failed, upstreamFailed } = countsOf(run, node);
  return success + skipped + failed + upstreamFailed < total;
}

function cutOff(turn: Turn, run: RunWorld, node: number, template: number): void {
  run.flags[node] = (run.flags[node] as number) | CUT;
  settleUnrun(turn, run, node, template, S.skipped, 'short_circuit', cutFacts(run, node));
}

/** What the setups around a task say before its own rule is asked: `null` lets the rule decide. */
function setupVerdict(run: RunWorld, node: number, template: number): Verdict | null {
  const setups = run.templates.indirectSetups[template];
  if (!setups) return null;
  let verdict: Verdict | null = null;
  for (const setup of setups) {
    run.eachConnected(run.blockOf(node), setup, (upstream) => {
      if (!run.isSelected(setup, run.blockOf(upstream))) return;
      const state = run.state[upstream] as number;
      if (state === S.success || state === S.removed) return;
      if (state === S.failed || state === S.upstream_failed || state === S.cancelled)
        verdict = 'upstream_failed';
      else if (state === S.skipped) verdict ??= 'skipped';
      else if (verdict !== 'upstream_failed') verdict = 'wait';
    });
  }
  return verdict;
}

/** What the trigger rule of an instance says now. */
export function ruleVerdict(run: RunWorld, node: number, template: number): Verdict {
  const rule = run.templates.rule[template];
  const counts = countsOf(run, node);
  if (rule !== 'all_done_setup_success' || run.graph.kind[template] !== TASK) {
    return verdictOf(rule ?? 'all_success', counts);
  }
  let total = 0;
  let success = 0;
  let skipped = 0;
  for (const path of taskAt(run.graph, template).setups ?? []) {
    const source = run.graph.nodeOfPath.get(path) as number;
    run.eachConnected(run.blockOf(node), source, (setup) => {
      const state = run.state[setup];
      if (!run.isSelected(source, run.blockOf(setup))) return;
      total++;
      if (state === S.success) success++;
      if (state === S.skipped) skipped++;
    });
  }
  return teardownVerdict(counts, { total, success, skipped });
}

/** The counters of an instance as the rules want them. */
export function countsOf(run: RunWorld, node: number): UpstreamCounts {
  return {
    total: run.count(node, TOTAL),
    success: run.count(node, SUCCESS),
    skipped: run.count(node, SKIPPED),
    failed: run.count(node, FAILED),
    upstreamFailed: run.count(node, UPSTREAM_FAILED),
  };
}

/** Its rule is met: asks its condition, then lets it be done at once or wait for a slot. */
function admit(turn: Turn, run: RunWorld, node: number, template: number): void {
  if ((run.templates.traits[template] as number) & LATEST_ONLY) {
    const newerAt = newerSlotAt(run, turn.now.at);
    if (newerAt !== null) {
      const facts = { next: new Date(newerAt).toISOString() };
      return settleUnrun(turn, run, node, template, S.skipped, 'not_latest', facts);
    }
  }
  const condition = run.templates.when[template];
  if (condition) {
    const result = evaluateIn(run, node, template, condition);
    if (!result.ok) {
      const facts = { when: condition.text, error: result.error };
      return settleUnrun(turn, run, node, template, S.failed, 'when_error', facts);
    }
    if (!isTrue(result.value)) {
      return settleUnrun(turn, run, node, template, S.skipped, 'when_false', { when: condition.text });
    }
  }
  if ((run.templates.traits[template] as number) & INSTANT) return completeInstant(turn, run, node, template);
  if ((run.templates.traits[template] as number) & APPROVAL) return askPeople(turn, run, node);
  if (!runsItself(turn, run, node, template)) return;
  turn.assume(run, node, S.scheduled);
  makeReady(turn.world, run, node, turn.now.at);
}

/** A success whose short circuit says no: what follows is cut off. */
function cutPath(run: RunWorld, node: number, template: number): void {
  if (!isCutSource(run, node, template)) return;
  run.flags[node] = (run.flags[node] as number) | CUT;
  run.hasCuts = true;
}

/** Whether a task succeeded and its short circuit says no. */
export function isCutSource(run: RunWorld, node: number, template: number): boolean {
  const expression = run.templates.shortCircuit[template];
  if (!expression || run.state[node] !== S.success) return false;
  const result = evaluateIn(run, node, template, expression);
  return !result.ok || !isTrue(result.value);
}

function hasCutUpstream(run: RunWorld, node: number, template: number): boolean {
  return (
    firstUpstream(run, node, template, (upstream) => ((run.flags[upstream] as number) & CUT) !== 0) !== null
  );
}

/** Names the task whose short circuit ended the path, however far before an instance it stands. */
function cutFacts(run: RunWorld, node: number): Facts {
  let at = node;
  for (let next: number | null = node; next !== null; ) {
    at = next;
    next = run.state[at] === S.success ? null : cutUpstream(run, at);
  }
  const cause = run.templateOf(at);
  return {
    task: nodePath(run.graph, cause),
    expression: run.templates.shortCircuit[cause]?.text ?? 'its condition',
  };
}

/** What was cut off right before an instance: a direct upstream, or the gate of its fan-out. */
function cutUpstream(run: RunWorld, node: number): number | null {
  const isCut = (at: number): boolean => ((run.flags[at] as number) & CUT) !== 0;
  const template = run.templateOf(node);
  const upstream = firstUpstream(run, node, template, isCut);
  const [gate] = gatesAround(run.graph, template);
  if (upstream !== null || gate === undefined) return upstream;
  let found: number | null = null;
  run.eachConnected(run.blockOf(node), gate, (at) => {
    if (isCut(at)) found = at;
  });
  return found;
}

/** The first upstream instance that passes a test, or `null`. */
export function firstUpstream(
  run: RunWorld,
  node: number,
  template: number,
  test: (upstream: number) => boolean,
): number | null {
  let found: number | null = null;
  for (const source of targets(run.graph.up, template)) {
    run.eachConnected(run.blockOf(node), source, (upstream) => {
      if (found === null && test(upstream)) found = upstream;
    });
    if (found !== null) return found;
  }
  return found;
}

function verdictReason(
  run: RunWorld,
  node: number,
  template: number,
  verdict: Verdict,
): [BecauseCode, Facts] {
  const rule = run.templates.rule[template] as string;
  if (run.graph.kind[template] === JOIN) return ['rule_unmet', { rule }];
  const wanted =
    verdict === 'skipped' ? [S.skipped] : ([S.failed, S.upstream_failed, S.cancelled] as readonly number[]);
  const culprit = firstUpstream(run, node, template, (at) => wanted.includes(run.state[at] as number));
  if (culprit === null) return ['rule_unmet', { rule }];
  const upstream = run.nameOf(culprit);
  if (verdict === 'skipped') return ['upstream_skipped', { rule, upstream }];
  return ['upstream_failed', { rule, upstream, state: TASK_STATES[run.state[culprit] as number] as string }];
}

/** Whether a template is a task that a teardown belongs to or a plain one: what an abort cancels. */
export function survivesAbort(run: RunWorld, template: number): boolean {
  return run.graph.kind[template] === TASK && ((run.templates.traits[template] as number) & TEARDOWN) !== 0;
}
