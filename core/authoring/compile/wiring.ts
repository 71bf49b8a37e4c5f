import { NAME_PATTERN } from '../../schema/words.schema.ts';
import type { AuthorPath } from '../place.ts';
import { hintText, type Problems } from './problems.ts';
import { findReference } from './references.ts';
import { authorPathOf, type Entry, isInside, nameOf, type TaskEntry } from './tree.ts';

/** What an entry depends on, resolved. */
export interface Wires {
  /** Input name -> the task or fan-out whose output it is. */
  readonly needs: Map<string, Entry>;
  /** Order only: tasks, fan-outs and groups. */
  readonly after: Set<Entry>;
  readonly setups: readonly TaskEntry[];
}

const validInput = new RegExp(NAME_PATTERN);

/** Resolves `needs`, `after` and `setups` of an entry. */
export function readWires(entry: Entry, problems: Problems): Wires {
  const { needs, after, setups } = entry.author as { needs?: unknown; after?: unknown; setups?: unknown };
  const at = authorPathOf(entry);
  const wires: Wires = {
    needs: new Map(),
    after: new Set(),
    setups: readSetups(entry, setups, at, problems),
  };
  if (Array.isArray(needs)) readNeedsList(entry, needs as string[], wires.needs, at, problems);
  else if (needs !== undefined) readNeeds(entry, needs as Record<string, string>, wires.needs, at, problems);
  const references = (after ?? []) as readonly string[];
  for (let index = 0; index < references.length; index++) {
    const target = resolve(entry, references[index] as string, () => [...at, 'after', index], problems);
    if (target !== null) wires.after.add(target);
  }
  return wires;
}

function readNeeds(
  entry: Entry,
  needs: Record<string, string>,
  into: Map<string, Entry>,
  at: AuthorPath,
  problems: Problems,
): void {
  for (const input of Object.keys(needs)) {
    const target = resolveNeed(entry, needs[input] as string, () => [...at, 'needs', input], problems);
    if (target !== null) into.set(input, target);
  }
}

function readNeedsList(
  entry: Entry,
  needs: readonly string[],
  into: Map<string, Entry>,
  at: AuthorPath,
  problems: Problems,
): void {
  for (let index = 0; index < needs.length; index++) {
    const place = (): AuthorPath => [...at, 'needs', index];
    const reference = needs[index] as string;
    const target = resolveNeed(entry, reference, place, problems);
    if (target === null) continue;
    const input = reference.slice(reference.lastIndexOf('.') + 1);
    const known = into.get(input);
    if (known === undefined) into.set(input, target);
    else if (known !== target) {
      const message =
        `two inputs of ${nameOf(entry)} would be called ` +
        `'${input}': '${known.path}' and '${target.path}'`;
      const hint = `give them names: needs: { ${input}: ..., other: ${reference} }`;
      problems.error('duplicate-input', message, place(), { hint });
    }
    if (!validInput.test(input)) {
      problems.error('bad-id', `'${input}' cannot be the name of an input`, place(), {
        hint: 'give it one: needs: { name: task }',
      });
    }
  }
}

function resolveNeed(
  entry: Entry,
  reference: string,
  at: () => AuthorPath,
  problems: Problems,
): Entry | null {
  const target = resolve(entry, reference, at, problems);
  if (target?.kind !== 'group') return target;
  const message = `${nameOf(target)} has no output that ${nameOf(entry)} could need`;
  const hint = "name one of its tasks, or use 'after' for order alone";
  problems.error('group-needs', message, at(), { hint });
  return null;
}

function readSetups(entry: Entry, setups: unknown, at: AuthorPath, problems: Problems): TaskEntry[] {
  const found: TaskEntry[] = [];
  for (const [index, reference] of ((setups ?? []) as readonly string[]).entries()) {
    const place = (): AuthorPath => [...at, 'setups', index];
    const target = resolve(entry, reference, place, problems);
    if (target === null) continue;
    if (target.kind === 'task') found.push(target);
    else
      problems.error('bad-setup', `a setup must be a task; '${reference}' is the ${nameOf(target)}`, place());
  }
  return found;
}

function resolve(entry: Entry, reference: string, at: () => AuthorPath, problems: Problems): Entry | null {
  const found = findReference(reference, entry.scope);
  if (!found.ok) {
    problems.error('unknown-task', `${nameOf(entry)} refers to '${reference}': ${found.message}`, at(), {
      hint: () => hintText(found.hint) ?? hintText(found.known),
    });
    return null;
  }
  if (found.entry.kind !== 'task' && (found.entry === entry || isInside(entry, found.entry))) {
    const message =
      found.entry === entry
        ? `${nameOf(entry)} cannot wait for itself`
        : `${nameOf(entry)} cannot wait for the ${nameOf(found.entry)} that it is part of`;
    problems.error('inside-itself', message, at());
    return null;
  }
  return found.entry;
}
