import { parseExpression } from '../expression/parse.ts';
import type { DagSpec, FanOutSpec, TaskAction, TaskSpec } from '../model/dag.ts';

/** A DAG that runs without outputs, and what had to be assumed for that, one sentence each. */
export interface Assumed {
  readonly spec: DagSpec;
  readonly assumptions: readonly string[];
}

/** What is assumed where nothing is known of the keys of a fan-out. */
const ONE_KEY = ['any'];

/**
 * Takes everything out of a DAG that depends on what tasks and people give: keys come from `keysOf` (by the
 * path of the fan-out; `null`: not known), conditions count as true, choices take their last case, approvals
 * their first option, loops end after one iteration. What follows from params, keys and choices by params
 * stays.
 */
export function assumeOutputs(spec: DagSpec, keysOf: (fanOut: string) => readonly string[] | null): Assumed {
  const assumptions: string[] = [];
  const invented = new Set<number>();
  const fanOuts = (spec.fanOuts ?? []).map((fanOut, index): FanOutSpec => {
    const isInside = fanOut.parent !== undefined && invented.has(fanOut.parent);
    if (!readsOutputs(fanOut.over) && !(isInside && readsItems(fanOut.over))) return fanOut;
    invented.add(index);
    const known = keysOf(fanOut.path);
    const keys = known ?? ONE_KEY;
    assumptions.push(
      known === null
        ? `one key of ${fanOut.path}: its list comes from a task, and no run has told it`
        : `${keys.length} keys of ${fanOut.path}, as in the newest run: its list comes from a task`,
    );
    const { key: _, ...rest } = fanOut;
    return { ...rest, over: JSON.stringify(keys) };
  });
  const isItemKnown = ({ fanOut }: TaskSpec): boolean => {
    for (let at = fanOut; at !== undefined; at = fanOuts[at]?.parent) if (invented.has(at)) return false;
    return true;
  };
  const known = choicesKnown(spec.tasks, isItemKnown);
  const tasks = spec.tasks.map((task) => assumeTask(task, known, isItemKnown(task), assumptions));
  const { fanOuts: _, ...rest } = spec;
  return { spec: { ...rest, tasks, ...(fanOuts.length === 0 ? {} : { fanOuts }) }, assumptions };
}

function assumeTask(
  task: TaskSpec,
  known: ReadonlySet<string>,
  isItemKnown: boolean,
  assumptions: string[],
): TaskSpec {
  const { when, shortCircuit, loop, ...rest } = task;
  let { action } = task;
  if (action.kind === 'choose' && !known.has(task.path)) {
    const value = action.otherwise ?? action.cases.at(-1)?.value;
    assumptions.push(`${task.path} chooses ${value}: its cases read outputs`);
    action = otherwise(value);
  }
  if (action.kind === 'approval') {
    const [option] = action.options;
    assumptions.push(`${task.path} is answered with ${option} at once`);
    action = otherwise(option);
  }
  if (loop !== undefined) assumptions.push(`${task.path} is done once: its loop reads its output`);
  if (shortCircuit !== undefined) assumptions.push(`${task.path} does not end its path: it reads its output`);
  const keepsWhen = when === undefined || isKnown(when, task, known, isItemKnown);
  if (!keepsWhen) assumptions.push(`the condition of ${task.path} holds: it reads outputs`);
  return { ...rest, action, ...(keepsWhen && when !== undefined ? { when } : {}) };
}

function otherwise(value: string | undefined): TaskAction {
  return { kind: 'choose', cases: [], ...(value === undefined ? {} : { otherwise: value }) };
}

/** The choices that params, keys and other such choices decide, and approvals, which are assumed. */
function choicesKnown(tasks: readonly TaskSpec[], isItemKnown: (task: TaskSpec) => boolean): Set<string> {
  const known = new Set<string>();
  for (let size = -1; size !== known.size; ) {
    size = known.size;
    for (const task of tasks) {
      if (task.action.kind === 'approval') known.add(task.path);
      if (task.action.kind !== 'choose') continue;
      if (task.action.cases.every(({ when }) => isKnown(when, task, known, isItemKnown(task))))
        known.add(task.path);
    }
  }
  return known;
}

/** Whether an expression of a task has its value without any output but those of known choices. */
function isKnown(text: string, task: TaskSpec, known: ReadonlySet<string>, isItemKnown: boolean): boolean {
  if (!isItemKnown && readsItems(text)) return false;
  return readsOf(text).every(([root, name]) => {
    if (root === 'tasks') return name !== undefined && known.has(name);
    if (root === 'needs') return name !== undefined && known.has(task.needs?.[name] ?? '');
    return root !== 'output';
  });
}

function readsOutputs(text: string): boolean {
  return readsOf(text).some(([root]) => root === 'needs' || root === 'tasks' || root === 'output');
}

/** Whether an expression reads an item, under whatever name. */
function readsItems(text: string): boolean {
  return readsOf(text).some(
    ([root]) => !['params', 'needs', 'tasks', 'output', 'run', 'key'].includes(root ?? ''),
  );
}

function readsOf(text: string): readonly (readonly (string | undefined)[])[] {
  const parsed = parseExpression(text);
  return parsed.ok ? parsed.expression.reads : [];
}
