import type { Json } from '../model/json.ts';
import type { ExpansionRecord } from '../model/run.ts';

/** One copy of a scope: the run itself, or one key of an expanded fan-out. */
export interface Block {
  /** Node number of the first node. */
  readonly base: number;
  readonly scope: number;
  readonly parent: Block | null;
  /** Keys of the fan-outs around, outermost first. */
  readonly keys: readonly string[];
  items: readonly Json[];
  /** By fan-out; a fan-out that is missing here, or has no keys, has only placeholders. */
  expansions: ReadonlyMap<number, Expansion>;
}

/** What is counted against a limit. */
export interface Load {
  /** Instances that hold a slot. */
  active: number;
}

/** An expanded fan-out: one block per key. Its load counts for `maxParallel`. */
export interface Expansion extends Load {
  readonly fanOut: number;
  /** Its first node of all. */
  readonly base: number;
  /** The keys that it has now, in the order of their nodes. */
  blocks: readonly Block[];
  readonly parts: Part[];
}

/** Keys that a fan-out got at once, and their blocks, those that are gone included. */
export interface Part {
  record: ExpansionRecord;
  readonly expansion: Expansion;
  readonly blocks: readonly Block[];
}

/** Shared by all blocks without an expansion: there may be very many. */
export const NOT_EXPANDED: ReadonlyMap<number, Expansion> = new Map();

/** The blocks of the keys that a fan-out has now. */
export function liveBlocks(expansion: Expansion): Block[] {
  return expansion.parts.flatMap(({ record, blocks }) => {
    const gone = new Set(record.gone);
    return gone.size === 0 ? blocks : blocks.filter((_, index) => !gone.has(index));
  });
}

/** Gives a block another item; the blocks within have the items of all that is around them. */
export function setItem(block: Block, item: Json): void {
  block.items = [...(block.parent as Block).items, item];
  for (const { parts } of block.expansions.values()) {
    for (const part of parts) for (const inner of part.blocks) setItem(inner, inner.items.at(-1) as Json);
  }
}
