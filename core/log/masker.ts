const MASK = '***';

/** Replaces secret values in a stream of text, also where a value is cut by the border of two pieces. */
export interface Masker {
  /**
   * The text that is safe to show so far; the end of a piece that may be the beginning of a secret is held
   * back.
   */
  push(text: string): string;
  /** What was held back. */
  flush(): string;
}

/**
 * Makes maskers for the given secret values, each in its plain form and as it stands inside a JSON string.
 * Values shorter than three characters are not masked: they would blank out ordinary text.
 */
export function createMaskers(values: readonly string[]): (() => Masker) | null {
  const secrets = secretForms(values);
  if (secrets.length === 0) return null;
  const pattern = new RegExp(secrets.map((secret) => escapePattern(secret)).join('|'), 'g');
  return () => {
    let held = '';
    return {
      push(text) {
        const raw = held + text;
        const cut = safeCut(raw, secrets, pattern);
        held = raw.slice(cut);
        return raw.slice(0, cut).replace(pattern, MASK);
      },
      flush() {
        const rest = held.replace(pattern, MASK);
        held = '';
        return rest;
      },
    };
  };
}

function secretForms(values: readonly string[]): string[] {
  const forms = new Set<string>();
  for (const value of values) {
    if (value.length < 3) continue;
    forms.add(value);
    forms.add(JSON.stringify(value).slice(1, -1));
  }
  return [...forms].sort((a, b) => b.length - a.length);
}

/**
 * Up to where a text can be masked now: what follows may turn out to be part of a secret, or a longer one.
 */
function safeCut(text: string, secrets: readonly string[], pattern: RegExp): number {
  const cut = text.length - heldBack(text, secrets);
  if (cut === text.length) return cut;
  for (const match of text.matchAll(pattern)) {
    if (match.index >= cut) break;
    if (match.index + match[0].length > cut) return match.index;
  }
  return cut;
}

/** The length of the longest end of `text` with which one of the secrets begins. */
function heldBack(text: string, secrets: readonly string[]): number {
  let longest = 0;
  for (const secret of secrets) {
    for (let length = Math.min(secret.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(secret.slice(0, length))) longest = length;
    }
  }
  return longest;
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
