import { stripTypeScriptTypes } from 'node:module';
import { parse } from 'es-module-lexer/js';

/** An import of a module, static or dynamic, whose specifier is a literal. */
export interface ScannedImport {
  readonly specifier: string;
  /** Offset of the specifier in the text. */
  readonly offset: number;
  /** True for `export * from`: its exports are this module's too. */
  readonly reExportsAll: boolean;
}

export interface ScannedModule {
  readonly imports: readonly ScannedImport[];
  /** `null` for a CommonJS module, whose exports are known only when it runs. */
  readonly exports: ReadonlySet<string> | null;
  /** It imports something whose name is known only when it runs. */
  readonly importsUnknown?: true;
}

/** A syntax error at a position of the text. */
export class ScanError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

/**
 * The imports and exports of a module, without running it. Types are stripped first, so that imports of types
 * do not count. Throws {@link ScanError}.
 */
export function scanModule(path: string, text: string): ScannedModule {
  const code = /\.[cm]?ts$/.test(path) ? stripTypes(text) : text;
  if (/\.c[jt]s$/.test(path)) return commonJs(code);
  const [imports, exports, , isModule] = parseModule(path, code);
  if (!isModule && path.endsWith('.js')) return commonJs(code);
  const found = imports.flatMap((one): ScannedImport[] => {
    if (one.n === undefined) return [];
    const reExportsAll = /^export\s*\*\s*from\b/.test(code.slice(one.ss, one.se));
    return [{ specifier: one.n, offset: one.s, reExportsAll }];
  });
  const importsUnknown = imports.some((one) => one.d >= 0 && one.n === undefined);
  return {
    imports: found,
    exports: new Set(exports.map((one) => one.n)),
    ...(importsUnknown ? { importsUnknown } : {}),
  };
}

function parseModule(path: string, code: string): ReturnType<typeof parse> {
  try {
    return parse(code, path);
  } catch (error) {
    const offset = (error as { idx?: number }).idx ?? 0;
    const before = code.slice(0, offset);
    const line = before.split('\n').length;
    throw new ScanError('syntax error', line, offset - before.lastIndexOf('\n'));
  }
}

function stripTypes(text: string): string {
  try {
    return stripTypeScriptTypes(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { line, column } = caretOf(error.stack ?? '') ?? { line: 1, column: 1 };
    throw new ScanError(error.message, line, column);
  }
}

/** The position that the first lines of a stack point at: `<file>:<line>`, some code, `^` under the place. */
export function caretOf(stack: string): { file: string; line: number; column: number } | undefined {
  const match = /^(.*):(\d+)\n(?:(?:[^\n]*\n){1,4}?([ \t]*)\^+\n)?/.exec(stack);
  if (!match) return undefined;
  return { file: match[1] ?? '', line: Number(match[2]), column: (match[3]?.length ?? 0) + 1 };
}

function commonJs(code: string): ScannedModule {
  const imports = [...code.matchAll(/\brequire\s*\(\s*(['"])([^'"\n]+)\1\s*\)/g)].map((match) => ({
    specifier: match[2] ?? '',
    offset: match.index,
    reExportsAll: false,
  }));
  return { imports, exports: null };
}
