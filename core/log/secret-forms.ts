/** Shorter pieces of a value would blank out ordinary text. */
const PIECE_MIN = 6;
/** Of a value of several lines, each line from this length on is a secret of its own: keys are printed so. */
const LINE_MIN = 8;

/**
 * The texts by which a secret is recognised: as it is, inside JSON (also JSON inside JSON, also in ASCII),
 * percent-encoded as browsers, forms and strict encoders do, and in base64 wherever it begins in what was
 * encoded. Values shorter than `min` give none.
 */
export function secretForms(values: readonly string[], min: number): string[] {
  const forms = new Set<string>();
  for (const value of values) {
    if (value.length < min) continue;
    for (const form of formsOf(value)) forms.add(form);
    for (const line of value.split(/\r?\n/)) if (line.length >= LINE_MIN) forms.add(line);
  }
  forms.delete('');
  return [...forms].sort((a, b) => b.length - a.length);
}

function* formsOf(value: string): Generator<string> {
  yield value;
  const json = inJson(value);
  yield json;
  yield inJson(json);
  yield json.replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  yield* inUrls(value.toWellFormed());
  yield* inBase64(Buffer.from(value, 'utf8'));
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function* inUrls(value: string): Generator<string> {
  const usual = encodeURIComponent(value);
  const strict = usual.replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams([['', value]]).toString().slice(1);
  for (const text of [usual, strict, strict.replaceAll('%2F', '/'), form, encodeURI(value)]) {
    yield text;
    yield text.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  }
}

/**
 * Base64 of the value alone, and what it looks like behind one or two other bytes; the characters that depend
 * on the bytes before and behind it are left away.
 */
function* inBase64(bytes: Buffer): Generator<string> {
  yield bytes.toString('base64');
  yield bytes.toString('base64url');
  for (const before of [0, 1, 2]) {
    const first = Math.ceil((before * 8) / 6);
    const end = Math.floor(((before + bytes.length) * 8) / 6);
    if (end - first < PIECE_MIN) continue;
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    yield whole.toString('base64').slice(first, end);
    yield whole.toString('base64url').slice(first, end);
  }
}
