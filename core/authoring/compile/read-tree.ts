import { didYouMean } from '../../model/did-you-mean.ts';
import { ANY_TASKS_SCHEMA, forEachSchema, groupSchema } from '../../schema/dag-file.schema.ts';
import { idWords } from '../../schema/sentences.ts';
import { TASK_SCHEMA } from '../../schema/task.schema.ts';
import { makeValidator, type Validator } from '../../schema/validate.ts';
import { NAME_PATTERN } from '../../schema/words.schema.ts';
import type { AuthorForEach, AuthorGroup, AuthorTask } from '../author-form.ts';
import { LIMITS, type Limits } from './limits.ts';
import type { Problems } from './problems.ts';
import {
  authorPathOf,
  type Entry,
  type ForEachEntry,
  type GroupEntry,
  type Scope,
  type Tree,
  tasksPathOf,
} from './tree.ts';

type Mapping = { readonly [key: string]: unknown };

const validators = {
  task: makeValidator(TASK_SCHEMA),
  group: makeValidator(groupSchema(ANY_TASKS_SCHEMA)),
  forEach: makeValidator(forEachSchema(ANY_TASKS_SCHEMA)),
} as const satisfies Record<Entry['kind'], Validator>;

const validId = new RegExp(NAME_PATTERN);

/**
 * Reads all entries under `tasks`, without recursion. What does not fit the schema is reported and left out
 * of the entry, so that everything else of it can still be checked.
 */
export function readTree(tasks: Mapping, problems: Problems): Tree {
  return new TreeReader(problems, LIMITS).read(tasks);
}

class TreeReader {
  readonly #problems: Problems;
  readonly #limits: Limits;
  readonly #entries: Entry[] = [];
  readonly #fanOuts: ForEachEntry[] = [];
  #tasks = 0;

  constructor(problems: Problems, limits: Limits) {
    this.#problems = problems;
    this.#limits = limits;
  }

  read(tasks: Mapping): Tree {
    const root: Scope = { parent: null, owner: null, depth: 0, fanOut: null, entries: new Map() };
    const open: { scope: Scope; rest: Iterator<[string, unknown]> }[] = [];
    open.push({ scope: root, rest: Object.entries(tasks)[Symbol.iterator]() });
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const next = top.rest.next();
      if (next.done) {
        open.pop();
        continue;
      }
      const [id, author] = next.value;
      const entry = this.#entry(id, author, top.scope);
      if (entry === null) break;
      if (entry.kind === 'task') continue;
      const inner = innerTasks(entry);
      if (inner !== null) open.push({ scope: entry.inner, rest: Object.entries(inner)[Symbol.iterator]() });
    }
    return { root, entries: this.#entries, fanOuts: this.#fanOuts };
  }

  /** `null` when a limit is passed and reading has to end. */
  #entry(id: string, author: unknown, scope: Scope): Entry | null {
    const path = scope.owner === null ? id : `${scope.owner.path}.${id}`;
    this.#checkId(id, scope);
    const kind = kindOf(author);
    const entry = this.#make(
      kind,
      id,
      path,
      scope,
      this.#clean(kind, author, path, [...tasksPathOf(scope), id]),
    );
    scope.entries.set(id, entry);
    this.#entries.push(entry);
    if (entry.kind === 'forEach') this.#fanOuts.push(entry);
    return this.#withinLimits(entry) ? entry : null;
  }

  #make(kind: Entry['kind'], id: string, path: string, scope: Scope, author: Mapping): Entry {
    if (kind === 'task') return { kind, id, path, scope, author: author as AuthorTask };
    const inner = { parent: scope, depth: scope.depth + 1, entries: new Map<string, Entry>() };
    if (kind === 'group') {
      const entry = {
        kind,
        id,
        path,
        scope,
        author: author as unknown as AuthorGroup,
      } as unknown as GroupEntry;
      return Object.assign(entry, { inner: { ...inner, owner: entry, fanOut: scope.fanOut } });
    }
    const base = {
      kind,
      id,
      path,
      scope,
      author: author as unknown as AuthorForEach,
      index: this.#fanOuts.length,
    };
    const entry = base as unknown as ForEachEntry;
    return Object.assign(entry, { inner: { ...inner, owner: entry, fanOut: entry } });
  }

  #checkId(id: string, scope: Scope): void {
    if (validId.test(id)) return;
    const message = `'${id.length > 60 ? `${id.slice(0, 57)}...` : id}' ${idWords(id)}`;
    const repaired = id
      .normalize('NFKD')
      .replaceAll(/[^A-Za-z0-9_-]+/g, '_')
      .replace(/^[^A-Za-z_]/, '_$&')
      .slice(0, 128);
    const hint = validId.test(repaired) && /[A-Za-z0-9]/.test(repaired) ? `write '${repaired}'` : undefined;
    this.#problems.error('bad-id', message, [...tasksPathOf(scope), id], { at: 'key', hint });
  }

  /** The entry without what its schema refuses. */
  #clean(kind: Entry['kind'], author: unknown, path: string, at: readonly (string | number)[]): Mapping {
    let form = author;
    if (kind === 'group' && isMapping(form) && Object.hasOwn(form, 'needs')) {
      const message = `group '${path}' cannot take inputs`;
      const hint =
        "write 'needs' on the tasks inside that take them, or 'after' on the group for order alone";
      this.#problems.error('group-needs', message, [...at, 'needs'], { at: 'key', hint });
      form = without(form, ['needs']);
    }
    const name = `${kind === 'forEach' ? 'fan-out' : kind} '${path}'`;
    const found = validators[kind](form, name);
    if (found.length === 0) return form as Mapping;
    this.#problems.schema(found, at);
    if (!isMapping(form)) return {};
    const nested = form[kind];
    const bad = found.map((problem) => problem.path);
    const outer = bad.filter((steps) => kind === 'task' || steps.length < 2 || steps[0] !== kind);
    const kept = without(
      form,
      outer.map(([key]) => String(key)),
    );
    if (!isMapping(nested) || !Object.hasOwn(kept, kind)) return kept;
    return {
      ...kept,
      [kind]: without(
        nested,
        bad.flatMap(([first, key]) => (first === kind ? [String(key)] : [])),
      ),
    };
  }

  #withinLimits(entry: Entry): boolean {
    if (entry.kind === 'task' && ++this.#tasks > this.#limits.tasks) {
      const message = `the DAG has more than ${this.#limits.tasks} tasks`;
      this.#problems.error('too-many-tasks', message, authorPathOf(entry), { at: 'key' });
      return false;
    }
    if (entry.scope.depth > this.#limits.nesting) {
      const message = `groups and fan-outs are nested more than ${this.#limits.nesting} levels deep`;
      this.#problems.error('too-deep', message, authorPathOf(entry), { at: 'key' });
      return false;
    }
    return true;
  }
}

function innerTasks(entry: GroupEntry | ForEachEntry): Mapping | null {
  const form = entry.kind === 'group' ? entry.author.group : entry.author.forEach;
  const tasks: unknown = form?.tasks;
  return isMapping(tasks) ? tasks : null;
}

function kindOf(author: unknown): Entry['kind'] {
  if (!isMapping(author)) return 'task';
  if (Object.hasOwn(author, 'forEach')) return 'forEach';
  if (Object.hasOwn(author, 'group')) return 'group';
  // A misspelt `foreach` is better explained as a fan-out than as a task with an unknown key.
  const hint = Object.keys(author).find((key) => key.toLowerCase().replaceAll(/[-_]/g, '') === 'foreach');
  return hint !== undefined && didYouMean(hint, ['forEach']) ? 'forEach' : 'task';
}

/** Whether a value is a mapping of keys to values. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy without some keys. */
export function without(form: Mapping, keys: readonly string[]): Mapping {
  return Object.fromEntries(Object.entries(form).filter(([key]) => !keys.includes(key)));
}
