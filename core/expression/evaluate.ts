import type { Json } from '../model/json.ts';
import { jsonEquals } from './equality.ts';
import type {
  BinaryOperator,
  Evaluation,
  Expression,
  ExpressionNode,
  ExpressionScope,
} from './expression.ts';
import { contains, FUNCTIONS, Refusal, typeName } from './functions.ts';

/**
 * The value of an expression over a scope. Never throws. What does not exist is `null`; an operator or
 * function that has no answer for its operands is an error, never a guess. Only own properties are read.
 */
export function evaluate(expression: Expression, scope: ExpressionScope): Evaluation {
  const value = valueIn(expression.root, scope);
  return value instanceof Refusal ? { ok: false, error: { message: value.message } } : { ok: true, value };
}

/** Whether a value counts as true: everything except `null`, `false`, `0` and `''`. */
export function isTrue(value: Json): boolean {
  return value !== null && value !== false && value !== 0 && value !== '';
}

function valueIn(node: ExpressionNode, scope: ExpressionScope): Json | Refusal {
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'name':
      return ownValue(scope, node.name);
    case 'member': {
      const object = valueIn(node.object, scope);
      return object instanceof Refusal ? object : memberOf(object, node.property);
    }
    case 'index':
      return indexed(node, scope);
    case 'unary':
      return unary(node, scope);
    case 'binary':
      return binary(node, scope);
    case 'ternary': {
      const test = valueIn(node.test, scope);
      if (test instanceof Refusal) return test;
      return valueIn(isTrue(test) ? node.yes : node.no, scope);
    }
    case 'list':
      return values(node.items, scope);
    case 'call': {
      const args = values(node.args, scope);
      if (args instanceof Refusal) return args;
      const called = FUNCTIONS.get(node.name);
      return called ? finite(called.apply(args)) : new Refusal(`there is no function '${node.name}'`);
    }
  }
}

function values(nodes: readonly ExpressionNode[], scope: ExpressionScope): Json[] | Refusal {
  const out: Json[] = [];
  for (const node of nodes) {
    const value = valueIn(node, scope);
    if (value instanceof Refusal) return value;
    out.push(value);
  }
  return out;
}

/** Reads data properties of the object itself; getters and everything inherited do not exist. */
function ownValue(object: object, key: string): Json {
  const value: unknown = Object.getOwnPropertyDescriptor(object, key)?.value;
  const isData =
    value !== undefined &&
    typeof value !== 'function' &&
    typeof value !== 'symbol' &&
    typeof value !== 'bigint';
  return isData ? (value as Json) : null;
}

function memberOf(object: Json, property: string): Json {
  if (object === null || typeof object !== 'object') return null;
  if (Array.isArray(object)) return property === 'length' ? object.length : null;
  return ownValue(object, property);
}

function indexed(node: ExpressionNode & { kind: 'index' }, scope: ExpressionScope): Json | Refusal {
  const object = valueIn(node.object, scope);
  if (object instanceof Refusal) return object;
  const index = valueIn(node.index, scope);
  if (index instanceof Refusal) return index;
  if (typeof index === 'string') return memberOf(object, index);
  if (typeof index !== 'number')
    return new Refusal(`cannot index with ${typeName(index)}: use a number or a string`);
  return Array.isArray(object) && Number.isInteger(index) ? ownValue(object, String(index)) : null;
}

function unary(node: ExpressionNode & { kind: 'unary' }, scope: ExpressionScope): Json | Refusal {
  const operand = valueIn(node.operand, scope);
  if (operand instanceof Refusal) return operand;
  if (node.op === '!') return !isTrue(operand);
  return typeof operand === 'number' ? 0 - operand : new Refusal(`cannot negate ${typeName(operand)}`);
}

function binary(node: ExpressionNode & { kind: 'binary' }, scope: ExpressionScope): Json | Refusal {
  const left = valueIn(node.left, scope);
  if (left instanceof Refusal) return left;
  if (node.op === '&&' && !isTrue(left)) return left;
  if (node.op === '||' && isTrue(left)) return left;
  const right = valueIn(node.right, scope);
  if (right instanceof Refusal) return right;
  switch (node.op) {
    case '&&':
    case '||':
      return right;
    case '==':
      return jsonEquals(left, right);
    case '!=':
      return !jsonEquals(left, right);
    case 'in':
      return contains(right, left);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compare(node.op, left, right);
    default:
      return finite(calculate(node.op, left, right));
  }
}

function compare(op: '<' | '<=' | '>' | '>=', left: Json, right: Json): boolean | Refusal {
  const comparable =
    (typeof left === 'number' && typeof right === 'number') ||
    (typeof left === 'string' && typeof right === 'string');
  if (!comparable) {
    return new Refusal(
      `'${op}' needs two numbers or two strings, not ${typeName(left)} and ${typeName(right)}`,
    );
  }
  if (op === '<') return left < right;
  if (op === '<=') return left <= right;
  return op === '>' ? left > right : left >= right;
}

function calculate(op: BinaryOperator, left: Json, right: Json): Json | Refusal {
  if (op === '+' && typeof left === 'string' && typeof right === 'string') {
    return left.length + right.length <= TEXT_LENGTH_MAX
      ? left + right
      : new Refusal('the text becomes too long');
  }
  if (typeof left !== 'number' || typeof right !== 'number') {
    const wanted = op === '+' ? 'two numbers or two strings' : 'two numbers';
    return new Refusal(`'${op}' needs ${wanted}, not ${typeName(left)} and ${typeName(right)}`);
  }
  if (op === '+') return left + right;
  if (op === '-') return left - right;
  if (op === '*') return left * right;
  if (right === 0) return new Refusal('division by zero');
  return op === '/' ? left / right : left % right;
}

/** Far below the longest string that the runtime allows. */
const TEXT_LENGTH_MAX = 2 ** 26;

/** JSON has no infinity, and its zero has no sign. */
function finite(value: Json | Refusal): Json | Refusal {
  if (typeof value !== 'number') return value;
  return Number.isFinite(value) ? value + 0 : new Refusal('the result is not a finite number');
}
