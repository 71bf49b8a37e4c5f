import { describe, expect, test } from 'vitest';
import { cutTo, displayWidth, jsonLine, padTo, tamed, unsteered } from '../../../cli/render/text-width.ts';

describe('displayWidth', () => {
  test.each([
    ['plain', 'abc', 3],
    ['nothing', '', 0],
    ['Chinese', '比特币', 6],
    ['Hangul and kana', '한カ', 4],
    ['an emoji', '👍', 2],
    ['a family of joined emoji', '👨‍👩‍👧', 2],
    ['a combining accent', 'e\u0301', 1],
    ['glyphs of states', '▶ ✓ ↻', 5],
    ['colours', '\u001B[31mred\u001B[39m', 3],
    ['a link', '\u001B]8;;https://x\u0007text\u001B]8;;\u0007', 4],
    ['an invisible joiner alone', '\u200D', 0],
  ])('%s', (_name, text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('cutTo', () => {
  test.each([
    ['what fits stays', 'abc', 3, 'abc'],
    ['the cut is marked', 'abcdef', 4, 'abc…'],
    ['wide characters are not halved', '比特币', 4, '比…'],
    ['one column holds the mark only', 'abc', 1, '…'],
    ['no room, nothing', 'abc', 0, ''],
  ])('%s', (_name, text, width, cut) => {
    expect(cutTo(text, width)).toBe(cut);
    expect(displayWidth(cut)).toBeLessThanOrEqual(Math.max(width, 0));
  });
});

test('padTo counts columns, not characters', () => {
  expect(padTo('比', 4)).toBe('比  ');
  expect(padTo('7', 3, 'left')).toBe('  7');
  expect(padTo('long', 2)).toBe('long');
});

test('tamed text cannot steer a terminal', () => {
  expect(tamed('a\u001B[2Jb\rc\u0007\td\u202Ee')).toBe('a[2Jbc    de');
});

test.each([
  ['colours stay', '\u001B[1;31mred\u001B[39m\n\tnext', '\u001B[1;31mred\u001B[39m\n\tnext'],
  ['a title', 'a\u001B]0;b\u0007c', 'a]0;bc'],
  ['the clipboard', '\u001B]52;c;YQ==\u001B\\', ']52;c;YQ==\\'],
  ['a cleared screen, and a line that is written over', '\u001B[2Ja\rb', '[2Jab'],
  ['controls of one character', '\u009B2J\u0090q\u0085\u007F', '2Jq'],
  ['a sequence that a colour was cut out of', '\u001B\u001B[0m]0;b', '\u001B[0m]0;b'],
])('lines for a terminal: %s', (_name, text, lines) => {
  expect(unsteered(text)).toBe(lines);
  expect(unsteered(lines)).toBe(lines);
});

test('JSON for a terminal is the same value', () => {
  const value = { 'a\u009B': ['\u0007', '\u007F', 'é'] };
  expect(jsonLine(value)).toBe('{"a\\u009b":["\\u0007","\\u007f","é"]}');
  expect(JSON.parse(jsonLine(value, 2))).toEqual(value);
});
