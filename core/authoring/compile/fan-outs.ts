import { EXPRESSION_LENGTH_MAX } from '../../expression/expression.ts';
import { printExpression } from '../../expression/print.ts';
import { FAN_OUT_DEFAULTS, type FanOutSpec } from '../../model/dag.ts';
import type { Json } from '../../model/json.ts';
import { canonicalJson } from '../canonical.ts';
import type { Upstreams } from './edges.ts';
import { knownNames } from './known-names.ts';
import type { Reader, Root } from './names.ts';
import { ROOTS } from './names.ts';
import type { Problems } from './problems.ts';
import { findReference } from './references.ts';
import { needsByName } from './tasks.ts';
import type { Texts } from './texts.ts';
import { authorPathOf, type Entry, type ForEachEntry, isInside, nameOf } from './tree.ts';
import { warnUnusedNeeds } from './unused.ts';
import type { Wires } from './wiring.ts';

/** A fan-out spec that still lacks its edges and its result. */
export type FanOutDraft = Omit<Changing<FanOutSpec>, 'needs' | 'after' | 'returns'>;
type Changing<T> = { -readonly [K in keyof T]: T[K] };

const OVER_ROOTS: ReadonlySet<Root> = new Set(['params', 'needs', 'item', 'key', 'run', 'tasks']);
const KEY_ROOTS: ReadonlySet<Root> = new Set(['params', 'item']);

/**
 * Everything about a fan-out except its edges. Tasks that `over` reads by name become inputs in
 * `wires.needs`.
 */
export function draftFanOut(
  entry: ForEachEntry,
  wires: Wires,
  texts: Texts,
  problems: Problems,
): FanOutDraft {
  const { author } = entry;
  const { over, key, as, maxParallel, maxKeys, minSuccess } = author.forEach;
  const at = authorPathOf(entry);
  const inner = [...at, 'forEach'];
  const draft: FanOutDraft = { path: entry.path, over: readOver(entry, over, wires, texts, problems) };
  warnUnusedNeeds(entry, wires.needs, [draft.over], problems);
  if (entry.scope.fanOut !== null) draft.parent = entry.scope.fanOut.index;
  if (key !== undefined) {
    const place = {
      name: `'key' of ${nameOf(entry)}`,
      at: [...inner, 'key'],
      roots: KEY_ROOTS,
      readTask: null,
    };
    const reader: Reader = { ...place, scope: entry.scope, entry, inputs: new Map(), itemOf: entry };
    const expression = texts.wrapped(key, reader);
    if (expression !== null && expression.text !== 'item') draft.key = expression.text;
  }
  const { triggerRule } = author;
  if (triggerRule !== undefined && triggerRule !== FAN_OUT_DEFAULTS.triggerRule)
    draft.triggerRule = triggerRule;
  if (maxParallel !== undefined) draft.maxParallel = maxParallel;
  if (maxKeys !== undefined && maxKeys !== FAN_OUT_DEFAULTS.maxKeys) draft.maxKeys = maxKeys;
  if (minSuccess !== undefined) draft.minSuccess = minSuccess;
  checkNumbers(entry, problems);
  if (as !== undefined && (ROOTS as readonly string[]).includes(as)) {
    const message = `'${as}' of ${nameOf(entry)} has a meaning of its own in expressions`;
    problems.error('reserved-name', message, [...inner, 'as'], { hint: 'choose another name' });
  }
  return draft;
}

function checkNumbers(entry: ForEachEntry, problems: Problems): void {
  const { minSuccess, maxKeys } = entry.author.forEach;
  if (minSuccess === undefined) return;
  const at = [...authorPathOf(entry), 'forEach', 'minSuccess'];
  if (minSuccess > 1 && !Number.isInteger(minSuccess)) {
    const message =
      `minSuccess of ${nameOf(entry)} must be a share below 1 or a whole number of keys, not ` +
      `${minSuccess}`;
    problems.error('bad-value', message, at);
  } else if (minSuccess > (maxKeys ?? FAN_OUT_DEFAULTS.maxKeys)) {
    const message =
      `minSuccess of ${nameOf(entry)} is ${minSuccess}, but at most ` +
      `${maxKeys ?? FAN_OUT_DEFAULTS.maxKeys} keys are allowed`;
    problems.error('bad-value', message, at);
  }
}

function readOver(
  entry: ForEachEntry,
  over: string | readonly Json[] | undefined,
  wires: Wires,
  texts: Texts,
  problems: Problems,
): string {
  const at = [...authorPathOf(entry), 'forEach', 'over'];
  const name = `'over' of ${nameOf(entry)}`;
  if (over === undefined) return '[]';
  if (typeof over !== 'string') return literalList(over, name, at, problems);
  const readTask = (target: Entry): readonly string[] => ['needs', addInput(target, wires)];
  const reader: Reader = {
    name,
    at,
    scope: entry.scope,
    entry,
    roots: OVER_ROOTS,
    inputs: wires.needs,
    readTask,
  };
  const expression = texts.wrapped(over, reader);
  if (expression === null) return '[]';
  return expression.text;
}

/** The input under which the fan-out takes the output of a task; a new one if there is none. */
function addInput(target: Entry, wires: Wires): string {
  for (const [input, needed] of wires.needs) if (needed === target) return input;
  let input = target.id;
  for (let number = 2; wires.needs.has(input); number++) input = `${target.id}_${number}`;
  wires.needs.set(input, target);
  return input;
}

function literalList(
  over: readonly Json[],
  name: string,
  at: readonly (string | number)[],
  problems: Problems,
): string {
  const json = canonicalJson(over);
  if (json.includes('${{')) {
    const hint = "put the whole list into one expression: ${{ [params.a, 'b'] }}";
    problems.error('template-in-list', `${name} is a literal list, whose items are taken as they are`, at, {
      hint,
    });
    return '[]';
  }
  const text = json.includes('{') && over.some(hasObject) ? `json(${quoted(json)})` : listText(over);
  if (text.length <= EXPRESSION_LENGTH_MAX) return text;
  const hint = 'make it the default of a param: over: ${{ params.items }}';
  problems.error('list-too-long', `${name} is too long for a literal list`, at, { hint });
  return '[]';
}

function hasObject(value: Json): boolean {
  if (Array.isArray(value)) return value.some(hasObject);
  return typeof value === 'object' && value !== null;
}

function listText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(listText).join(', ')}]`;
  return typeof value === 'string' ? quoted(value) : canonicalJson(value);
}

function quoted(text: string): string {
  return printExpression({ kind: 'literal', value: text });
}

/** The task or fan-out that `returns` names; `undefined` if it names none or a wrong one. */
export function readReturns(entry: ForEachEntry, problems: Problems): Entry | undefined {
  const { returns } = entry.author.forEach;
  if (returns === undefined) return undefined;
  const at = [...authorPathOf(entry), 'forEach', 'returns'];
  const found = findReference(returns, entry.inner);
  if (!found.ok || !isInside(found.entry, entry)) {
    const name = nameOf(entry);
    const message = `'returns' of ${name} must name one of its own tasks; there is no '${returns}' in it`;
    const hint = (): string | undefined => knownNames(returns, entry.inner.entries.keys());
    problems.error('unknown-task', message, at, { hint });
    return undefined;
  }
  if (found.entry.kind !== 'group') return found.entry;
  problems.error('unknown-task', `'returns' of ${nameOf(entry)} names a group, which has no output`, at, {
    hint: 'name one of its tasks',
  });
  return undefined;
}

/** The finished spec: the draft with its edges and its result. */
export function finishFanOut(
  draft: FanOutDraft,
  entry: ForEachEntry,
  { needs, after }: Upstreams,
  result: Entry | null,
  asUsed: ReadonlySet<ForEachEntry>,
): FanOutSpec {
  const spec: Changing<FanOutSpec> = draft;
  if (needs.size > 0) spec.needs = needsByName(needs);
  if (after.length > 0) spec.after = after.map(({ path }) => path);
  if (result !== null) spec.returns = result.path;
  if (asUsed.has(entry)) spec.as = entry.author.forEach.as as string;
  return spec;
}
