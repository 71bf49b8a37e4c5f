import type { Scope } from '../graph/graph.ts';
import type { RunNo } from '../model/ids.ts';
import type { Block } from '../planner/blocks.ts';
import type { RunWorld } from '../planner/run-world.ts';

/**
 * Nodes that exist in a run, `from` to `to` without the latter: they stand for `size` templates from `first`
 * on, again and again.
 */
export interface NodeRange {
  readonly runNo: RunNo;
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly size: number;
  /** The scope of the run has these keys. */
  readonly isWanted: boolean;
}

/** The nodes of a run that exist, each in one range; keys of an innermost fan-out share theirs. */
export function nodeRanges(frame: RunWorld): NodeRange[] {
  const { runNo } = frame.record;
  const { scopes } = frame.graph;
  const isOuter = new Set(scopes.map(({ parent }) => parent));
  const ranges: NodeRange[] = [];
  const add = (range: NodeRange): void => {
    const last = ranges.at(-1);
    const goesOn = last?.to === range.from && last.first === range.first && last.size === range.size;
    if (goesOn && last.isWanted === range.isWanted) ranges[ranges.length - 1] = { ...last, to: range.to };
    else ranges.push(range);
  };
  const addPieces = (block: Block, isWanted: boolean): void => {
    let piece: { from: number; first: number; size: number } | null = null;
    for (const { node, template } of frame.existingIn(block)) {
      if (piece !== null && piece.from + piece.size === node) {
        piece.size++;
        continue;
      }
      if (piece !== null) ranges.push({ runNo, ...piece, to: piece.from + piece.size, isWanted });
      piece = { from: node, first: template, size: 1 };
    }
    if (piece !== null) ranges.push({ runNo, ...piece, to: piece.from + piece.size, isWanted });
  };
  addPieces(frame.root, true);
  for (const { record, blocks } of frame.parts) {
    const scope = record.fanOut + 1;
    const { first, size } = scopes[scope] as Scope;
    for (const block of blocks) {
      const isWanted = frame.wantsKeys(block);
      if (isOuter.has(scope)) addPieces(block, isWanted);
      else add({ runNo, from: block.base, to: block.base + size, first, size, isWanted });
    }
  }
  return ranges;
}
