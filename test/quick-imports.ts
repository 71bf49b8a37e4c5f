/**
 * Flags of Node with which a script of a test loads orch as its own processes do: from packed packages, in a
 * third of the time.
 */
export const QUICK_IMPORTS: readonly string[] = [
  '--import',
  new URL('../core/parsing/own-imports-main.ts', import.meta.url).href,
];
