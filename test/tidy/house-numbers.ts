import type { Source, SyntaxNode } from './source.ts';
import { dottedName, isNode, lineAt, nameOf, placeOf, walk } from './source.ts';

export const FILE_LINES_MAX = 400;
export const TEST_FILE_LINES_MAX = 600;
export const FUNCTION_LINES_MAX = 70;
export const LINE_COLUMNS_MAX = 110;

const isTest = (path: string): boolean => path.startsWith('test/');

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** A file that is too long. */
export function longFiles(path: string, text: string): string[] {
  const limit = isTest(path) ? TEST_FILE_LINES_MAX : FILE_LINES_MAX;
  const lines = linesOf(text).length;
  return lines > limit ? [`${path}: ${lines} lines, at most ${limit}`] : [];
}

/** Lines that are too wide. */
export function wideLines(path: string, text: string): string[] {
  return linesOf(text).flatMap((line, index) => {
    const columns = [...line].length;
    return columns > LINE_COLUMNS_MAX
      ? [`${path}:${index + 1}: ${columns} columns, at most ${LINE_COLUMNS_MAX}`]
      : [];
  });
}

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];

/** The body of a `describe` is a list of tests, not a function that somebody must follow. */
function isTestList(parent: SyntaxNode | null): boolean {
  return parent?.type === 'CallExpression' && /^describe\b/.test(dottedName(parent['callee']));
}

function functionName(node: SyntaxNode, parent: SyntaxNode | null): string {
  const own = isNode(node['id']) ? nameOf(node['id']) : undefined;
  return own ?? nameOf(parent?.['id']) ?? nameOf(parent?.['key']) ?? 'a function';
}

/** Functions that are too long, from the first line of their head to the last of their body. */
export function longFunctions(source: Source): string[] {
  const findings: string[] = [];
  walk(source.program, (node, parent) => {
    if (!FUNCTIONS.includes(node.type) || (isTest(source.path) && isTestList(parent))) return;
    if (node.end - node.start < FUNCTION_LINES_MAX) return;
    const lines = lineAt(source, node.end - 1) - lineAt(source, node.start) + 1;
    if (lines <= FUNCTION_LINES_MAX) return;
    const name = functionName(node, parent);
    findings.push(`${placeOf(source, node)}: ${name} has ${lines} lines, at most ${FUNCTION_LINES_MAX}`);
  });
  return findings;
}
