import { BINARY_PRECEDENCE, COMPARISON_PRECEDENCE, type ExpressionNode } from './expression.ts';

const TERNARY = 0;
const UNARY = 6;
const POSTFIX = 7;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The canonical text of a syntax tree: parsing it gives an equal tree. */
export function printExpression(node: ExpressionNode): string {
  switch (node.kind) {
    case 'literal':
      return typeof node.value === 'string' ? quote(node.value) : String(node.value);
    case 'list':
      return `[${node.items.map(printExpression).join(', ')}]`;
    case 'name':
      return node.name;
    case 'member':
      return IDENTIFIER.test(node.property)
        ? `${inside(node.object, POSTFIX)}.${node.property}`
        : `${inside(node.object, POSTFIX)}[${quote(node.property)}]`;
    case 'index':
      return `${inside(node.object, POSTFIX)}[${printExpression(node.index)}]`;
    case 'unary':
      return `${node.op}${inside(node.operand, UNARY)}`;
    case 'binary': {
      const own = BINARY_PRECEDENCE[node.op];
      const left = inside(node.left, own === COMPARISON_PRECEDENCE ? own + 1 : own);
      return `${left} ${node.op} ${inside(node.right, own + 1)}`;
    }
    case 'ternary':
      return `${inside(node.test, TERNARY + 1)} ? ${printExpression(node.yes)} : ${printExpression(node.no)}`;
    case 'call':
      return `${node.name}(${node.args.map(printExpression).join(', ')})`;
  }
}

function inside(node: ExpressionNode, needed: number): string {
  const text = printExpression(node);
  return precedence(node) < needed ? `(${text})` : text;
}

function precedence(node: ExpressionNode): number {
  switch (node.kind) {
    case 'binary':
      return BINARY_PRECEDENCE[node.op];
    case 'ternary':
      return TERNARY;
    case 'unary':
      return UNARY;
    case 'literal':
      // A number would swallow the dot of a property behind it; a negative one is printed with its sign.
      return typeof node.value === 'number' ? UNARY : POSTFIX;
    default:
      return POSTFIX;
  }
}

/** A string literal in single quotes; control characters and halves of surrogate pairs as `\u` escapes. */
function quote(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `'${escaped}'`;
}
