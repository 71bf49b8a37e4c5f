import type { Source, SyntaxNode } from './source.ts';
import { isNode, nameOf, nodesOf, placeOf } from './source.ts';

const DURATION = /(timeout|delay|duration|grace|ttl|elapsed|backoff|latency)$/i;
const INSTANT = /(timestamp|instant|time|deadline)$/i;

/** A name declared as a number by its type. */
function numberName(node: SyntaxNode): string | undefined {
  const declared = node.type === 'Identifier' ? node['name'] : nameOf(node['key']);
  const annotation = node['typeAnnotation'];
  if (typeof declared !== 'string' || !isNode(annotation)) return undefined;
  const type = annotation['typeAnnotation'];
  return isNode(type) && holdsNumber(type) ? declared : undefined;
}

function holdsNumber(type: SyntaxNode): boolean {
  if (type.type === 'TSNumberKeyword') return true;
  const members = type.type === 'TSUnionType' ? (type['types'] as readonly SyntaxNode[]) : [];
  return members.length > 0 && members.every((one) => /^TS(Number|Null|Undefined)Keyword$/.test(one.type));
}

/** Numbers that are durations or instants by their name, and do not end in `Ms` or `At`. */
export function unitlessNumbers(source: Source): string[] {
  const declared = nodesOf(source, 'Identifier', 'TSPropertySignature', 'PropertyDefinition');
  return declared.flatMap((node) => {
    const name = numberName(node);
    if (name === undefined) return [];
    if (DURATION.test(name)) return [`${placeOf(source, node)}: ${name} is a duration; name it ${name}Ms`];
    if (INSTANT.test(name)) return [`${placeOf(source, node)}: ${name} is an instant; end its name in At`];
    return [];
  });
}
