import { didYouMean } from '../../model/did-you-mean.ts';
import { knownNames } from './known-names.ts';
import type { Hint } from './problems.ts';
import type { Entry, Scope } from './tree.ts';

export type Found =
  | { readonly ok: true; readonly entry: Entry /** Segments that named it. */; readonly used: number }
  | {
      readonly ok: false;
      readonly message: string;
      /** What was meant most likely. */
      readonly hint: Hint;
      /** What there is. */
      readonly known: Hint;
    };

/**
 * Finds what a dotted reference names, seen from a scope: its first segment in the innermost scope that has
 * it, the others one level further in each.
 */
export function findReference(reference: string, from: Scope): Found {
  const dot = reference.indexOf('.');
  if (dot < 0) {
    const entry = firstFound(reference, from);
    return entry ? { ok: true, entry, used: 1 } : unknown(reference, [], from);
  }
  const segments = reference.split('.');
  const found = findSegments(segments, from);
  if (!found.ok || found.used === segments.length) return found;
  return unknown(segments[found.used] as string, segments.slice(0, found.used), from, found.entry);
}

/** As {@link findReference}, for segments after which properties may follow: ends at the first task. */
export function findSegments(segments: readonly string[], from: Scope): Found {
  const [first = ''] = segments;
  let entry = firstFound(first, from);
  if (entry === undefined) return unknown(first, [], from);
  let used = 1;
  while (entry.kind !== 'task' && used < segments.length) {
    const inner: Entry | undefined = entry.inner.entries.get(segments[used] as string);
    if (inner === undefined) break;
    entry = inner;
    used++;
  }
  return { ok: true, entry, used };
}

function firstFound(id: string, from: Scope): Entry | undefined {
  for (let scope: Scope | null = from; scope !== null; scope = scope.parent) {
    const entry = scope.entries.get(id);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** The refusal of a name that nothing has: `within` is the part before it that was found. */
function unknown(word: string, within: readonly string[], from: Scope, around?: Entry): Found {
  const whole = [...within, word].join('.');
  if (around !== undefined) {
    const name = `'${within.join('.')}'`;
    if (around.kind === 'task')
      return {
        ok: false,
        message: `there is no '${whole}': ${name} is a task`,
        hint: undefined,
        known: undefined,
      };
    return {
      ok: false,
      message: `there is no task '${word}' in ${name}`,
      hint: () => knownNames(word, around.inner.entries.keys()),
      known: undefined,
    };
  }
  const hint = (): string | undefined => didYouMean(word, visibleNames(from)) ?? insideHint(word, from);
  const known = (): string | undefined => knownNames(word, visibleNames(from));
  return { ok: false, message: `there is no task '${whole}'`, hint, known };
}

function* visibleNames(from: Scope): Iterable<string> {
  for (let scope: Scope | null = from; scope !== null; scope = scope.parent) yield* scope.entries.keys();
}

/** `write 'symbol.collect'` for the id of a task that stands in a group or fan-out of a visible scope. */
function insideHint(word: string, from: Scope): string | undefined {
  for (let scope: Scope | null = from; scope !== null; scope = scope.parent) {
    for (const entry of scope.entries.values()) {
      if (entry.kind !== 'task' && entry.inner.entries.has(word)) return `write '${entry.id}.${word}'`;
    }
  }
  return undefined;
}
