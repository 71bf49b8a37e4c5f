import { evaluate } from '../expression/evaluate.ts';
import type { FanOutSpec } from '../model/dag.ts';
import { KEY_BYTES_MAX } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import type { RunWorld } from './run-world.ts';
import { evaluateIn, itemNames, silentSource } from './scope-values.ts';
import { keysLimit } from './slots.ts';
import { parsed } from './templates.ts';

/** The keys and items of a list, or what is wrong with it. */
export type Keys =
  | { readonly ok: true; readonly keys: readonly string[]; readonly items: readonly Json[] }
  | { readonly ok: false; readonly error: string };

/** Evaluates `over` and the key of every item, and checks what comes out. */
export function keysOf(run: RunWorld, gate: number, template: number, fanOut: FanOutSpec): Keys {
  const expression = parsed(fanOut.over);
  const over = evaluateIn(run, gate, template, expression);
  if (!over.ok || !Array.isArray(over.value)) {
    const error = over.ok ? `${fanOut.over} is ${describe(over.value)}, not a list` : over.error;
    return { ok: false, error: error + withoutOutput(silentSource(run, gate, template, expression)) };
  }
  const items = over.value as Json[];
  const limit = keysLimit(run, run.graph.source[template] as number);
  if (items.length > limit) {
    return { ok: false, error: `it has ${items.length} keys, more than maxKeys allows (${limit})` };
  }
  const keyExpression = fanOut.key === undefined ? null : parsed(fanOut.key);
  const names = itemNames(run, run.blockOf(gate));
  const keys: string[] = [];
  const seen = new Set<string>();
  for (const item of items) {
    let raw: Json = item;
    if (keyExpression) {
      const scope = {
        ...names,
        item,
        ...(fanOut.as === undefined ? {} : { [fanOut.as]: item }),
        params: run.record.params,
      };
      const result = evaluate(keyExpression, scope);
      if (!result.ok) return { ok: false, error: result.error.message };
      raw = result.value;
    }
    const problem = keyProblem(raw);
    if (problem) return { ok: false, error: problem };
    const key = String(raw);
    if (seen.has(key)) return { ok: false, error: `key ${key} occurs twice` };
    seen.add(key);
    keys.push(key);
  }
  return { ok: true, keys, items };
}

/** Why a value cannot be a key, or `null`. */
export function keyProblem(raw: Json): string | null {
  if (typeof raw === 'object') return `${describe(raw)} cannot be a key: name one of its fields with key`;
  const key = String(raw);
  if (/\p{Cc}/u.test(key)) return `key ${JSON.stringify(key)} has control characters`;
  if (!key.isWellFormed()) return `key ${JSON.stringify(key)} is not valid Unicode`;
  const bytes = utf8Length(key);
  if (bytes === 0) return 'a key is empty';
  return bytes > KEY_BYTES_MAX ? `a key has ${bytes} bytes, more than ${KEY_BYTES_MAX}` : null;
}

function withoutOutput(source: string | null): string {
  if (source === null) return '';
  return `: ${source} gave no output, as a task that was marked success; a retry of it gives one`;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

function describe(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
