import type { Style } from '../style.ts';
import type { DrawnGraph, DrawnNode } from './drawn-graph.ts';
import { cutTo } from './text-width.ts';

/** Beyond this, leaving out implied edges costs more time than drawing is worth. */
const REDUCED_NODES_MAX = 600;
const LANES_MAX = 30;
const UPSTREAMS_MAX = 20;

/** A DAG for the terminal: one line a task, lanes for what waits for what, as in a log of commits. */
export function asciiGraph(drawn: DrawnGraph, columns: number, style: Style): string[] {
  const edges = reducedEdges(drawn);
  const lanes = drawLanes(drawn.nodes.length, edges);
  if (lanes === null) return listing(drawn, edges, columns, style);
  const width = Math.max(...lanes.map((row) => row.text.length));
  return lanes.map(({ text, node }) => {
    if (node === null) return style.dim(text);
    const one = drawn.nodes[node] as DrawnNode;
    const [before = '', after = ''] = text.split('●');
    const art = `${style.dim(before)}●${style.dim(after)}`;
    const room = columns - width - 2;
    const name = cutTo(one.taskId, room);
    const note = style.dim(cutTo(noteText(one), room - name.length));
    return `${art}${' '.repeat(width - text.length)}  ${name}${note}`;
  });
}

function noteText({ fanOut, triggerRule, when }: DrawnNode): string {
  const notes = [
    fanOut === null ? '' : `per key of ${fanOut}`,
    triggerRule ?? '',
    when === null ? '' : `when ${when}`,
  ];
  const text = notes.filter((note) => note !== '').join(', ');
  return text === '' ? '' : `  ${text}`;
}

/** The edges without those that a longer way already implies. */
function reducedEdges({ nodes, edges }: DrawnGraph): readonly (readonly [number, number])[] {
  if (nodes.length > REDUCED_NODES_MAX) return edges;
  const down = nodes.map((): number[] => []);
  for (const [from, to] of edges) down[from]?.push(to);
  const reach = nodes.map(() => new Set<number>());
  for (let node = nodes.length - 1; node >= 0; node--) {
    for (const next of down[node] ?? []) {
      reach[node]?.add(next);
      for (const far of reach[next] ?? []) reach[node]?.add(far);
    }
  }
  return edges.filter(([from, to]) => !down[from]?.some((next) => next !== to && reach[next]?.has(to)));
}

interface LaneRow {
  readonly text: string;
  readonly node: number | null;
}

/**
 * Rows of lanes: a lane is an open edge on its way to a task. `null` if more lanes are open at once than a
 * person could follow.
 */
function drawLanes(size: number, edges: readonly (readonly [number, number])[]): LaneRow[] | null {
  const down = Array.from({ length: size }, (): number[] => []);
  for (const [from, to] of edges) down[from]?.push(to);
  const lanes: (number | null)[] = [];
  const rows: LaneRow[] = [];
  for (let node = 0; node < size; node++) {
    const arriving = lanes.flatMap((target, at) => (target === node ? [at] : []));
    const home = arriving[0] ?? freeLane(lanes);
    if (arriving.length > 1) rows.push({ text: joinRow(lanes, home, arriving.slice(1)), node: null });
    for (const at of arriving) lanes[at] = null;
    if (arriving.length === 0 && rows.length > 0) rows.push({ text: laneRow(lanes), node: null });
    lanes[home] = node;
    rows.push({ text: nodeRow(lanes, home), node });
    const targets = down[node] ?? [];
    lanes[home] = targets[0] ?? null;
    const opened: number[] = [];
    for (const target of targets.slice(1)) {
      const at = freeLane(lanes, home + 1);
      lanes[at] = target;
      opened.push(at);
    }
    if (opened.length > 0) rows.push({ text: forkRow(lanes, home, opened), node: null });
    while (lanes.length > 0 && lanes.at(-1) === null) lanes.pop();
    if (lanes.length > LANES_MAX) return null;
  }
  return rows;
}

function freeLane(lanes: (number | null)[], from = 0): number {
  for (let at = from; at < lanes.length; at++) if (lanes[at] === null) return at;
  lanes.push(...Array.from({ length: Math.max(0, from - lanes.length) }, () => null), null);
  return lanes.length - 1;
}

function nodeRow(lanes: readonly (number | null)[], home: number): string {
  return lanes
    .map((target, at) => (at === home ? '●' : target === null ? ' ' : '│'))
    .join(' ')
    .trimEnd();
}

/** Lanes passing by: sets a task that waits for nothing off from the one above it. */
function laneRow(lanes: readonly (number | null)[]): string {
  return lanes
    .map((target) => (target === null ? ' ' : '│'))
    .join(' ')
    .trimEnd();
}

function joinRow(lanes: readonly (number | null)[], home: number, closing: readonly number[]): string {
  return sideRow(lanes, home, closing, { end: '╯', middle: '┴' });
}

function forkRow(lanes: readonly (number | null)[], home: number, opening: readonly number[]): string {
  return sideRow(lanes, home, opening, { end: '╮', middle: '┬' });
}

/** A row in which lanes to the right of `home` leave it or come to it, passing over lanes in between. */
function sideRow(
  lanes: readonly (number | null)[],
  home: number,
  sides: readonly number[],
  marks: { readonly end: string; readonly middle: string },
): string {
  const last = Math.max(...sides);
  let text = '';
  for (let at = 0; at < lanes.length; at++) {
    const inside = at > home && at <= last;
    const isSide = sides.includes(at);
    const isOpen = lanes[at] !== null;
    if (at > 0) text += inside ? '─' : ' ';
    if (at === home) text += '├';
    else if (isSide) text += at === last ? marks.end : marks.middle;
    else if (inside) text += isOpen ? '┼' : '─';
    else text += isOpen ? '│' : ' ';
  }
  return text.trimEnd();
}

/** Tasks by level with what they wait for: for graphs too wide to draw. */
function listing(
  drawn: DrawnGraph,
  edges: readonly (readonly [number, number])[],
  columns: number,
  style: Style,
): string[] {
  const up = drawn.nodes.map((): string[] => []);
  for (const [from, to] of edges) up[to]?.push(drawn.nodes[from]?.taskId ?? '');
  const byLevel = [...drawn.nodes.entries()].sort(([a, x], [b, y]) => x.level - y.level || a - b);
  let level = -1;
  return byLevel.flatMap(([at, node]) => {
    const from = style.dim(cutTo(upstreamText(up[at] ?? []), columns - 4 - node.taskId.length));
    const head = node.level === level ? [] : [style.bold(`level ${node.level + 1}`)];
    level = node.level;
    return [...head, `  ${cutTo(node.taskId, columns - 2)}${from}`];
  });
}

function upstreamText(upstreams: readonly string[]): string {
  if (upstreams.length === 0) return '';
  const more = upstreams.length - UPSTREAMS_MAX;
  return `  <- ${upstreams.slice(0, UPSTREAMS_MAX).join(', ')}${more > 0 ? `, ${more} more` : ''}`;
}
