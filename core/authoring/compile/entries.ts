import { DAG_DEFAULTS, type FanOutSpec, type TaskSpec } from '../../model/dag.ts';
import { DAG_HOOKS, type DagHooks } from '../../model/hook.ts';
import type { AuthorDag, TaskDefaults } from '../author-form.ts';
import type { OperatorCatalog } from './actions.ts';
import { expandWires, type Upstreams } from './edges.ts';
import { draftFanOut, type FanOutDraft, finishFanOut, readReturns } from './fan-outs.ts';
import { readHooks } from './hooks.ts';
import { type Inherited, inherit, NOTHING_INHERITED, readInheritable } from './inherit.ts';
import { checkResults, Layout, resultOf } from './layout.ts';
import { Names, type Reader, type Root } from './names.ts';
import type { Problems } from './problems.ts';
import { checkAlways, checkTaskRules } from './rules.ts';
import { draftTask, finishTask, type TaskDraft, type TaskTools } from './tasks.ts';
import { Texts } from './texts.ts';
import {
  authorPathOf,
  type Entry,
  type ForEachEntry,
  nameOf,
  type Scope,
  type TaskEntry,
  type Tree,
} from './tree.ts';
import { readWires, type Wires } from './wiring.ts';

interface Around {
  readonly dag: AuthorDag;
  readonly params: ReadonlySet<string> | null;
  readonly operators: OperatorCatalog | undefined;
  readonly problems: Problems;
}

interface CompiledEntries {
  readonly tasks: readonly TaskSpec[];
  readonly fanOuts: readonly FanOutSpec[];
  readonly hooks?: DagHooks;
  /** What every task and fan-out waits for. */
  readonly upstreams: ReadonlyMap<TaskEntry | ForEachEntry, Upstreams>;
}

/** Tasks and fan-outs of a DAG in canonical form. */
export function compileEntries(tree: Tree, { dag, params, operators, problems }: Around): CompiledEntries {
  const names = new Names(problems, params);
  const texts = new Texts(names, problems);
  const defaults = readDefaults(tree, dag, texts, problems);
  const priority = dag.priority ?? DAG_DEFAULTS.priority;
  const tools: TaskTools = { texts, problems, operators, defaults, priority };
  const wires = new Map<Entry, Wires>();
  const taskDrafts = new Map<TaskEntry, TaskDraft>();
  const fanOutDrafts = new Map<ForEachEntry, FanOutDraft>();
  const returns = new Map<ForEachEntry, Entry>();
  for (const entry of tree.entries) {
    const own = readWires(entry, problems);
    wires.set(entry, own);
    if (entry.kind === 'task') {
      checkTaskRules(entry, own, problems);
      taskDrafts.set(entry, draftTask(entry, own, tools));
    } else if (entry.kind === 'forEach' && entry.author.forEach !== undefined) {
      fanOutDrafts.set(entry, draftFanOut(entry, own, texts, problems));
      const named = readReturns(entry, problems);
      if (named !== undefined) returns.set(entry, named);
    }
  }
  checkRules(tree, wires, problems);
  const layout = new Layout(tree.entries, wires);
  checkResults(wires, layout, returns, problems);
  const upstreams = expandWires(tree.entries, wires, layout, problems);
  const tasks: TaskSpec[] = [];
  const fanOuts: FanOutSpec[] = [];
  for (const [entry, edges] of upstreams) {
    if (entry.kind === 'task') tasks.push(finishTask(taskDrafts.get(entry) as TaskDraft, edges));
    else {
      const draft = fanOutDrafts.get(entry);
      if (draft !== undefined)
        fanOuts.push(finishFanOut(draft, entry, edges, resultOf(entry, layout, returns), names.asUsed));
    }
  }
  const hooks = readHooks(DAG_HOOKS, dag, { name: 'the DAG', path: '', at: [], scope: tree.root }, tools);
  return { tasks, fanOuts, upstreams, ...(hooks === undefined ? {} : { hooks }) };
}

/** A fan-out is generated when a task gives its keys. */
function checkRules(tree: Tree, wires: ReadonlyMap<Entry, Wires>, problems: Problems): void {
  const generated = new Set(tree.fanOuts.filter((fanOut) => (wires.get(fanOut)?.needs.size ?? 0) > 0));
  for (const entry of tree.entries) if (entry.kind !== 'group') checkAlways(entry, generated, problems);
}

const DEFAULT_ROOTS: ReadonlySet<Root> = new Set(['params', 'run']);
const KEYED_ROOTS: ReadonlySet<Root> = new Set([...DEFAULT_ROOTS, 'item', 'key']);

/** What each scope hands down: its own defaults over those around it. */
function readDefaults(tree: Tree, dag: AuthorDag, texts: Texts, problems: Problems): Map<Scope, Inherited> {
  const read = (
    defaults: TaskDefaults | undefined,
    of: string,
    at: Reader['at'],
    scope: Scope,
  ): Inherited => {
    if (defaults === undefined) return NOTHING_INHERITED;
    const roots = scope.fanOut === null ? DEFAULT_ROOTS : KEYED_ROOTS;
    const reader: Reader = {
      name: `the defaults of ${of}`,
      at,
      scope,
      entry: scope.owner,
      roots,
      inputs: new Map(),
      readTask: null,
    };
    return readInheritable(defaults, reader, texts, problems);
  };
  const all = new Map<Scope, Inherited>();
  all.set(tree.root, read(dag.defaults, 'the DAG', ['defaults'], tree.root));
  for (const entry of tree.entries) {
    if (entry.kind === 'task') continue;
    const form = entry.kind === 'group' ? entry.author.group : entry.author.forEach;
    const own = read(
      form?.defaults,
      nameOf(entry),
      [...authorPathOf(entry), entry.kind, 'defaults'],
      entry.inner,
    );
    all.set(entry.inner, inherit(all.get(entry.scope) as Inherited, own));
  }
  return all;
}
