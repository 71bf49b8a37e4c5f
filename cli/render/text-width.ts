let segmenter: Intl.Segmenter | null = null;
/** Made at first use: most texts are ASCII, and making one takes longer than most commands draw. */
function graphemes(text: string): Iterable<Intl.SegmentData> {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter.segment(text);
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const ESCAPES = /\u001B\[[0-9;]*m|\u001B\]8;[^\u0007\u001B]*(?:\u0007|\u001B\\)/g;
const PRINTABLE_ASCII = /^[\x20-\x7E]*$/;
const WIDE_RANGES =
  '\\u1100-\\u115F\\u2E80-\\u303E\\u3041-\\uA4CF\\uA960-\\uA97C\\uAC00-\\uD7A3\\uF900-\\uFAFF' +
  '\\uFE30-\\uFE6F\\uFF00-\\uFF60\\uFFE0-\\uFFE6\\u{1B000}-\\u{1B2FF}\\u{20000}-\\u{3FFFD}';
const WIDE = new RegExp(
  `^(?:\\p{Emoji_Presentation}|\\p{Extended_Pictographic}\\uFE0F|[${WIDE_RANGES}])`,
  'u',
);
/** Control characters, and those that turn the direction of writing. */
const CONTROLS = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu;
const SHORT_ESCAPES: { readonly [char: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;

/**
 * Columns that a text takes in a terminal; escape sequences take none, East Asian characters and emoji two.
 */
export function displayWidth(text: string): number {
  const bare = text.includes('\u001B') ? text.replaceAll(ESCAPES, '') : text;
  if (PRINTABLE_ASCII.test(bare)) return bare.length;
  let width = 0;
  for (const { segment } of graphemes(bare)) width += graphemeWidth(segment);
  return width;
}

function graphemeWidth(grapheme: string): number {
  if (INVISIBLE.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** A plain text (no escape sequences) cut to a width, the cut marked by `…`. */
export function cutTo(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 1) return width === 1 ? '…' : '';
  let cut = '';
  let used = 0;
  for (const { segment } of graphemes(text)) {
    const next = graphemeWidth(segment);
    if (used + next > width - 1) break;
    cut += segment;
    used += next;
  }
  return `${cut}…`;
}

/** A text filled with blanks up to a width. */
export function padTo(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return side === 'right' ? text + blanks : blanks + text;
}

/**
 * A text without control characters, so that what others wrote cannot steer the terminal. Tabs become blanks.
 */
export function tamed(text: string): string {
  return text.replaceAll('\t', '    ').replaceAll(CONTROLS, '');
}

/** A text on one line: control characters as escapes (`\n`), so that a name is whole and steers nothing. */
export function oneLine(text: string): string {
  return text.replaceAll(CONTROLS, (char) => {
    const code = char.charCodeAt(0).toString(16).padStart(4, '0');
    return SHORT_ESCAPES[char] ?? `\\u${code}`;
  });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const STEERING = /(\u001B\[[\d;:]*m)|[^\P{Cc}\n\t]/gu;

/**
 * Lines as they may go to a terminal: whatever is not a colour is taken from them, be it of a log, of a file
 * or of a server. What follows a lone escape character stays, as text.
 */
export function unsteered(text: string): string {
  return text.replaceAll(STEERING, '$1');
}

/** A value as JSON that steers no terminal: controls that JSON itself leaves as they are stand escaped. */
export function jsonLine(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replaceAll(
    /[\u007f-\u009f]/g,
    (char) => `\\u00${char.charCodeAt(0).toString(16)}`,
  );
}
