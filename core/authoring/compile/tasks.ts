import {
  startsAttempts,
  TASK_DEFAULTS,
  type TaskAction,
  type TaskSpec,
  type TriggerRule,
} from '../../model/dag.ts';
import { TASK_HOOKS } from '../../model/hook.ts';
import type { JsonObject } from '../../model/json.ts';
import type { AuthorTask } from '../author-form.ts';
import type { AuthorPath } from '../place.ts';
import { type OperatorCatalog, readAction } from './actions.ts';
import { readCache } from './cache.ts';
import type { Upstreams } from './edges.ts';
import { readHooks } from './hooks.ts';
import { type Inherited, inherit, readInheritable, retryPolicy } from './inherit.ts';
import type { Reader, Root } from './names.ts';
import type { Problems } from './problems.ts';
import type { Texts } from './texts.ts';
import { authorPathOf, type Entry, nameOf, type Scope, type TaskEntry } from './tree.ts';
import { warnUnusedNeeds } from './unused.ts';
import { readLoop, readSensor } from './waits.ts';
import type { Wires } from './wiring.ts';

/** A task spec that still lacks what it depends on. */
export type TaskDraft = Omit<Changing<TaskSpec>, 'needs' | 'after' | 'setups'>;
type Changing<T> = { -readonly [K in keyof T]: T[K] };

export interface TaskTools {
  readonly texts: Texts;
  readonly problems: Problems;
  readonly operators: OperatorCatalog | undefined;
  /** What the scopes of the DAG hand down. */
  readonly defaults: ReadonlyMap<Scope, Inherited>;
  /** The level of the DAG, which tasks without one have. */
  readonly priority: string;
}

const ATTEMPT_ROOTS: ReadonlySet<Root> = new Set(['params', 'needs', 'item', 'key', 'run']);
const CONDITION_ROOTS: ReadonlySet<Root> = new Set([...ATTEMPT_ROOTS, 'tasks']);
const OUTPUT_ROOTS: ReadonlySet<Root> = new Set([...CONDITION_ROOTS, 'output']);

/** Rules that may let a task run while some of its upstreams are unfinished. */
const EAGER_RULES: ReadonlySet<TriggerRule> = new Set(['always', 'one_success', 'one_failed', 'one_done']);

/**
 * Everything about a task except its edges. Tasks that its conditions read by name are added to
 * `wires.after`.
 */
export function draftTask(entry: TaskEntry, wires: Wires, tools: TaskTools): TaskDraft {
  const { author } = entry;
  const { texts, problems } = tools;
  const at = authorPathOf(entry);
  const name = nameOf(entry);
  const readTask = (target: Entry): readonly string[] => {
    if (EAGER_RULES.has(author.triggerRule ?? 'all_success')) warnEager(entry, target, problems);
    wires.after.add(target);
    return ['tasks', target.path];
  };
  const base = { at, scope: entry.scope, entry, inputs: wires.needs };
  const condition: Reader = { ...base, name, roots: CONDITION_ROOTS, readTask };
  const inAttempt: Reader = { ...base, name, roots: ATTEMPT_ROOTS, readTask: null };
  const reader = author.choose === undefined ? inAttempt : condition;
  const action = readAction({ entry, inline: entry.path, at, reader, texts, problems }, tools.operators);
  const draft: TaskDraft = { path: entry.path, action: action ?? { kind: 'pass' } };
  writeFacts(draft, entry);
  if (author.when !== undefined) {
    const when = texts.expression(author.when, {
      ...condition,
      name: `'when' of ${name}`,
      at: [...at, 'when'],
    });
    if (when !== null) draft.when = when.text;
  }
  if (author.shortCircuit !== undefined) {
    const place = {
      ...condition,
      name: `'shortCircuit' of ${name}`,
      at: [...at, 'shortCircuit'],
      roots: OUTPUT_ROOTS,
    };
    const expression = texts.expression(author.shortCircuit, place);
    if (expression !== null) draft.shortCircuit = expression.text;
  }
  const sensor = readSensor(entry, at, problems);
  if (sensor !== undefined) draft.sensor = sensor;
  const loop = readLoop(entry, at, { ...condition, roots: OUTPUT_ROOTS }, texts, problems);
  if (loop !== undefined) draft.loop = loop;
  const cache = readCache(entry, at, problems);
  if (cache !== undefined && action !== null && startsAttempts(action)) draft.cache = cache;
  if (action?.kind === 'choose') {
    const conditions = action.cases.map(({ when }) => when);
    warnUnusedNeeds(
      entry,
      wires.needs,
      [...conditions, draft.when ?? '', draft.shortCircuit ?? ''],
      problems,
    );
  }
  if (author.with !== undefined) {
    const params = texts.json(author.with, { ...inAttempt, name: `'with' of ${name}`, at: [...at, 'with'] });
    if (Object.keys(params as JsonObject).length > 0) draft.with = params as JsonObject;
  }
  const hooks = readHooks(TASK_HOOKS, author, { name, path: entry.path, at, scope: entry.scope }, tools);
  if (hooks !== undefined) draft.hooks = hooks;
  if (action !== null) refuseVainHooks(entry, action, at, problems);
  const outer = tools.defaults.get(entry.scope) as Inherited;
  const own = hasInheritable(author) ? readInheritable(author, inAttempt, texts, problems) : {};
  writeInherited(draft, inherit(outer, own), entry, action, tools);
  return draft;
}

/** What is decided without attempts has no hooks for them; an approval that is retried by hand asks again. */
function refuseVainHooks(entry: TaskEntry, action: TaskAction, at: AuthorPath, problems: Problems): void {
  if (startsAttempts(action)) return;
  const vain = action.kind === 'approval' ? (['onStart'] as const) : (['onStart', 'onRetry'] as const);
  for (const hook of vain) {
    if (entry.author[hook] === undefined) continue;
    const message = `${hook} of ${nameOf(entry)} would never run: the task starts no attempts`;
    problems.error('hook-in-vain', message, [...at, hook], { at: 'key' });
  }
}

function warnEager(entry: TaskEntry, target: Entry, problems: Problems): void {
  const rule = entry.author.triggerRule;
  const message =
    `${nameOf(entry)} reads '${target.path}', but its rule '${rule}' does not wait ` +
    `for it: it may ` +
    `still be null`;
  problems.warning('reads-too-early', message, [...authorPathOf(entry), 'triggerRule']);
}

function hasInheritable(author: AuthorTask): boolean {
  return (
    author.retries !== undefined ||
    author.timeout !== undefined ||
    author.killGrace !== undefined ||
    author.pool !== undefined ||
    author.poolSlots !== undefined ||
    author.priority !== undefined ||
    author.env !== undefined ||
    author.onLost !== undefined ||
    author.memory !== undefined ||
    author.tags !== undefined
  );
}

function writeFacts(draft: TaskDraft, { author, scope }: TaskEntry): void {
  if (author.description) draft.description = author.description;
  if (scope.fanOut !== null) draft.fanOut = scope.fanOut.index;
  const stage = author.stage ?? stageOf(scope);
  if (stage !== undefined) draft.stage = stage;
  const usual = author.teardown ? 'all_done_setup_success' : TASK_DEFAULTS.triggerRule;
  if (author.triggerRule !== undefined && author.triggerRule !== usual)
    draft.triggerRule = author.triggerRule;
  if (author.critical) draft.critical = true;
  if (author.teardown) draft.teardown = true;
  if (author.failRun) draft.failRun = true;
  if (author.maxActive !== undefined) draft.maxActive = author.maxActive;
  if (author.maxActivePerRun !== undefined) draft.maxActivePerRun = author.maxActivePerRun;
  if (author.dependsOnPast || author.waitForDownstream) draft.dependsOnPast = true;
  if (author.waitForDownstream) draft.waitForDownstream = true;
  if (author.latestOnly) draft.latestOnly = true;
  for (const list of ['produces', 'variables', 'connections'] as const) {
    const names = author[list];
    if (names !== undefined && names.length > 0) draft[list] = [...new Set(names)].sort();
  }
}

function stageOf(scope: Scope): string | undefined {
  for (let at: Scope | null = scope; at?.owner; at = at.parent) {
    if (at.owner.author.stage !== undefined) return at.owner.author.stage;
  }
  return undefined;
}

/** Writes what the task has of its own and from defaults; of a task that starts nothing only its labels. */
function writeInherited(
  draft: TaskDraft,
  from: Inherited,
  entry: TaskEntry,
  action: TaskAction | null,
  { problems, priority }: TaskTools,
): void {
  if (from.tags !== undefined && from.tags.length > 0) draft.tags = from.tags;
  if (from.priority !== undefined && from.priority !== priority && from.priority !== 0)
    draft.priority = from.priority;
  if (action === null || !startsAttempts(action)) return;
  const retries = retryPolicy(from.retries, nameOf(entry), [...authorPathOf(entry), 'retries'], problems);
  if (retries !== undefined) draft.retries = retries;
  if (from.env !== undefined && Object.keys(from.env).length > 0) draft.env = from.env;
  if (from.memoryMb !== undefined) draft.memoryMb = from.memoryMb;
  const { timeoutMs, killGraceMs, pool, poolSlots, onLost } = from;
  if (timeoutMs !== undefined && timeoutMs !== TASK_DEFAULTS.timeoutMs) draft.timeoutMs = timeoutMs;
  if (killGraceMs !== undefined && killGraceMs !== TASK_DEFAULTS.killGraceMs) draft.killGraceMs = killGraceMs;
  if (pool !== undefined && pool !== TASK_DEFAULTS.pool) draft.pool = pool;
  if (poolSlots !== undefined && poolSlots !== TASK_DEFAULTS.poolSlots) draft.poolSlots = poolSlots;
  if (onLost !== undefined && onLost !== TASK_DEFAULTS.onLost) draft.onLost = onLost;
}

/** The finished spec: the draft with its edges. */
export function finishTask(draft: TaskDraft, { needs, after, setups }: Upstreams): TaskSpec {
  const spec: Changing<TaskSpec> = draft;
  if (needs.size > 0) spec.needs = needsByName(needs);
  if (after.length > 0) spec.after = after.map(({ path }) => path);
  if (setups.length > 0) spec.setups = [...new Set(setups.map(({ path }) => path))].sort();
  return spec;
}

/** Input names in sorted order -> paths. */
export function needsByName(needs: ReadonlyMap<string, Entry>): Record<string, string> {
  const names = [...needs.keys()].sort();
  return Object.fromEntries(names.map((name) => [name, (needs.get(name) as Entry).path]));
}
