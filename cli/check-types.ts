import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { typesPath } from '../core/config/installation.ts';
import type { Diagnostic } from '../core/model/errors.ts';

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const ERROR_LINE = /^(.+?)\((\d+),(\d+)\): error (TS\d+): (.*)$/;

/**
 * Type mistakes in files of a project, found by its own TypeScript; a warning if they cannot be looked for.
 * `orch` means the running orch, as it does when the files are evaluated.
 */
export async function checkTypes(
  projectDir: string,
  files: readonly string[],
): Promise<readonly Diagnostic[]> {
  const compiler = join(projectDir, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!existsSync(compiler))
    return [unchecked('the project has no typescript', 'npm install --save-dev typescript')];
  const folder = mkdtempSync(join(tmpdir(), 'orch-check-'));
  try {
    const config = join(folder, 'tsconfig.json');
    writeFileSync(config, JSON.stringify(compilerConfig(projectDir, files)));
    const output = await run(compiler, ['-p', config, '--pretty', 'false'], projectDir);
    if (output.failed && !output.text.split('\n').some((line) => ERROR_LINE.test(line)))
      return [
        unchecked('its compiler does not run', `try it: node ${relative(projectDir, compiler)} --version`),
      ];
    return diagnosticsOf(output.text, projectDir);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function unchecked(why: string, hint: string): Diagnostic {
  const message = `types of TypeScript files were not checked: ${why}`;
  return { severity: 'warning', rule: 'types-unchecked', message, hint };
}

function compilerConfig(projectDir: string, files: readonly string[]): object {
  const hasNodeTypes = existsSync(join(projectDir, 'node_modules', '@types', 'node'));
  return {
    compilerOptions: {
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      // Files of a project are ES modules whatever its package.json says: nodenext would doubt it.
      module: isModuleProject(projectDir) ? 'nodenext' : 'preserve',
      typeRoots: [join(projectDir, 'node_modules', '@types')],
      types: hasNodeTypes ? ['node'] : [],
      paths: { orch: [typesPath()] },
      strict: true,
      erasableSyntaxOnly: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      noEmit: true,
    },
    files: files.map((file) => join(projectDir, file)),
  };
}

/** Whether the nearest package.json makes files ES modules. */
function isModuleProject(projectDir: string): boolean {
  for (let folder = projectDir; ; folder = dirname(folder)) {
    const manifest = readLines(join(folder, 'package.json')).join('\n');
    if (manifest !== '') return /"type"\s*:\s*"module"/.test(manifest);
    if (dirname(folder) === folder) return false;
  }
}

interface Output {
  readonly text: string;
  readonly failed: boolean;
}

function run(compiler: string, args: readonly string[], cwd: string): Promise<Output> {
  return new Promise((settle) => {
    const options = { cwd, maxBuffer: OUTPUT_BYTES_MAX };
    execFile(process.execPath, [compiler, ...args], options, (error, text) =>
      settle({ text, failed: error !== null }),
    );
  });
}

/** Only mistakes under `dags/` and `operators/`: others are not the project's to mend. */
function diagnosticsOf(output: string, projectDir: string): Diagnostic[] {
  const lines = new Map<string, readonly string[]>();
  return output.split('\n').flatMap((text): Diagnostic[] => {
    const [, path, line, column, code, message] = ERROR_LINE.exec(text) ?? [];
    if (path === undefined || message === undefined) return [];
    // The compiler ran in the folder of the project, wherever this process is.
    const file = relative(projectDir, resolve(projectDir, path)).split(sep).join('/');
    if (!/^(dags|operators)\//.test(file)) return [];
    const source = lines.get(file) ?? readLines(join(projectDir, file));
    lines.set(file, source);
    const at = Number(line);
    return [
      {
        severity: 'error',
        rule: code ?? 'types',
        message,
        file,
        line: at,
        column: Number(column),
        source: source[at - 1] ?? '',
      },
    ];
  });
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/);
  } catch {
    return [];
  }
}
