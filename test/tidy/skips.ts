import type { Source, SyntaxNode } from './source.ts';
import { dottedName, isNode, lineAt, nodesOf, placeOf } from './source.ts';

const SKIPPING = /^(it|test|describe|suite)(\.\w+)*\.(skip|skipIf|runIf|todo|fails)\b/;
/** A reason is a sentence, not a word. */
const REASON_WORDS_MIN = 3;

function isReason(text: string): boolean {
  return text.trim().split(/\s+/).length >= REASON_WORDS_MIN;
}

/** A comment on the line of the call, or in the lines directly above it. */
function hasComment(source: Source, node: SyntaxNode): boolean {
  const line = lineAt(source, node.start);
  return source.comments.some((comment) => {
    const last = lineAt(source, comment.end - 1);
    return (last === line || last === line - 1) && isReason(comment.value.replaceAll('*', ''));
  });
}

function hasNote(call: SyntaxNode): boolean {
  return (call['arguments'] as readonly unknown[]).some(
    (one) =>
      isNode(one) &&
      (one.type === 'TemplateLiteral' || (one.type === 'Literal' && isReason(String(one['value'])))),
  );
}

/** Skipped tests without a reason: a comment at `.skip` and the like, or a note in `context.skip(...)`. */
export function unreasonedSkips(source: Source): string[] {
  return nodesOf(source, 'CallExpression').flatMap((call) => {
    const callee = isNode(call['callee']) ? call['callee'] : undefined;
    if (callee?.type !== 'MemberExpression') return [];
    const name = dottedName(callee);
    const ofContext = /^(t|ctx|context|task)\.skip$/.test(name);
    if (ofContext)
      return hasNote(call) || hasComment(source, call)
        ? []
        : [`${placeOf(source, call)}: ${name}() needs a note`];
    if (!SKIPPING.test(name) || hasComment(source, call)) return [];
    return [`${placeOf(source, call)}: ${name} needs a comment that says why`];
  });
}
