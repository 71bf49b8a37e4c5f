import { parseExpression } from '../../expression/parse.ts';
import type { Problems } from './problems.ts';
import { authorPathOf, type Entry, nameOf } from './tree.ts';

/**
 * Warns of inputs that no expression reads, for entries whose inputs nothing else could read: choices and
 * fan-outs. `texts` are canonical expressions.
 */
export function warnUnusedNeeds(
  entry: Entry,
  needs: ReadonlyMap<string, Entry>,
  texts: readonly string[],
  problems: Problems,
): void {
  if (needs.size === 0) return;
  const read = new Set<string>();
  for (const text of texts) {
    const parsed = parseExpression(text);
    for (const [root, input] of parsed.ok ? parsed.expression.reads : []) {
      if (root !== 'needs') continue;
      if (input === undefined) return;
      read.add(input);
    }
  }
  for (const input of needs.keys()) {
    if (read.has(input)) continue;
    const message = `${nameOf(entry)} does not read needs.${input}, which only makes it wait`;
    const hint = "write 'after' for order alone";
    problems.warning('unused-need', message, [...authorPathOf(entry), 'needs', input], { at: 'key', hint });
  }
}
