import { evaluate } from '../expression/evaluate.ts';
import { targets } from '../graph/csr.ts';
import { fanOutAt, GATE, type Scope } from '../graph/graph.ts';
import type { FanOutSpec } from '../model/dag.ts';
import { KEY_BYTES_MAX, type NodeNo, parseKeyText } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import { isFinished, S } from '../model/states.ts';
import { abortRun } from './abort.ts';
import { evaluateNode, propagate, recount } from './readiness.ts';
import { EMPTY, type Expansion, type RunWorld, TOTAL } from './run-world.ts';
import { evaluateIn, itemNames } from './scope-values.ts';
import { keysLimit } from './slots.ts';
import { parsed } from './templates.ts';
import type { Turn } from './turn.ts';
import { settleUnrun } from './unrun.ts';

/** Expands every fan-out whose gate became ready in this turn. */
export function expandReady(turn: Turn): void {
  for (let ready = turn.gates.pop(); ready !== undefined; ready = turn.gates.pop()) {
    if (ready.run.state[ready.node] === S.scheduled) expand(turn, ready.run, ready.node);
    propagate(turn);
  }
  for (const run of turn.expanded) refuseUnknownKeys(turn, run);
  turn.expanded.clear();
}

function expand(turn: Turn, run: RunWorld, gate: number): void {
  const template = run.templateOf(gate);
  const fanOut = fanOutAt(run.graph, template);
  const known = run.blockOf(gate).expansions.get(run.graph.source[template] as number);
  if (known) return openGate(turn, run, gate, fanOut, known);
  const keyed = keysOf(run, gate, template, fanOut);
  if (!keyed.ok) {
    const facts = { fanOut: fanOut.path, error: keyed.error };
    return settleUnrun(turn, run, gate, template, S.failed, 'expansion_failed', facts);
  }
  if (keyed.keys.length === 0) {
    return settleUnrun(turn, run, gate, template, S.skipped, 'no_keys', { fanOut: fanOut.path });
  }
  const block = run.blockOf(gate);
  const record = {
    runNo: run.record.runNo,
    base: run.size as NodeNo,
    fanOut: run.graph.source[template] as number,
    parentBase: block.base as NodeNo,
    keys: keyed.keys,
    items: keyed.items.every((item, index) => item === keyed.keys[index]) ? null : keyed.items,
  };
  turn.actions.push({ type: 'expand', expansion: record });
  const expansion = run.addExpansion(record);
  if (run.wantedKeys) for (const key of keyed.keys) run.foundKeys.add(key);
  countInstances(turn, run, gate, template, expansion);
  openGate(turn, run, gate, fanOut, expansion);
}

/** Lets the instances of an expanded fan-out begin. A fan-out that is retried keeps its keys. */
function openGate(turn: Turn, run: RunWorld, gate: number, fanOut: FanOutSpec, expansion: Expansion): void {
  turn.change(run, gate, S.success, 'expanded', { fanOut: fanOut.path, keys: expansion.record.keys.length });
  if (run.wantedKeys) turn.expanded.add(run);
  for (const inner of expansion.blocks) {
    const { first, size } = run.graph.scopes[inner.scope] as Scope;
    for (let at = 0; at < size; at++) evaluateIfReal(turn, run, inner.base + at, first + at);
  }
}

function evaluateIfReal(turn: Turn, run: RunWorld, node: number, template: number): void {
  if (!run.isPlaceholder(node, template)) evaluateNode(turn, run, node, template);
}

/**
 * The instances take the place of the placeholders: in the open count of the run and in the counters around.
 */
function countInstances(
  turn: Turn,
  run: RunWorld,
  gate: number,
  gateTemplate: number,
  expansion: Expansion,
): void {
  const scope = run.graph.scopes[expansion.record.fanOut + 1] as Scope;
  const wanted = expansion.blocks.filter((block) => run.wantsKeys(block.keys));
  for (let at = 0; at < scope.size; at++) {
    const template = scope.first + at;
    if (!run.selected[template]) continue;
    if (!isFinished(run.state[gate + template - gateTemplate] as number)) run.open--;
    run.open += wanted.length;
    for (const target of targets(run.graph.down, template)) {
      if (target >= scope.first && target < scope.first + scope.size) continue;
      run.eachConnected(run.blockOf(gate), target, (node) => {
        if (run.isPlaceholder(node, target)) return;
        run.addCount(node, TOTAL, wanted.length - 1);
        if (wanted.length === 0) evaluateNode(turn, run, node, target);
      });
    }
  }
  for (const block of wanted) {
    for (let at = 0; at < scope.size; at++) {
      const template = scope.first + at;
      const node = block.base + at;
      if (run.selected[template] && !run.isPlaceholder(node, template)) recount(run, node, template);
    }
  }
}

/**
 * A key of the scope that no fan-out has is a mistake of whoever asked for it: the run fails. It is known
 * once every gate has told its keys; where one could not, nobody knows.
 */
function refuseUnknownKeys(turn: Turn, run: RunWorld): void {
  const names = new Set<string>();
  for (const { node, template, block } of run.existing()) {
    if (run.graph.kind[template] !== GATE || !run.isSelected(template, block)) continue;
    if (run.state[node] !== S.success && !((run.flags[node] as number) & EMPTY)) return;
    names.add(fanOutAt(run.graph, template).path);
  }
  for (const key of run.wantedKeys ?? []) {
    if (run.foundKeys.has(key) || parseKeyText(key).every((part) => run.foundKeys.has(part))) continue;
    const facts = { key, fanOut: [...names].join(', ') };
    return abortRun(turn, run, { code: 'unknown_key', facts, state: 'failed' });
  }
}

type Keys = { ok: true; keys: string[]; items: Json[] } | { ok: false; error: string };

/** Evaluates `over` and the key of every item, and checks what comes out. */
function keysOf(run: RunWorld, gate: number, template: number, fanOut: FanOutSpec): Keys {
  const over = evaluateIn(run, gate, template, parsed(fanOut.over));
  if (!over.ok) return over;
  if (!Array.isArray(over.value)) {
    return { ok: false, error: `${fanOut.over} is ${describe(over.value)}, not a list` };
  }
  const items = over.value as Json[];
  const limit = keysLimit(run, run.graph.source[template] as number);
  if (items.length > limit) {
    return { ok: false, error: `it has ${items.length} keys, more than maxKeys allows (${limit})` };
  }
  const keyExpression = fanOut.key === undefined ? null : parsed(fanOut.key);
  const names = itemNames(run, run.blockOf(gate));
  const keys: string[] = [];
  const seen = new Set<string>();
  for (const item of items) {
    let raw: Json = item;
    if (keyExpression) {
      const scope = {
        ...names,
        item,
        ...(fanOut.as === undefined ? {} : { [fanOut.as]: item }),
        params: run.record.params,
      };
      const result = evaluate(keyExpression, scope);
      if (!result.ok) return { ok: false, error: result.error.message };
      raw = result.value;
    }
    const problem = keyProblem(raw);
    if (problem) return { ok: false, error: problem };
    const key = String(raw);
    if (seen.has(key)) return { ok: false, error: `key ${key} occurs twice` };
    seen.add(key);
    keys.push(key);
  }
  return { ok: true, keys, items };
}

/** Why a value cannot be a key, or `null`. */
export function keyProblem(raw: Json): string | null {
  if (typeof raw === 'object') return `${describe(raw)} cannot be a key: name one of its fields with key`;
  const key = String(raw);
  if (/\p{Cc}/u.test(key)) return `key ${JSON.stringify(key)} has control characters`;
  if (!key.isWellFormed()) return `key ${JSON.stringify(key)} is not valid Unicode`;
  const bytes = utf8Length(key);
  if (bytes === 0) return 'a key is empty';
  return bytes > KEY_BYTES_MAX ? `a key has ${bytes} bytes, more than ${KEY_BYTES_MAX}` : null;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

function describe(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
