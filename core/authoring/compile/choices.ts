import type { Expression, ExpressionNode } from '../../expression/expression.ts';
import { children, staticPath } from '../../expression/reads.ts';
import { didYouMean } from '../../model/did-you-mean.ts';
import type { Reader } from './names.ts';
import type { Problems } from './problems.ts';
import { type Entry, type ForEachEntry, isInside, type TaskEntry } from './tree.ts';

/**
 * Checks comparisons with the value of a choice or an approval: with a value that it never gives they are
 * always false, and outside of its fan-out it has a list of values.
 */
export function checkChoices(
  expression: Expression,
  reader: Reader,
  tasks: ReadonlyMap<string, Entry>,
  problems: Problems,
): void {
  const open: ExpressionNode[] = [expression.root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    open.push(...children(node));
    if (node.kind !== 'binary') continue;
    for (const [side, other] of comparedSides(node)) {
      const choice = choiceOf(side, reader, tasks);
      if (choice !== null) checkValues(choice, literalsOf(other, node.op), reader, problems);
    }
  }
}

function comparedSides(node: ExpressionNode & { kind: 'binary' }): [ExpressionNode, ExpressionNode][] {
  if (node.op === 'in') return [[node.left, node.right]];
  if (node.op !== '==' && node.op !== '!=') return [];
  return [
    [node.left, node.right],
    [node.right, node.left],
  ];
}

function choiceOf(node: ExpressionNode, reader: Reader, tasks: ReadonlyMap<string, Entry>): TaskEntry | null {
  const path = staticPath(node);
  if (path?.length !== 2) return null;
  const [root, name] = path as [string, string];
  const entry = root === 'tasks' ? tasks.get(name) : root === 'needs' ? reader.inputs.get(name) : undefined;
  return entry?.kind === 'task' && optionsOf(entry) !== null ? entry : null;
}

function literalsOf(node: ExpressionNode, op: string): string[] {
  const nodes = op === 'in' && node.kind === 'list' ? node.items : [node];
  return nodes.flatMap((one) => (one.kind === 'literal' && typeof one.value === 'string' ? [one.value] : []));
}

function checkValues(
  choice: TaskEntry,
  compared: readonly string[],
  reader: Reader,
  problems: Problems,
): void {
  const fanOut = fanOutBetween(choice, reader);
  if (fanOut !== null && compared.length > 0) {
    const message =
      `${reader.name} compares '${choice.path}' with a text, but outside of fan-out ` +
      `'${fanOut.path}' it is a list with one value per key`;
    problems.error('compares-list', message, reader.at);
    return;
  }
  const values = optionsOf(choice) ?? [];
  for (const value of compared) {
    if (values.includes(value)) continue;
    const known = [...new Set(values)].map((one) => `'${one}'`).join(', ');
    const message =
      `${reader.name} compares '${choice.path}' with '${value}', which it never ` +
      `gives; its values ` +
      `are ${known}`;
    problems.error('unknown-choice', message, reader.at, { hint: () => didYouMean(value, values) });
  }
}

/** The texts that a choice or an approval may give; `null` for any other task. */
function optionsOf({ author: { choose, approval } }: TaskEntry): readonly string[] | null {
  if (approval !== undefined) return approval.options;
  return choose?.map((one) => ('otherwise' in one ? one.otherwise : one.value)) ?? null;
}

/** The fan-out that the choice is in and the reader is not. */
function fanOutBetween(choice: TaskEntry, reader: Reader): ForEachEntry | null {
  const { fanOut } = choice.scope;
  if (fanOut === null || reader.entry === null) return null;
  return isInside(reader.entry, fanOut) ? null : fanOut;
}
