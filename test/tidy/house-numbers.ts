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
function isTestList(parent: SyntaxNode | undefined): boolean {
  return parent?.type === 'CallExpression' && /^describe\b/.test(dottedName(parent['callee']));
}

function functionName(node: SyntaxNode, parent: SyntaxNode | undefined): string {
  const own = isNode(node['id']) ? nameOf(node['id']) : undefined;
  return own ?? nameOf(parent?.['id']) ?? nameOf(parent?.['key']) ?? 'a function';
}

/** Functions that are too long, from the first line of their head to the last of their body. */
export function longFunctions(source: Source): string[] {
  return [...walk(source.program)].flatMap(({ node, above }) => {
    if (!FUNCTIONS.includes(node.type)) return [];
    const parent = above.at(-1);
    if (isTest(source.path) && isTestList(parent)) return [];
    const lines = lineAt(source, node.end - 1) - lineAt(source, node.start) + 1;
    if (lines <= FUNCTION_LINES_MAX) return [];
    return [
      `${placeOf(source, node)}: ${functionName(node, parent)} has ${lines} lines, ` +
        `at most ${FUNCTION_LINES_MAX}`,
    ];
  });
}
