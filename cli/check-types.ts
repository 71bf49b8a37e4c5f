import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { typesPath } from '../core/config/installation.ts';
import type { Diagnostic } from '../core/model/errors.ts';

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const ERROR_LINE = /^(.+?)\((\d+),(\d+)\): error (TS\d+): (.*)$/;

/**
 * Type mistakes in files of a project, found by its own TypeScript; none if it has none installed. `orch`
 * means the running orch, as it does when the files are evaluated.
 */
export async function checkTypes(
  projectDir: string,
  files: readonly string[],
): Promise<readonly Diagnostic[]> {
  const compiler = join(projectDir, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!existsSync(compiler)) return [];
  const folder = mkdtempSync(join(tmpdir(), 'orch-check-'));
  try {
    const config = join(folder, 'tsconfig.json');
    writeFileSync(config, JSON.stringify(compilerConfig(projectDir, files)));
    return diagnosticsOf(await run(compiler, ['-p', config, '--pretty', 'false'], projectDir), projectDir);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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

function run(compiler: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, ...args], { cwd, maxBuffer: OUTPUT_BYTES_MAX }, (_error, stdout) =>
      resolve(stdout),
    );
  });
}

/** Only mistakes under `dags/` and `operators/`: others are not the project's to mend. */
function diagnosticsOf(output: string, projectDir: string): Diagnostic[] {
  const lines = new Map<string, readonly string[]>();
  return output.split('\n').flatMap((text): Diagnostic[] => {
    const [, path, line, column, code, message] = ERROR_LINE.exec(text) ?? [];
    if (path === undefined || message === undefined) return [];
    const file = relative(projectDir, join(projectDir, relative(projectDir, path)))
      .split(sep)
      .join('/');
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
