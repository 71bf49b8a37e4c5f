import type { Expression, Read } from '../../expression/expression.ts';
import { type Replacement, rewriteReads } from '../../expression/rewrite.ts';
import { rewriteTemplate, type Template } from '../../expression/template.ts';
import { didYouMean } from '../../model/did-you-mean.ts';
import type { AuthorPath } from '../place.ts';
import { checkChoices } from './choices.ts';
import { knownNames } from './known-names.ts';
import { type Hint, hintText, type Problems } from './problems.ts';
import { findSegments } from './references.ts';
import { type Entry, type ForEachEntry, fanOutsAround, isInside, nameOf, type Scope } from './tree.ts';

/** Where an expression stands, and with that what it may read. */
export interface Reader {
  /** How sentences call it: `'when' of task 'b'`. */
  readonly name: string;
  readonly at: AuthorPath;
  readonly scope: Scope;
  /** The entry that it belongs to; `null` in defaults. */
  readonly entry: Entry | null;
  readonly roots: ReadonlySet<Root>;
  /** Inputs by name, for `needs.<input>`. */
  readonly inputs: ReadonlyMap<string, Entry>;
  /** What `item` is the item of, if not of the fan-out around the scope. */
  readonly itemOf?: ForEachEntry;
  /**
   * Notes that the output of a task is read by the name of the task, and says under which path the expression
   * finds it; `null` where only inputs can be read.
   */
  readonly readTask: ((target: Entry) => Read) | null;
}

/** The names that expressions know by themselves. */
export const ROOTS = ['params', 'needs', 'item', 'key', 'run', 'output', 'tasks', 'event'] as const;
export type Root = (typeof ROOTS)[number];
const rootNames: ReadonlySet<string> = new Set(ROOTS);

const RUN_FIELDS = ['id', 'dagId', 'logicalDate', 'interval', 'trigger', 'assets', 'file'];
const INTERVAL_FIELDS = ['start', 'end'];

/** Names in expressions: checks what they read and gives them their canonical spelling. */
export class Names {
  readonly #problems: Problems;
  readonly #params: ReadonlySet<string> | null;
  /** Fan-outs whose `as` is read inside a further fan-out, where `item` means another item. */
  readonly asUsed = new Set<ForEachEntry>();

  /** @param params Names of the params; `null` if they are not known because of other mistakes. */
  constructor(problems: Problems, params: ReadonlySet<string> | null) {
    this.#problems = problems;
    this.#params = params;
  }

  expression(parsed: Expression, reader: Reader): Expression {
    const found = new Map<string, Entry>();
    const rewritten = rewriteReads(parsed, (read) => this.#replace(read, reader, found));
    checkChoices(rewritten, reader, found, this.#problems);
    return rewritten;
  }

  template(parsed: Template, reader: Reader): Template {
    return rewriteTemplate(parsed, (read) => this.#replace(read, reader, new Map()));
  }

  #replace(read: Read, reader: Reader, found: Map<string, Entry>): Replacement | null {
    const [root = '', ...rest] = read;
    if (root === 'tasks') return this.#task(read, rest, reader, found);
    if (rootNames.has(root)) {
      this.#checkRoot(root as Root, rest, reader);
      return null;
    }
    const around = reader.itemOf
      ? [reader.itemOf, ...fanOutsAround(reader.itemOf.scope)]
      : fanOutsAround(reader.scope);
    const named = around.find((fanOut) => fanOut.author.forEach?.as === root);
    if (named === undefined) return this.#task(read, null, reader, found);
    if (named === around[0]) return { take: 1, path: ['item'] };
    this.asUsed.add(named);
    return null;
  }

  #checkRoot(root: Root, rest: Read, reader: Reader): void {
    if (!reader.roots.has(root)) {
      const known = [...reader.roots].join(', ');
      this.#error(
        'unknown-name',
        `'${root}' has no meaning in ${reader.name}`,
        reader,
        `it may read ${known}`,
      );
      return;
    }
    const [first] = rest;
    if ((root === 'item' || root === 'key') && reader.itemOf === undefined && reader.scope.fanOut === null) {
      this.#error('no-item', `${reader.name} reads '${root}', but there is no forEach around it`, reader);
    }
    if (first === undefined) return;
    if (root === 'params' && this.#params !== null && !this.#params.has(first)) {
      const params = this.#params;
      this.#error(
        'unknown-param',
        `${reader.name} reads params.${first}, which the DAG does not have`,
        reader,
        () => knownNames(first, params) ?? 'declare it under `params` of the DAG',
      );
    }
    if (root === 'needs' && !reader.inputs.has(first)) this.#unknownInput(first, reader);
    if (root === 'run') this.#checkRun(first, rest[1], reader);
  }

  #unknownInput(input: string, reader: Reader): void {
    const hint = (): string | undefined => {
      const near = didYouMean(input, reader.inputs.keys());
      if (near !== undefined) return near;
      return findSegments([input], reader.scope).ok
        ? `add it to the inputs: needs: { ${input}: ${input} }`
        : (knownNames(input, reader.inputs.keys()) ??
            'it has none: name the task whose output it is in `needs`');
    };
    this.#error(
      'unknown-input',
      `${reader.name} reads needs.${input}, which is not among its needs`,
      reader,
      hint,
    );
  }

  #checkRun(first: string, second: string | undefined, reader: Reader): void {
    if (!RUN_FIELDS.includes(first)) {
      const hint = didYouMean(first, RUN_FIELDS) ?? `known: ${RUN_FIELDS.join(', ')}`;
      this.#error('unknown-name', `${reader.name} reads run.${first}, which does not exist`, reader, hint);
    } else if (first === 'interval' && second !== undefined && !INTERVAL_FIELDS.includes(second)) {
      this.#error(
        'unknown-name',
        `${reader.name} reads run.interval.${second}, which does not exist`,
        reader,
        'known: start, end',
      );
    }
  }

  /** `rest`: what follows after `tasks`, or `null` for a task that is named without it. */
  #task(read: Read, rest: Read | null, reader: Reader, found: Map<string, Entry>): Replacement | null {
    const dotted = rest === null ? [read[0] as string] : (rest[0] ?? '').split('.');
    const segments = rest === null ? read : [...dotted, ...rest.slice(1)];
    if (rest?.length === 0) {
      this.#error('unknown-name', `${reader.name}: 'tasks' needs a name, as in tasks['a.b']`, reader);
      return null;
    }
    const target = findSegments(segments, reader.scope);
    if (!target.ok || target.used < dotted.length) {
      this.#unknownName(segments, rest !== null, reader, target.ok ? {} : target);
      return null;
    }
    const { entry, used } = target;
    if (!this.#isReadable(entry, segments[used], reader)) return null;
    if (reader.readTask === null) {
      const hint = `add it to the inputs and read needs.${entry.id}`;
      this.#error('task-by-name', `${reader.name} cannot read ${nameOf(entry)} by its name`, reader, hint);
      return null;
    }
    found.set(entry.path, entry);
    return { take: rest === null ? used : used - dotted.length + 2, path: reader.readTask(entry) };
  }

  #unknownName(
    segments: Read,
    isTask: boolean,
    reader: Reader,
    { hint, known }: { readonly hint?: Hint; readonly known?: Hint },
  ): void {
    const name = isTask ? segments.join('.') : (segments[0] as string);
    const nearby = (): string | undefined => {
      const asNames = fanOutsAround(reader.scope).flatMap((fanOut) => fanOut.author.forEach?.as ?? []);
      const roots = isTask ? undefined : didYouMean(name, [...reader.roots, ...asNames]);
      return roots ?? hintText(hint) ?? this.#otherHint(name, reader) ?? hintText(known);
    };
    const what = isTask ? 'there is no task of that name' : 'which is no task and no name that it knows';
    this.#error('unknown-name', `${reader.name} reads '${name}', ${what}`, reader, nearby);
  }

  #otherHint(name: string, reader: Reader): string | undefined {
    if (reader.inputs.has(name)) return `write needs.${name}`;
    if (this.#params?.has(name)) return `write params.${name}`;
    const dashed = [...reader.scope.entries.keys()].find((id) => id.startsWith(`${name}-`));
    return dashed === undefined ? undefined : `write tasks['${dashed}']: a '-' outside of quotes is a minus`;
  }

  #isReadable(entry: Entry, next: string | undefined, reader: Reader): boolean {
    if (entry.kind === 'task') return true;
    const isUnknown = next !== undefined && !/^(\d+|length)$/.test(next);
    if (isUnknown) {
      const read = `'${entry.id}.${next}'`;
      const message = `${reader.name} reads ${read}, but there is no '${next}' in ${nameOf(entry)}`;
      this.#error('unknown-name', message, reader, () => knownNames(next, entry.inner.entries.keys()));
      return false;
    }
    if (entry.kind === 'group') {
      this.#error(
        'unknown-name',
        `${reader.name} reads ${nameOf(entry)}, which has no output`,
        reader,
        'name one of its tasks',
      );
      return false;
    }
    if (reader.entry === null || !isInside(reader.entry, entry)) return true;
    const message = `${reader.name} reads the ${nameOf(entry)} that it is part of`;
    this.#error('inside-itself', message, reader, "the item of the key is called 'item'");
    return false;
  }

  #error(rule: string, message: string, reader: Reader, hint?: Hint): void {
    this.#problems.error(rule, message, reader.at, { hint });
  }
}
