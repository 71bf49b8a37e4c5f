import { describe, expect, test } from 'vitest';
import { findInstances } from '../../../cli/find-instances.ts';
import { instanceName, keyText, parseKeyText } from '../../../core/model/ids.ts';
import { instance, runView } from './run-fixture.ts';

const KEYS = ['B/C', 'B%2FC', 'B%252FC', '%', '%25', 'BTC-USD'];

describe('the key of one fan-out', () => {
  test.each(KEYS)('%s is shown as it is, and found by what is shown', (key) => {
    const shown = keyText([key]);
    expect(shown).toBe(key);
    const name = instanceName('symbol.one', 'symbol', shown);
    const view = runView(KEYS.map((other) => instance('symbol.one', keyText([other]), 'success')));
    expect(findInstances(view, name).map((one) => one.key)).toEqual([key]);
    expect(findInstances(view, `one[${key}]`).map((one) => one.key)).toEqual([key]);
    expect(findInstances(view, `symbol.one[${key}]`).map((one) => one.key)).toEqual([key]);
  });
});

test('keys of nested fan-outs give different texts, and the texts give the keys back', () => {
  const paths = KEYS.flatMap((outer) => KEYS.map((inner) => [outer, inner]));
  const texts = paths.map((keys) => keyText(keys) as string);
  expect(new Set(texts).size).toBe(paths.length);
  expect(texts.map(parseKeyText)).toEqual(paths);
});
