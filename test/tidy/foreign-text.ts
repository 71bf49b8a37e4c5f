import type { Source } from './source.ts';
import { isNode, nodesOf, placeOf } from './source.ts';

const joined = (...parts: readonly string[]): string => parts.join('');

/** Texts of a machine or of its registry; spelled in pieces, so that this file does not hold them. */
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [new RegExp(joined('(?<![\\w./-])/', 'work/')), 'a path of a machine'],
  [new RegExp(joined('(?<![\\w./-])/', 'root/')), 'a path of a machine'],
  [
    new RegExp(joined('(?<![\\w./-])/', '(home|Users)/(?!user\\b|me\\b|alice\\b|bob\\b)[a-z]')),
    'a path of a machine',
  ],
  [new RegExp(joined('regis', 'try\\.[a-z.-]+\\.(org|com|dev|io)'), 'i'), 'the host of a registry'],
  [new RegExp(joined('"resol', 'ved":\\s*"https?:')), 'the address of a registry'],
];

/** Paths of a machine and hosts of registries in a tracked file. */
export function foreignText(path: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const hit = FOREIGN.find(([pattern]) => pattern.test(line));
    return hit ? [`${path}:${index + 1}: ${hit[1]}: ${line.trim().slice(0, 80)}`] : [];
  });
}

/** SQL that SQLite does not have and the design does not use: locking reads. */
export function lockingReads(source: Source): string[] {
  const pattern = new RegExp(joined('\\bfor\\s+(no key )?', 'update\\b|\\bfor share\\b|skip locked'), 'i');
  const texts = nodesOf(source, 'Literal', 'TemplateElement').filter((node) => {
    const value = node.type === 'Literal' ? node['value'] : (node['value'] as { raw: string }).raw;
    return typeof value === 'string' && /\b(select|with)\b/i.test(value) && pattern.test(value);
  });
  const calls = nodesOf(source, 'MemberExpression').filter(
    (node) =>
      isNode(node['property']) && /^(forUpdate|forShare|skipLocked)$/.test(String(node['property']['name'])),
  );
  return [...texts, ...calls].map(
    (node) => `${placeOf(source, node)}: no locking reads; claim with UPDATE ... RETURNING`,
  );
}
