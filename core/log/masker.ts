import { secretForms } from './secret-forms.ts';

const MASK = '***';
/** Shorter values are not masked: they would blank out ordinary text. */
const VALUE_MIN = 3;

/** Replaces secret values in a stream of text, also where a value is cut by the border of two pieces. */
export interface Masker {
  /**
   * The text that is safe to show so far; the end of a piece that may be the beginning of a secret is held
   * back.
   */
  push(text: string): string;
  /** What was held back. */
  flush(): string;
  /** What is held back now, as it is safe to show if nothing follows. */
  shown(): string;
  /** Gives what was held back as it came: not to be shown, but to be masked with what follows. */
  release(): string;
}

/**
 * Makes maskers for the given secret values, each in the forms in which texts hold it. Values shorter than
 * three characters are not masked.
 */
export function createMaskers(values: readonly string[]): (() => Masker) | null {
  const secrets = secretForms(values, VALUE_MIN);
  if (secrets.length === 0) return null;
  return () => {
    let held = '';
    return {
      push(text) {
        const raw = held + text;
        const spans = spansOf(raw, secrets);
        const cut = safeCut(raw, secrets, spans);
        held = raw.slice(cut);
        return masked(raw, spans, cut);
      },
      flush() {
        const rest = masked(held, spansOf(held, secrets));
        held = '';
        return rest;
      },
      shown: () => masked(held, spansOf(held, secrets)),
      release() {
        const rest = held;
        held = '';
        return rest;
      },
    };
  };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where secrets are in a text, in order; those that overlap are one. No pattern: values may be long. */
function spansOf(text: string, secrets: readonly string[]): readonly Span[] {
  const found: Span[] = [];
  for (const secret of secrets)
    for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length))
      found.push({ from: at, to: at + secret.length });
  if (found.length < 2) return found;
  found.sort((a, b) => a.from - b.from || b.to - a.to);
  const spans: Span[] = [];
  for (const span of found) {
    const last = spans.at(-1);
    if (last === undefined || span.from >= last.to) spans.push(span);
    else if (span.to > last.to) spans[spans.length - 1] = { from: last.from, to: span.to };
  }
  return spans;
}

function masked(text: string, spans: readonly Span[], end = text.length): string {
  let out = '';
  let at = 0;
  for (const { from, to } of spans) {
    if (from >= end) break;
    out += text.slice(at, from) + MASK;
    at = to;
  }
  return out + text.slice(at, end);
}

/**
 * Up to where a text can be masked now: what follows may turn out to be part of a secret, or a longer one.
 */
function safeCut(text: string, secrets: readonly string[], spans: readonly Span[]): number {
  const cut = text.length - heldBack(text, secrets);
  return spans.find(({ from, to }) => from < cut && to > cut)?.from ?? cut;
}

/** The length of the longest end of `text` with which one of the secrets begins. */
function heldBack(text: string, secrets: readonly string[]): number {
  let longest = 0;
  for (const secret of secrets) {
    const first = secret.charAt(0);
    const from = Math.max(0, text.length - secret.length + 1);
    for (let at = text.indexOf(first, from); at >= 0; at = text.indexOf(first, at + 1)) {
      if (text.length - at <= longest) break;
      if (secret.startsWith(text.slice(at))) longest = text.length - at;
    }
  }
  return longest;
}
