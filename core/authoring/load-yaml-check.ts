import {
  type Alias,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';

/** A mistake in a document that the YAML grammar allows and a DAG file does not. */
export interface YamlMistake {
  readonly rule: string;
  readonly message: string;
  readonly hint?: string;
  /** The node that it is about. */
  readonly node: unknown;
  /** Of a key that is given twice: the first one. The document has a value in spite of it. */
  readonly first?: unknown;
}

/** What a walk over one document found. */
export interface YamlCheck {
  readonly mistakes: readonly YamlMistake[];
  /** Nodes by the name of their anchor. */
  readonly anchors: ReadonlyMap<string, unknown>;
}

const JSON_TAGS: ReadonlySet<string> = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq']);

/**
 * Walks a document once, without recursion: keys must be texts, unlike each other and not too many, values
 * must be JSON, and tags and merge keys are not part of the language.
 */
export function checkYaml(root: unknown, keysMax: number): YamlCheck {
  const mistakes: YamlMistake[] = [];
  const anchors = new Map<string, unknown>();
  const open: unknown[] = [root];
  while (open.length > 0) {
    const node = open.pop();
    if (isMap(node)) checkMap(node, keysMax, mistakes);
    if (isMap(node) || isSeq(node)) for (let at = node.items.length; at-- > 0; ) open.push(node.items[at]);
    else if (isPair(node)) open.push(node.value, node.key);
    if (isMap(node) || isSeq(node) || isScalar(node)) checkNode(node, mistakes, anchors);
    if (isAlias(node)) checkAlias(node, mistakes, anchors);
  }
  return { mistakes, anchors };
}

function checkAlias(alias: Alias, mistakes: YamlMistake[], anchors: ReadonlyMap<string, unknown>): void {
  const target = anchors.get(alias.source) as Node | undefined;
  if (target === undefined) {
    const message = `there is no anchor '&${alias.source}' before this`;
    mistakes.push({ rule: 'yaml-alias', message, node: alias });
  } else if ((alias.range?.[0] ?? 0) < (target.range?.[1] ?? 0)) {
    mistakes.push({ rule: 'yaml-alias', message: `'*${alias.source}' stands inside itself`, node: alias });
  }
}

function checkNode(node: Node, mistakes: YamlMistake[], anchors: Map<string, unknown>): void {
  if ('anchor' in node && typeof node.anchor === 'string') anchors.set(node.anchor, node);
  if (node.tag !== undefined && !JSON_TAGS.has(node.tag.replace('tag:yaml.org,2002:', ''))) {
    mistakes.push({ rule: 'yaml-tag', message: `tag '${node.tag}' is not allowed`, node });
  }
  if (isScalar(node) && typeof node.value === 'number' && !Number.isFinite(node.value)) {
    mistakes.push({ rule: 'yaml-number', message: `${node.source} is not a JSON number`, node });
  }
}

function checkMap(map: YAMLMap, keysMax: number, mistakes: YamlMistake[]): void {
  if (map.items.length > keysMax) {
    const message = `a mapping with ${map.items.length} keys: at most ${keysMax} are allowed`;
    mistakes.push({ rule: 'yaml-too-many-keys', message, node: map.items[keysMax]?.key });
    return;
  }
  const seen = new Map<string, unknown>();
  for (const pair of map.items) {
    const mistake = checkKey(pair, seen);
    if (mistake !== null) mistakes.push({ ...mistake, node: pair.key ?? map });
  }
}

function checkKey(pair: Pair, seen: Map<string, unknown>): Omit<YamlMistake, 'node'> | null {
  const { key } = pair;
  if (!isScalar(key)) return { rule: 'yaml-key', message: 'a key must be a text' };
  if (typeof key.value !== 'string') {
    const text = key.source ?? '';
    return {
      rule: 'yaml-key',
      message: `the key ${text || 'null'} is not a text`,
      hint: `write it as "${text}"`,
    };
  }
  if (key.value === '<<' && key.type === 'PLAIN') {
    const hint = 'put what tasks share under `defaults`';
    return { rule: 'yaml-merge', message: 'merge keys (`<<`) are not part of YAML 1.2', hint };
  }
  const first = seen.get(key.value);
  if (first !== undefined)
    return { rule: 'duplicate-key', message: `key '${key.value}' is given twice`, first };
  seen.set(key.value, key);
  return null;
}
