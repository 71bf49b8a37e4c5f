import { basename, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { symbolName } from '../../../../dags/pipeline/symbol-name.ts';

const symbol = fc.oneof(
  fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }),
  fc.string({
    minLength: 1,
    maxLength: 256,
    unit: fc.constantFrom('.', '/', '\\', '%', '~', 'a', 'A', '2', 'E', ' '),
  }),
);

test('is one harmless path segment whatever the symbol', () => {
  fc.assert(
    fc.property(symbol, (text) => {
      const name = symbolName(text);
      expect(name).toMatch(/^[A-Za-z0-9_%-][A-Za-z0-9_.%~-]*$/);
      expect(name).not.toMatch(/\.$/);
      expect(name.length).toBeLessThanOrEqual(120);
      expect(basename(join('/data', name))).toBe(name);
    }),
  );
});

test('different symbols have different names', () => {
  fc.assert(
    fc.property(symbol, symbol, (a, b) => {
      const same = Buffer.from(a).equals(Buffer.from(b));
      expect(symbolName(a) === symbolName(b)).toBe(same);
    }),
  );
});

test.each([
  ['AAPL', 'AAPL'],
  ['BRK.B', 'BRK.B'],
  ['BTC-USD', 'BTC-USD'],
  ['BTC/USD', 'BTC%2FUSD'],
  ['POLY:will-btc-100k', 'POLY%3Awill-btc-100k'],
  ['..', '%2E%2E'],
  ['../etc/passwd', '%2E.%2Fetc%2Fpasswd'],
])('%s', (text, name) => {
  expect(symbolName(text)).toBe(name);
});
