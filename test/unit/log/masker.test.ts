import { describe, expect, test } from 'vitest';
import { createMaskers } from '../../../core/log/masker.ts';

const CANARY = 'ca/n+a "ré" y\\&?\n=9';

type Maskers = ReturnType<typeof createMaskers>;

function masked(maskers: Maskers, chunks: readonly string[]): string {
  const masker = maskers?.();
  if (!masker) return chunks.join('');
  return chunks.map((chunk) => masker.push(chunk)).join('') + masker.flush();
}

const inUrl = encodeURIComponent(CANARY);
const FORMS: readonly (readonly [string, string])[] = [
  ['as it is', CANARY],
  ['in JSON', JSON.stringify({ a: CANARY })],
  ['in JSON in JSON', JSON.stringify({ a: JSON.stringify({ b: CANARY }) })],
  ['in ASCII JSON', JSON.stringify(CANARY).replaceAll('é', '\\u00e9')],
  ['in a URL', `https://x/?a=${inUrl}`],
  ['in a URL in small letters', inUrl.replaceAll(/%../g, (code) => code.toLowerCase())],
  ['in a form', new URLSearchParams({ a: CANARY }).toString()],
  ['in base64', Buffer.from(CANARY).toString('base64')],
  ['in base64 behind a byte', Buffer.from(`u${CANARY}`).toString('base64')],
  ['in base64 between a name and more', Buffer.from(`ab${CANARY}xyz`).toString('base64')],
  ['in base64 for URLs', Buffer.from(`:${CANARY}`).toString('base64url')],
];

describe('a secret', () => {
  test.each(FORMS)('is masked %s, whole and wherever it is cut', (_, text) => {
    const canary = createMaskers([CANARY]);
    const whole = masked(canary, [`<${text}>`]);
    expect(whole).toContain('***');
    for (const piece of [CANARY, inUrl, Buffer.from(CANARY).toString('base64').slice(4, 16)])
      expect(whole).not.toContain(piece);
    for (let cut = 0; cut <= text.length; cut++)
      expect(masked(canary, [`<${text.slice(0, cut)}`, `${text.slice(cut)}>`])).toBe(whole);
    expect(masked(canary, [...`<${text}>`])).toBe(whole);
  });

  test('of several lines is masked line by line, as keys are printed', () => {
    const pem = '-----BEGIN KEY-----\nMIIBVAIBADANBgkq\nq1\n-----END KEY-----\n';
    expect(masked(createMaskers([pem]), ['key: MIIBVAIBADANBgkq\nq1 stays\n'])).toBe('key: ***\nq1 stays\n');
  });

  test('leaves other text as it is, also what it begins with', () => {
    expect(masked(createMaskers([CANARY]), ['a ca/n', '+ b ', 'c'])).toBe('a ca/n+ b c');
    expect(createMaskers(['ab', ''])).toBeNull();
  });

  test('may be long', () => {
    const long = 'x1/'.repeat(21_000);
    expect(masked(createMaskers([long]), [`a ${long.slice(0, 9)}`, `${long.slice(9)} b`])).toBe('a *** b');
  });
});
