const MASK = '***';

/** Replaces secret values in a stream of text, also where a value is cut by the border of two pieces. */
export interface Masker {
  /** The text that is safe to show so far; the end of a piece that may be the beginning of a secret is held back. */
  push(text: string): string;
  /** What was held back. */
  flush(): string;
}

/**
 * Makes maskers for the given secret values, each in its plain form and as it stands inside a JSON string. Values
 * shorter than three characters are not masked: they would blank out ordinary text.
 */
export function createMaskers(values: readonly string[]): (() => Masker) | null {
  const secrets = secretForms(values);
  if (secrets.length === 0) return null;
  const pattern = new RegExp(secrets.map((secret) => escapePattern(secret)).join('|'), 'g');
  return () => {
    let held = '';
    return {
      push(text) {
        const masked = (held + text).replace(pattern, MASK);
        const keep = heldBack(masked, secrets);
        held = masked.slice(masked.length - keep);
        return keep === 0 ? masked : masked.slice(0, -keep);
      },
      flush() {
        const rest = held;
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
