import { targets } from '../graph/csr.ts';
import { nodePath, type Scope } from '../graph/graph.ts';
import type { Facts } from '../model/because.ts';
import { keyText, type NodeNo } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import type { ExpansionRecord } from '../model/run.ts';
import { holdsSlot, isFinished, S } from '../model/states.ts';
import { graceOf } from './abort.ts';
import type { Block, Part } from './blocks.ts';
import type { Keys } from './list-keys.ts';
import { counterOf, recount } from './readiness.ts';
import { CUT, EMPTY, type RunWorld, TOTAL } from './run-world.ts';
import type { Turn } from './turn.ts';

/** The fan-out whose keys are being set, and where. */
interface Site {
  readonly turn: Turn;
  readonly run: RunWorld;
  readonly block: Block;
  readonly fanOut: number;
  readonly scope: Scope;
}

/**
 * Gives a fan-out the keys of its list. Keys that it had keep their nodes, attempts and states; new ones get
 * new nodes; what belongs to keys that are not in the list any more becomes `removed`, and comes back to life
 * should its key return. Everything is as it was when the same list is given again, so this may be repeated.
 */
export function regroup(
  turn: Turn,
  run: RunWorld,
  gate: number,
  template: number,
  keyed: Extract<Keys, { ok: true }>,
): void {
  const block = run.blockOf(gate);
  const fanOut = run.graph.source[template] as number;
  const site = { turn, run, block, fanOut, scope: scopeOf(run, fanOut) };
  const hadKeys = run.blocksIn(block, fanOut).length > 0;
  const items = new Map(keyed.keys.map((key, index) => [key, keyed.items[index] as Json]));
  for (const part of block.expansions.get(fanOut)?.parts ?? []) {
    settlePart(site, part, items);
    for (const key of part.record.keys) items.delete(key);
  }
  const added = items.size > 0 ? addPart(site, items, keyed.keys.length) : null;
  const hasKeys = keyed.keys.length > 0;
  // The counters around know placeholders until the gate is through: only the count of the run changes.
  if (hadKeys !== hasKeys) run.open += (hasKeys ? -1 : 1) * openPlaceholders(site).length;
  if (added) for (const inner of added.blocks) enter(site, inner, run.existingIn(inner));
}

/** Removes the keys of a part that are not in the list, and takes in what the others are now. */
function settlePart(site: Site, part: Part, items: ReadonlyMap<string, Json>): void {
  const { run } = site;
  const { record } = part;
  const gone = [...record.keys.keys()].filter((index) => !items.has(record.keys[index] as string));
  for (const index of gone) removeBlock(site, part.blocks[index] as Block);
  const itemOf = (key: string, index: number): Json => {
    const given = items.get(key);
    return given === undefined ? itemIn(record, index) : given;
  };
  const asked = record.keys.map(itemOf);
  const other = asked.map((item, index) => !sameJson(item, itemIn(record, index)));
  // Before the items are stored, by which the next leader would know that they have changed.
  for (const [index, inner] of part.blocks.entries()) if (other[index]) askAgain(site, inner);
  const changed = other.includes(true) ? { items: listOf(record.keys, asked) } : {};
  if (changed.items !== undefined || gone.join() !== record.gone.join()) {
    const next = { ...record, ...changed, gone };
    site.turn.actions.push({ type: 'reexpand', expansion: next });
    run.changePart(part, next);
  }
  for (const [index, inner] of part.blocks.entries()) {
    if (!gone.includes(index)) revive(site, inner);
  }
}

function addPart(site: Site, items: ReadonlyMap<string, Json>, keys: number): Part {
  const { run, fanOut, block } = site;
  const names = [...items.keys()];
  const expansion = {
    runNo: run.record.runNo,
    base: run.size as NodeNo,
    fanOut,
    parentBase: block.base as NodeNo,
    keys: names,
    items: listOf(names, [...items.values()]),
    gone: [],
  };
  site.turn.actions.push({ type: 'expand', expansion, keys });
  return run.addExpansion(expansion);
}

function listOf(keys: readonly string[], items: readonly Json[]): readonly Json[] | null {
  return items.every((item, index) => item === keys[index]) ? null : items;
}

function itemIn(record: ExpansionRecord, index: number): Json {
  return (record.items ?? record.keys)[index] as Json;
}

function sameJson(one: Json, other: Json): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** Removes a block and everything inside it; inner fan-outs lose all their keys, so that they ask again. */
function removeBlock(site: Site, block: Block): void {
  for (const { fanOut } of block.expansions.values()) collapse({ ...site, block, fanOut });
  for (const { node, template } of site.run.existingIn(block)) {
    if (site.run.isSelected(template, block)) removeNode(site, node, template, block);
  }
}

/** Takes all keys from a fan-out that is removed itself; placeholders stand for its instances again. */
function collapse(at: Site): void {
  const { turn, run, block, fanOut } = at;
  const hadKeys = run.blocksIn(block, fanOut).length > 0;
  const wasCounted = run.awaitsKeys(block, fanOut);
  for (const part of block.expansions.get(fanOut)?.parts ?? []) {
    for (const inner of part.blocks) removeBlock(at, inner);
    if (part.record.gone.length === part.record.keys.length) continue;
    const next = { ...part.record, gone: [...part.record.keys.keys()] };
    turn.actions.push({ type: 'reexpand', expansion: next });
    run.changePart(part, next);
  }
  if (!hadKeys) return;
  for (const { node, template } of openPlaceholders({ ...at, scope: scopeOf(run, fanOut) })) {
    run.open++;
    if (!wasCounted) countAfter(at, node, template, 1);
  }
}

/** An attempt that is under way is stopped; the run waits for its end. */
function removeNode(site: Site, node: number, template: number, block: Block): void {
  const { turn, run } = site;
  const state = run.state[node] as number;
  if (state === S.removed) return;
  if (isFinished(state)) countAfter(site, node, template, -1);
  if (holdsSlot(state)) {
    turn.stop(run, node, 'user', graceOf(turn.world, run, template));
    run.ghosts.add(node);
  }
  forget(run, node);
  turn.change(run, node, S.removed, 'removed_key', factsOf(site, block));
}

/** Brings the instances of a key back that were removed with it, as far as they are not back yet. */
function revive(site: Site, block: Block): void {
  const { turn, run } = site;
  const back = [...run.existingIn(block)].filter(({ node }) => run.state[node] === S.removed);
  for (const { node } of back) {
    run.tryBase[node] = run.tryNo[node] as number;
    run.lost[node] = 0;
    forget(run, node);
    turn.change(run, node, S.none, 'key_back', factsOf(site, block));
  }
  if (back.length > 0) enter(site, block, back);
}

/** Takes instances of a block that are new, or back, into the counts. */
function enter(site: Site, block: Block, instances: Iterable<{ node: number; template: number }>): void {
  const { run } = site;
  for (const { node, template } of instances) {
    if (!run.isSelected(template, block)) continue;
    if (!isFinished(run.state[node] as number)) run.open++;
    countAfter(site, node, template, 1);
  }
  for (const { node, template } of run.existingIn(block)) {
    if (run.isSelected(template, block) && !run.isPlaceholder(node, template)) recount(run, node, template);
  }
}

/** A fan-out inside a block whose item is another one now asks for its keys again. */
function askAgain(site: Site, block: Block): void {
  const { turn, run } = site;
  for (const [fanOut, gateTemplate] of run.graph.gateOf.entries()) {
    if (run.graph.scopeOf[gateTemplate] !== block.scope || !run.isSelected(gateTemplate, block)) continue;
    const gate = run.nodeIn(block, gateTemplate);
    if (!isFinished(run.state[gate] as number) || run.state[gate] === S.removed) continue;
    const inner = { turn, run, block, fanOut, scope: scopeOf(run, fanOut) };
    const join = run.graph.joinOf[fanOut] as number;
    const facts = { fanOut: nodePath(run.graph, gateTemplate) };
    const hasKeys = run.blocksIn(block, fanOut).length > 0;
    reopen(inner, gate, gateTemplate, facts);
    if (join >= 0) reopen(inner, run.nodeIn(block, join), join, facts);
    for (const { node, template } of placeholders(inner)) {
      if (hasKeys) countAfter(inner, node, template, 1);
      else reopen(inner, node, template, facts);
    }
  }
}

function reopen(site: Site, node: number, template: number, facts: Facts): void {
  const { turn, run } = site;
  const state = run.state[node] as number;
  if (!isFinished(state) || state === S.removed) return;
  countAfter(site, node, template, -1);
  forget(run, node);
  turn.change(run, node, S.none, 'list_again', facts);
  run.open++;
  countAfter(site, node, template, 1);
}

function forget(run: RunWorld, node: number): void {
  run.flags[node] = (run.flags[node] as number) & ~(CUT | EMPTY);
  run.values.delete(node);
  run.outputs.delete(node);
}

function factsOf(site: Site, block: Block): Facts {
  const { fanOut } = site.run.graph.scopes[block.scope] as Scope;
  const gate = site.run.graph.gateOf[fanOut] as number;
  return { key: keyText(block.keys), fanOut: nodePath(site.run.graph, gate) };
}

function scopeOf(run: RunWorld, fanOut: number): Scope {
  return run.graph.scopes[fanOut + 1] as Scope;
}

/** The selected nodes that stand for instances of a fan-out without keys. */
function placeholders({ run, block, scope }: Site): { node: number; template: number }[] {
  const found: { node: number; template: number }[] = [];
  for (let template = scope.first; template < scope.first + scope.size; template++) {
    if (run.isSelected(template, block)) found.push({ node: run.nodeIn(block, template), template });
  }
  return found;
}

function openPlaceholders(site: Site): { node: number; template: number }[] {
  return placeholders(site).filter(({ node }) => !isFinished(site.run.state[node] as number));
}

/** Counts an instance, or counts it no longer, for what comes after it outside the fan-out. */
function countAfter(site: Site, node: number, template: number, by: 1 | -1): void {
  const { run, scope } = site;
  const state = run.state[node] as number;
  if (state === S.removed) return;
  for (const target of targets(run.graph.down, template)) {
    if (target >= scope.first && target < scope.first + scope.size) continue;
    run.eachConnected(run.blockOf(node), target, (after) => {
      if (run.isPlaceholder(after, target)) return;
      run.addCount(after, TOTAL, by);
      if (isFinished(state)) run.addCount(after, counterOf(state), by);
    });
  }
}
