/**
 * The transitions in a Mermaid state diagram, `[*]` left out; names in `groups` stand for each of their
 * members.
 */
export function diagramTransitions(
  diagram: string,
  groups: Readonly<Record<string, readonly string[]>> = {},
): Map<string, Set<string>> {
  const members = (name: string): readonly string[] => groups[name] ?? [name];
  const found = new Map<string, Set<string>>();
  for (const [, from = '', to = ''] of diagram.matchAll(/^\s*(\S+) --> (\S+)/gm)) {
    if (from === '[*]' || to === '[*]') continue;
    for (const source of members(from)) {
      const targets = found.get(source) ?? new Set();
      for (const target of members(to)) targets.add(target);
      found.set(source, targets);
    }
  }
  return found;
}

/** The Mermaid blocks of a Markdown page, in order. */
export function mermaidBlocks(page: string): string[] {
  return [...page.matchAll(/^```mermaid\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '');
}
