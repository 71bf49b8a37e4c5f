import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BECAUSE_CODES, because } from '../../../core/model/because.ts';
import {
  isReadable,
  isStopgap,
  readText,
  TEXT_COLUMNS,
  type TextName,
} from '../../../core/store/stored-text.ts';

const names = Object.entries(TEXT_COLUMNS).flatMap(([table, columns]) =>
  Object.keys(columns).map((column) => `${table}.${column}` as TextName),
);

test('every column that holds JSON has its rule', () => {
  const stored = new Set<string>();
  const dir = new URL('../../../core/store/', import.meta.url);
  for (const file of readdirSync(dir).filter((name) => /^(.*-)?tables\.ts$/.test(name))) {
    const text = readFileSync(new URL(file, dir), 'utf8');
    for (const [, body = ''] of text.matchAll(/interface \w+Table (?:extends \w+ )?\{(.*?)\n\}/gs))
      for (const [, column] of body.matchAll(/^ {2}(\w+): JsonText/gm)) stored.add(column as string);
  }
  expect([...new Set(names.map((name) => name.split('.')[1]))].sort()).toEqual([...stored].sort());
});

test('what stands for an unreadable text can itself be read, and is known to stand for it', () => {
  for (const name of names) {
    for (const bad of ['', '{"a":', 'undefined']) {
      expect(isReadable(name, bad)).toBe(false);
      const read = readText<object | null>(name, bad);
      expect([name, isReadable(name, read && JSON.stringify(read))]).toEqual([name, true]);
      expect(isStopgap(read)).toBe(read !== null);
    }
    expect(readText(name, null)).toBeNull();
  }
  expect(isReadable('dag_run.params', '[]')).toBe(false);
  expect(isReadable('run_expansion.keys', '{}')).toBe(false);
  expect(isReadable('dag_run.params', 'null')).toBe(false);
  expect(isReadable('task_output.json', 'null')).toBe(true);
  expect(isStopgap(readText('dag_run.params', '{}'))).toBe(false);
  // What decides what is done must be known as lost, so that nobody goes on with it.
  for (const name of ['dag_run.scope', 'run_expansion.items', 'backfill.params', 'dag_version.spec'] as const)
    expect(isStopgap(readText(name, '{'))).toBe(true);
});

test('every reason can be told without its facts', () => {
  for (const code of BECAUSE_CODES)
    expect(because(code, {})).toMatchObject({ code, text: expect.any(String) });
});
