import { type Graph, nodePath, type Scope, TASK } from '../graph/graph.ts';
import type { StoredOutput } from '../model/action.ts';
import type { LogRange } from '../model/attempt.ts';
import type { CacheAsk } from '../model/cache.ts';
import type { DeadlineStage } from '../model/hook.ts';
import { type AttemptId, attemptId, instanceName, keyText, type NodeNo, type TryNo } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import type { CheckpointRecord, ExpansionRecord, RunRecord, WaitRecord } from '../model/run.ts';
import { S } from '../model/states.ts';
import type { AttemptArtifacts } from './attempt-artifacts.ts';
import { type Block, type Load, liveBlocks, NOT_EXPANDED, type Part, setItem } from './blocks.ts';
import { KeyScope } from './key-scope.ts';
import type { RunPast } from './pasts.ts';
import type { Abort } from './run-abort.ts';
import { type Templates, templatesOf } from './templates.ts';

/** Positions in the groups of five counters of {@link RunWorld.counts}. */
export const TOTAL = 0;
export const SUCCESS = 1;
export const SKIPPED = 2;
export const FAILED = 3;
export const UPSTREAM_FAILED = 4;
const COUNTERS = 5;

/** Bits of {@link RunWorld.flags}. */
export const HAS_ROW = 1;
/** Skipped by a short circuit: what follows it is skipped as well, whatever its rule. */
export const CUT = 2;
/** The executor was asked to stop its attempt. */
export const STOPPING = 4;
/** `running` is not stored yet. */
export const UNWRITTEN = 8;
/** A gate that found no keys. */
export const EMPTY = 32;
/** Retried by hand and not started since: it runs, whatever the cache has. */
export const FRESH = 64;
/** A pause of its run is meant for its attempt as well. */
export const PAUSING = 128;

/**
 * One active run in memory, as arrays by node number. Nodes below `graph.size` are templates (and the
 * instances of tasks outside fan-outs), the others come from expansions. Only the planner changes it.
 */
export class RunWorld {
  record: RunRecord;
  readonly graph: Graph;
  readonly templates: Templates;
  /** By template node. */
  readonly selected: Uint8Array;
  /** Keys of the scope, `null` for all. */
  readonly wantedKeys: KeyScope | null;
  readonly root: Block;
  /** In order of their base. */
  readonly parts: Part[] = [];
  size: number;
  state: Uint8Array;
  /** State and attempt number in the store: what a write expects. */
  stored: Uint8Array;
  storedTry: Uint16Array;
  tryNo: Uint16Array;
  tryBase: Uint16Array;
  lost: Uint8Array;
  flags: Uint8Array;
  counts: Int32Array;
  queuedAt: Float64Array;
  startedAt: Float64Array;
  endedAt: Float64Array;
  /** Outputs that expressions read. */
  readonly values = new Map<number, Json>();
  /** Outputs of this run as far as they are in memory; the others are read from the store. */
  readonly outputs = new Map<number, StoredOutput>();
  /** Where the lines of attempts go whose `running` is not stored yet. */
  readonly openLogs = new Map<number, LogRange>();
  /** When retries are due, in wall time. */
  readonly dueAt = new Map<number, number>();
  /** What instances that were put off carry to their next attempts. */
  readonly waits = new Map<number, WaitRecord>();
  /** From what instances can go on. */
  readonly checkpoints = new Map<number, CheckpointRecord>();
  /** Under which keys successes go into the cache. */
  readonly cacheAsks = new Map<number, CacheAsk>();
  /** Artifacts of attempts under way whose successes do, by their names. */
  readonly cacheArtifacts = new Map<number, AttemptArtifacts>();
  /** Where the lines of the last attempt of an instance that waits are. */
  readonly waitLogs = new Map<number, LogRange>();
  /** Messages of the errors with which instances failed for good. */
  readonly errors = new Map<number, string>();
  /** Counted nodes that are not finished. */
  open = 0;
  /** Instances that hold a slot. */
  active = 0;
  /** Active attempts per task with a cap, by template node. */
  readonly activeOfTask = new Map<number, Load>();
  abort: Abort | null = null;
  /** Instances that an abort has asked to stop and that have not ended yet: teardowns wait for them. */
  readonly ending = new Set<number>();
  /** A short circuit has cut a path. */
  hasCuts = false;
  /** What it holds is counted in the world. */
  isBooked = false;
  /** Instances that were marked while an attempt ran: the attempt was asked to stop and has not ended yet. */
  readonly ghosts = new Set<number>();
  /** The number of its last hook job. */
  hookNo = 0;
  /** Since when (wall) it waits for its start. */
  queuedSince: number;
  /** What was told of its deadline. */
  readonly told = new Set<DeadlineStage>();
  /** When its end is to be predicted next, in wall time. */
  forecastAt = 0;
  /** The runs of later slots that look at this one. */
  readonly followers = new Set<RunPast>();

  constructor(record: RunRecord, graph: Graph, selected: Uint8Array) {
    this.record = record;
    this.queuedSince = record.createdAt;
    this.graph = graph;
    this.templates = templatesOf(graph);
    this.selected = selected;
    this.wantedKeys = record.scope.keys ? new KeyScope(graph, record.params, record.scope.keys) : null;
    this.root = { base: 0, scope: 0, parent: null, keys: [], items: [], expansions: NOT_EXPANDED };
    this.size = graph.size;
    this.state = new Uint8Array(graph.size);
    this.stored = new Uint8Array(graph.size);
    this.storedTry = new Uint16Array(graph.size);
    this.tryNo = new Uint16Array(graph.size);
    this.tryBase = new Uint16Array(graph.size);
    this.lost = new Uint8Array(graph.size);
    this.flags = new Uint8Array(graph.size);
    this.counts = new Int32Array(graph.size * COUNTERS);
    this.queuedAt = new Float64Array(graph.size);
    this.startedAt = new Float64Array(graph.size);
    this.endedAt = new Float64Array(graph.size);
  }

  /** Adds keys to a fan-out; their nodes are in state `none` and not yet counted. */
  addExpansion(record: ExpansionRecord): Part {
    const parent = this.blockAt(record.parentBase, record.fanOut);
    const scope = this.graph.scopes[record.fanOut + 1] as Scope;
    const blocks = record.keys.map((key, index): Block => {
      const keys = [...parent.keys, key];
      // Keys that are their own items, all the way up, are kept once.
      const isItem = record.items === null && (parent.parent === null || parent.items === parent.keys);
      const items = isItem ? keys : [...parent.items, record.items ? (record.items[index] as Json) : key];
      const base = record.base + index * scope.size;
      return { base, scope: record.fanOut + 1, parent, keys, items, expansions: NOT_EXPANDED };
    });
    let expansion = parent.expansions.get(record.fanOut);
    if (!expansion) {
      expansion = { fanOut: record.fanOut, base: record.base, blocks: [], parts: [], active: 0 };
      parent.expansions = new Map([...parent.expansions, [record.fanOut, expansion]]);
    }
    const part = { record, expansion, blocks };
    expansion.parts.push(part);
    expansion.blocks = liveBlocks(expansion);
    this.parts.push(part);
    this.grow(record.base + record.keys.length * scope.size);
    return part;
  }

  /** Takes in other items and gone keys of a part. */
  changePart(part: Part, record: ExpansionRecord): void {
    if (record.items !== part.record.items) {
      for (const [index, block] of part.blocks.entries())
        setItem(block, record.items ? (record.items[index] as Json) : (record.keys[index] as string));
    }
    part.record = record;
    part.expansion.blocks = liveBlocks(part.expansion);
  }

  /** The block with this base that the fan-out stands in. */
  private blockAt(base: number, fanOut: number): Block {
    const scope = this.graph.scopes[(this.graph.scopes[fanOut + 1] as Scope).parent] as Scope;
    if (scope.fanOut < 0) return this.root;
    return this.blockOf(base);
  }

  private grow(size: number): void {
    if (size <= this.size) return;
    if (size > this.state.length) {
      const room = Math.max(size, this.state.length * 2);
      const copy = <T extends Uint8Array | Uint16Array | Int32Array | Float64Array>(old: T, made: T): T => {
        made.set(old as never);
        return made;
      };
      this.state = copy(this.state, new Uint8Array(room));
      this.stored = copy(this.stored, new Uint8Array(room));
      this.storedTry = copy(this.storedTry, new Uint16Array(room));
      this.tryNo = copy(this.tryNo, new Uint16Array(room));
      this.tryBase = copy(this.tryBase, new Uint16Array(room));
      this.lost = copy(this.lost, new Uint8Array(room));
      this.flags = copy(this.flags, new Uint8Array(room));
      this.counts = copy(this.counts, new Int32Array(room * COUNTERS));
      this.queuedAt = copy(this.queuedAt, new Float64Array(room));
      this.startedAt = copy(this.startedAt, new Float64Array(room));
      this.endedAt = copy(this.endedAt, new Float64Array(room));
    }
    this.size = size;
  }

  /** The template node of a node. */
  templateOf(node: number): number {
    if (node < this.graph.size) return node;
    const { record } = this.partOf(node);
    const scope = this.graph.scopes[record.fanOut + 1] as Scope;
    return scope.first + ((node - record.base) % scope.size);
  }

  /** The block that a node lies in. */
  blockOf(node: number): Block {
    if (node < this.graph.size) return this.root;
    const { record, blocks } = this.partOf(node);
    const scope = this.graph.scopes[record.fanOut + 1] as Scope;
    return blocks[Math.floor((node - record.base) / scope.size)] as Block;
  }

  /** The part of an expansion that a node above the templates belongs to. */
  private partOf(node: number): Part {
    let low = 0;
    let high = this.parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.parts[middle] as Part).record.base <= node) low = middle;
      else high = middle - 1;
    }
    return this.parts[low] as Part;
  }

  /** The node of a template in a block. */
  nodeIn(block: Block, template: number): number {
    return block.base + template - (this.graph.scopes[block.scope] as Scope).first;
  }

  /** Whether a node stands for instances of a fan-out that is not expanded, or whose keys took its place. */
  isPlaceholder(node: number, template: number): boolean {
    return (this.graph.scopeOf[template] as number) !== this.blockOf(node).scope;
  }

  /** Whether the scope of the run includes an instance in this block. */
  isSelected(template: number, block: Block): boolean {
    if (this.selected[template] !== 1) return false;
    return block.keys.length === 0 || this.wantsKeys(block);
  }

  /** Whether the keys of a block are within the scope of the run. */
  wantsKeys({ keys, scope }: Block): boolean {
    return this.wantedKeys === null || this.wantedKeys.wants(keys, scope);
  }

  /**
   * Calls back with every instance (or placeholder) of a template that an instance in `block` is connected
   * to.
   */
  eachConnected(block: Block, template: number, visit: (node: number) => void): void {
    const scope = this.graph.scopeOf[template] as number;
    let at = block;
    while (!this.encloses(at.scope, scope)) at = at.parent as Block;
    this.eachBelow(at, template, scope, visit);
  }

  private eachBelow(block: Block, template: number, scope: number, visit: (node: number) => void): void {
    if (block.scope === scope) return visit(this.nodeIn(block, template));
    const child = this.childTowards(block.scope, scope);
    const { fanOut } = this.graph.scopes[child] as Scope;
    if (this.awaitsKeys(block, fanOut)) visit(this.nodeIn(block, template));
    for (const inner of this.blocksIn(block, fanOut)) this.eachBelow(inner, template, scope, visit);
  }

  /** The blocks of the keys that a fan-out has in a block. */
  blocksIn(block: Block, fanOut: number): readonly Block[] {
    return block.expansions.get(fanOut)?.blocks ?? [];
  }

  /**
   * Whether placeholders stand for instances of a fan-out: it has no keys, or is asking for them again and
   * may get others.
   */
  awaitsKeys(block: Block, fanOut: number): boolean {
    if (this.blocksIn(block, fanOut).length === 0) return true;
    return this.isOpen(this.nodeIn(block, this.graph.gateOf[fanOut] as number));
  }

  /** Whether scope `outer` is `inner` or around it. */
  encloses(outer: number, inner: number): boolean {
    let at = inner;
    while ((this.graph.scopes[at] as Scope).depth > (this.graph.scopes[outer] as Scope).depth) {
      at = (this.graph.scopes[at] as Scope).parent;
    }
    return at === outer;
  }

  private childTowards(outer: number, inner: number): number {
    let at = inner;
    while ((this.graph.scopes[at] as Scope).parent !== outer) at = (this.graph.scopes[at] as Scope).parent;
    return at;
  }

  count(node: number, counter: number): number {
    return this.counts[node * COUNTERS + counter] as number;
  }

  addCount(node: number, counter: number, by: number): void {
    const at = node * COUNTERS + counter;
    this.counts[at] = (this.counts[at] as number) + by;
  }

  clearCounts(node: number): void {
    // Written out: `fill` of a few numbers takes longer than everything else that is done for a node.
    for (let at = node * COUNTERS; at < (node + 1) * COUNTERS; at++) this.counts[at] = 0;
  }

  /** Nodes that exist: not the placeholders whose fan-out is expanded. */
  *existing(): Iterable<{ node: number; template: number; block: Block }> {
    yield* this.existingIn(this.root);
    // Written out: a generator for each of ten thousand keys would take longer than what is done with them.
    for (const { record, blocks } of this.parts) {
      const { first, size } = this.graph.scopes[record.fanOut + 1] as Scope;
      for (const block of blocks)
        for (let template = first; template < first + size; template++) {
          if (this.isReplaced(block, template)) continue;
          yield { node: block.base + template - first, template, block };
        }
    }
  }

  /** The same in one block. */
  *existingIn(block: Block): Iterable<{ node: number; template: number; block: Block }> {
    const { first, size } = this.graph.scopes[block.scope] as Scope;
    for (let template = first; template < first + size; template++) {
      if (this.isReplaced(block, template)) continue;
      yield { node: block.base + template - first, template, block };
    }
  }

  /** The same for what is behind a gate: its placeholders, or the nodes of its keys. */
  *existingBehind(
    gate: number,
    template: number,
  ): Iterable<{ node: number; template: number; block: Block }> {
    const block = this.blockOf(gate);
    const fanOut = this.graph.source[template] as number;
    const blocks = this.blocksIn(block, fanOut);
    for (const inner of blocks) yield* this.existingInside(inner);
    if (blocks.length > 0) return;
    const { first, size } = this.graph.scopes[fanOut + 1] as Scope;
    for (let inner = first; inner < first + size; inner++) {
      yield { node: this.nodeIn(block, inner), template: inner, block };
    }
  }

  private *existingInside(block: Block): Iterable<{ node: number; template: number; block: Block }> {
    yield* this.existingIn(block);
    for (const expansion of block.expansions.values()) {
      for (const inner of expansion.blocks) yield* this.existingInside(inner);
    }
  }

  /** The gate that let a block come into being, or `null` for the run itself. */
  gateOf(block: Block): number | null {
    if (block.parent === null) return null;
    const { fanOut } = this.graph.scopes[block.scope] as Scope;
    return this.nodeIn(block.parent, this.graph.gateOf[fanOut] as number);
  }

  /** The gate that a placeholder waits behind. */
  gateBefore(placeholder: number, template: number): number {
    const block = this.blockOf(placeholder);
    const child = this.childTowards(block.scope, this.graph.scopeOf[template] as number);
    return this.nodeIn(block, this.graph.gateOf[(this.graph.scopes[child] as Scope).fanOut] as number);
  }

  private isReplaced(block: Block, template: number): boolean {
    const scope = this.graph.scopeOf[template] as number;
    if (scope === block.scope) return false;
    const { fanOut } = this.graph.scopes[this.childTowards(block.scope, scope)] as Scope;
    return this.blocksIn(block, fanOut).length > 0;
  }

  /** Whether the node is a task of the user, not a gate or join. */
  isTask(template: number): boolean {
    return this.graph.kind[template] === TASK;
  }

  /** Id of the attempt that an instance has, or had last. */
  attemptOf(node: number): AttemptId {
    return attemptId(this.record.runNo, node as NodeNo, this.tryNo[node] as TryNo);
  }

  /** What people call an instance: `symbol[BTC-USD].backtest`. */
  nameOf(node: number): string {
    const template = this.templateOf(node);
    const block = this.blockOf(node);
    const fanOut = this.graph.spec.fanOuts?.[(this.graph.scopes[block.scope] as Scope).fanOut];
    return instanceName(nodePath(this.graph, template), fanOut?.path ?? null, keyText(block.keys));
  }

  isOpen(node: number): boolean {
    return (this.state[node] as number) < S.success;
  }
}
