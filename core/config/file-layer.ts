import type { Node, Pair, Scalar, YAMLMap } from 'yaml';
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { ConfigPlace, ConfigProblem, ConfigScalar, Written, WrittenEntry } from './layer.ts';

/** The largest config file that is read. */
export const CONFIG_BYTES_MAX = 1_048_576;

interface FileText {
  readonly file: string;
  readonly lines: readonly string[];
  readonly counter: LineCounter;
  readonly report: (problem: ConfigProblem) => void;
}

/**
 * Reads the text of a YAML config file into values with places. Syntax errors, duplicate keys and aliases are
 * reported; what can still be understood is returned.
 */
export function fileLayer(file: string, text: string, report: (problem: ConfigProblem) => void): Written {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, version: '1.2' });
  const source: FileText = { file, lines: text.split(/\r?\n/), counter, report };
  for (const error of document.errors) {
    report({ rule: 'config-yaml', message: error.message, place: placeOf(source, error.pos[0]) });
  }
  const root = document.contents;
  if (root === null) return { kind: 'map', entries: [], place: placeOf(source, 0) };
  return writtenNode(source, root as Node, 0);
}

function placeOf(source: FileText, offset: number): ConfigPlace {
  const { line, col } = source.counter.linePos(offset);
  const row = Math.max(1, line);
  const column = Math.max(1, col);
  return {
    origin: { kind: 'file', place: `${source.file}:${row}:${column}` },
    file: source.file,
    line: row,
    column,
    source: source.lines[row - 1] ?? '',
  };
}

function writtenNode(source: FileText, node: Node | null, fallbackOffset: number): Written {
  const place = placeOf(source, node?.range?.[0] ?? fallbackOffset);
  if (node === null) return { kind: 'scalar', value: null, place };
  if (isMap(node)) return writtenMap(source, node, place);
  if (isSeq(node)) {
    const items = node.items.map((item) => writtenNode(source, item as Node, node.range?.[0] ?? 0));
    return { kind: 'list', items, place };
  }
  if (isScalar(node)) return { kind: 'scalar', value: scalarValue(node), place };
  source.report({
    rule: 'config-alias',
    message: 'anchors and aliases are not read in the config',
    place,
    hint: 'write the value out',
  });
  return { kind: 'scalar', value: null, place };
}

function writtenMap(source: FileText, map: YAMLMap, place: ConfigPlace): Written {
  const entries: WrittenEntry[] = [];
  for (const pair of map.items as Pair<Node, Node | null>[]) {
    const offset = pair.key.range?.[0] ?? 0;
    const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    entries.push({ key, place: placeOf(source, offset), value: writtenNode(source, pair.value, offset) });
  }
  return { kind: 'map', entries, place };
}

function scalarValue(node: Scalar): ConfigScalar {
  const { value } = node;
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  return String(value);
}
