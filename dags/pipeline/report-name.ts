import { symbolName } from './symbol-name.ts';

/**
 * The file name of a symbol's report in the report folder. `index.html` is the comparison; a symbol of that
 * name has its first letter percent-encoded.
 */
export function reportName(symbol: string): string {
  const name = /^index$/i.test(symbol)
    ? `%${symbol.charCodeAt(0).toString(16)}${symbol.slice(1)}`
    : symbolName(symbol);
  return `${name}.html`;
}
