import { DAG_HOOKS, type HookName, hookFunctionName, TASK_HOOKS } from '../model/hook.ts';
import type { AuthorDag } from './author-form.ts';
import { conditionSource, nodeOf } from './builder-make-handle.ts';
import {
  fanOutOf,
  type Node,
  type Options,
  referenceTo,
  type ScopeNode,
  scopesOf,
  type TaskFunction,
  type TaskNode,
} from './builder-node.ts';
import { placeOf } from './builder-place.ts';
import { makeRef, quoted, type RefSource, refSource, withFields } from './builder-ref.ts';

/** The author form of what was declared, and its inline functions by the name that it has for each. */
export interface Finished {
  readonly author: AuthorDag;
  readonly functions: ReadonlyMap<string, TaskFunction>;
}

type Entry = { [name: string]: unknown };

/** Turns the declared nodes into the author form that YAML has too. */
export function finish(root: ScopeNode): Finished {
  const functions = new Map<string, TaskFunction>();
  const writer = new Writer(root, functions);
  const tasks = writer.entries(root);
  return { author: { ...writer.dagOptions(), tasks } as unknown as AuthorDag, functions };
}

class Writer {
  readonly #root: ScopeNode;
  readonly #functions: Map<string, TaskFunction>;

  constructor(root: ScopeNode, functions: Map<string, TaskFunction>) {
    this.#root = root;
    this.#functions = functions;
  }

  dagOptions(): Entry {
    const { params, defaults, ...rest } = this.#root.options;
    const written: Entry = { ...rest };
    if (params !== undefined) written.params = this.#params(params);
    if (defaults !== undefined) written.defaults = this.#plain(defaults, this.#root, {});
    this.#nameHooks(written, DAG_HOOKS, '');
    return written;
  }

  /** Puts names in the place of the functions of hooks. */
  #nameHooks(entry: Entry, hooks: readonly HookName[], taskPath: string): void {
    for (const hook of hooks) {
      const given = entry[hook];
      if (Array.isArray(given))
        entry[hook] = given.map((one, index) => this.#nameHook(one, hookFunctionName(taskPath, hook, index)));
      else if (given !== undefined)
        entry[hook] = this.#nameHook(given, hookFunctionName(taskPath, hook, null));
    }
  }

  #nameHook(hook: unknown, name: string): unknown {
    const whole = typeof hook === 'function' ? { uses: hook } : hook;
    const uses = (whole as { uses?: unknown } | null)?.uses;
    if (typeof uses !== 'function') return whole;
    this.#functions.set(name, uses as TaskFunction);
    return { ...(whole as Entry), uses: `#${name}` };
  }

  entries(scope: ScopeNode): Entry {
    const written: [string, Entry][] = [];
    for (const node of scope.entries.values()) {
      if (node.kind === 'task') written.push([node.id, this.#task(node)]);
      else written.push([node.id, node.kind === 'group' ? this.#group(node) : this.#forEach(node)]);
    }
    return Object.fromEntries(written);
  }

  #task(node: TaskNode): Entry {
    const { needs, after, setups, when, with: params, env, ...rest } = node.options;
    const entry: Entry = { ...rest };
    if (node.run !== undefined) {
      entry.uses = `#${node.path}`;
      this.#functions.set(node.path, node.run);
    }
    this.#nameHooks(entry, TASK_HOOKS, node.path);
    const inputs = Object.entries((needs ?? {}) as Options);
    const wired = this.#wire(
      inputs.filter(([, need]) => refSource(need) === undefined),
      node,
    );
    const values: Entry = {};
    for (const [input, need] of inputs) {
      const ref = refSource(need);
      if (ref !== undefined) values[input] = this.#template(ref, node, wired);
    }
    if (params !== undefined) Object.assign(values, this.#plain(params, node, wired));
    const variables = env === undefined ? {} : (this.#plain(env, node, wired) as Entry);
    if (rest.run === undefined) put(entry, 'with', values);
    else Object.assign(variables, values);
    put(entry, 'env', variables);
    put(entry, 'needs', wired);
    if (after !== undefined) entry.after = this.#references(after, node, 'after');
    if (setups !== undefined) entry.setups = this.#references(setups, node, 'setups');
    if (when !== undefined) entry.when = this.#condition(when, node);
    return present(entry);
  }

  #group(node: ScopeNode): Entry {
    const { description, stage, after, defaults, ...rest } = node.options;
    const group: Entry = { tasks: this.entries(node) };
    if (defaults !== undefined) group.defaults = this.#plain(defaults, node, {});
    return this.#around(node, { description, stage, after }, { ...rest, group });
  }

  #forEach(node: ScopeNode): Entry {
    const { over, key, as, maxParallel, maxKeys, minSuccess, defaults, ...around } = node.options;
    const { needs, description, stage, after, triggerRule, ...rest } = around;
    const wired = this.#wire(Object.entries((needs ?? {}) as Options), node);
    const tasks = this.entries(node);
    const forEach: Entry = {
      over: this.#over(over, node, wired),
      key: this.#key(key, node),
      as: as ?? (node.itemUsedInside ? itemNameOf(node) : undefined),
      maxParallel,
      maxKeys,
      minSuccess,
      returns: this.#returns(node),
      defaults: defaults === undefined ? undefined : this.#plain(defaults, node, {}),
    };
    const entry = { ...rest, triggerRule, forEach: { ...present(forEach), tasks } };
    put(entry, 'needs', wired);
    return this.#around(node, { description, stage, after }, present(entry));
  }

  #around(node: Node, around: Options, entry: Entry): Entry {
    const { after, ...texts } = around;
    if (after !== undefined) entry.after = this.#references(after, node, 'after');
    return { ...present(texts), ...entry };
  }

  #returns(node: ScopeNode): string | undefined {
    if (node.returns === undefined) return undefined;
    if (node.returns.parent !== node) {
      this.#mistake(node, 'bad-result', `forEach '${node.path}' must return one of its own tasks`);
    }
    return node.returns.id;
  }

  #over(over: unknown, node: ScopeNode, wired: Entry): unknown {
    const producer = nodeOf(over);
    const output = producer && makeRef({ from: 'output', owner: producer, fields: [] });
    const ref = refSource(output ?? over);
    return ref === undefined ? this.#plain(over, node, wired) : this.#template(ref, node, wired);
  }

  #key(key: unknown, node: ScopeNode): unknown {
    if (typeof key !== 'function') return key;
    const item = { from: 'item', owner: node, fields: [] } as const;
    const ref = refSource(key(makeRef(item)));
    if (ref?.owner !== node || ref.from !== 'item') {
      const message = `the key of forEach '${node.path}' must be the item or a field: (item) => item.id`;
      this.#mistake(node, 'bad-key', message);
      return undefined;
    }
    return ref.fields.length === 0 ? undefined : `\${{ ${withFields('item', ref.fields)} }}`;
  }

  #condition(when: unknown, node: TaskNode): unknown {
    const source = conditionSource(when);
    if (source === undefined) return when;
    const choice = this.#resolve(source.choice, node, 'when');
    return `${withFields('tasks', [choice])} ${source.equal ? '==' : '!='} ${quoted(source.value)}`;
  }

  #wire(needs: readonly [string, unknown][], node: Node): Entry {
    return Object.fromEntries(
      needs.flatMap(([input, need]) => {
        const reference = this.#reference(need, node, `needs.${input}`);
        return reference === null ? [] : [[input, reference]];
      }),
    );
  }

  #references(list: unknown, node: Node, field: string): unknown {
    if (!Array.isArray(list)) return list;
    return list.flatMap((one, index) => this.#reference(one, node, `${field}[${index}]`) ?? []);
  }

  /** `null` for what is no handle: that is said once, and the graph is judged without it. */
  #reference(value: unknown, node: Node, field: string): string | null {
    const target = nodeOf(value);
    if (target !== undefined) return this.#resolve(target, node, field);
    const what = value === undefined ? 'undefined' : `a ${typeof value}`;
    this.#mistake(
      node,
      'not-a-handle',
      `${field} of '${node.path}' must be what d.task() returned, not ${what}`,
    );
    return null;
  }

  #resolve(target: Node, from: Node, field: string): string {
    if (target.parent?.build !== this.#root.build) {
      this.#mistake(from, 'foreign-handle', `${field} of '${from.path}' is a task of another DAG`);
      return target.id;
    }
    const reference = referenceTo(target, from);
    if (reference !== undefined) return reference;
    const message = `${field} of '${from.path}' cannot name '${target.path}': a nearer task has the same id`;
    this.#mistake(from, 'hidden-id', message);
    return target.path;
  }

  /**
   * `${{ }}` around the expression of a symbolic value; an output is added to the needs it is read through.
   */
  #template(ref: RefSource<object>, node: Node, wired: Entry): string {
    return `\${{ ${withFields(this.#rootOf(ref, node, wired), ref.fields)} }}`;
  }

  #rootOf(ref: RefSource<object>, node: Node, wired: Entry): string {
    if (ref.from === 'params') return 'params';
    const owner = ref.owner as Node;
    if (ref.from === 'item') return this.#itemName(owner as ScopeNode, node);
    const reference = this.#resolve(owner, node, 'with');
    const known = Object.entries(wired).find(([, value]) => value === reference);
    const input = known?.[0] ?? (Object.hasOwn(wired, owner.id) ? owner.path.replaceAll('.', '_') : owner.id);
    wired[input] = reference;
    return withFields('needs', [input]);
  }

  #itemName(fanOut: ScopeNode, node: Node): string {
    if (fanOutOf(node) === fanOut) return 'item';
    if (![...scopesOf(node)].includes(fanOut)) {
      this.#mistake(
        node,
        'foreign-item',
        `'${node.path}' uses the item of '${fanOut.path}', which is not around it`,
      );
      return 'item';
    }
    fanOut.itemUsedInside = true;
    return itemNameOf(fanOut);
  }

  /** A copy in which symbolic values became templates. */
  #plain(value: unknown, node: Node, wired: Entry): unknown {
    const ref = refSource(value);
    if (ref !== undefined) return this.#template(ref, node, wired);
    if (nodeOf(value) !== undefined) {
      const message = `'${node.path}' uses a task as a value: write handle.output, or name it in \`needs\``;
      this.#mistake(node, 'handle-as-value', message);
      return null;
    }
    if (Array.isArray(value)) return value.map((item) => this.#plain(item, node, wired));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, this.#plain(item, node, wired)]),
    );
  }

  #params(schema: unknown): unknown {
    const { properties = {}, required = [] } = JSON.parse(JSON.stringify(schema)) as {
      properties?: Record<string, { default?: unknown }>;
      required?: string[];
    };
    for (const [name, param] of Object.entries(properties)) {
      if (required.includes(name) || param.default !== undefined) continue;
      const message = `param '${name}' is optional but has no default: give it one`;
      this.#mistake(this.#root, 'param-without-default', message);
    }
    return properties;
  }

  #mistake(node: Node, rule: string, message: string): void {
    this.#root.build.mistakes.push({ rule, message, place: placeOf(node.call) });
  }
}

/** Names with a meaning of their own in expressions. */
const TAKEN: ReadonlySet<string> = new Set(['params', 'needs', 'item', 'key', 'run', 'output', 'tasks']);

/** How expressions further in call the item of a fan-out; its path makes the name differ from all others. */
function itemNameOf(fanOut: ScopeNode): string {
  if (fanOut.options.as !== undefined) return String(fanOut.options.as);
  const name = fanOut.path.replace(/[.-]/g, '_');
  return TAKEN.has(name) ? `${name}_item` : name;
}

function put(entry: Entry, name: string, value: Entry): void {
  if (Object.keys(value).length > 0) entry[name] = value;
}

function present(entry: Entry): Entry {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
}
