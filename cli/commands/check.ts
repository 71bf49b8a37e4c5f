import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { Config } from '../../core/config/config.ts';
import { AppError, type Diagnostic } from '../../core/model/errors.ts';
import { type SourceOf, sourcesIn } from '../../core/parsing/place-in-source.ts';
import { poolsInForce, readPools } from '../../core/scheduler/pools.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { readFilesAnew } from '../engine.ts';
import { EXIT } from '../exit-code.ts';
import { foreignTemplates } from '../foreign-templates.ts';
import { poolProblems } from '../pool-problems.ts';
import { projectDir } from '../project-dir.ts';
import { rememberDags } from '../remember-dags.ts';
import { counted } from '../render/counted.ts';
import { diagnosticText } from '../render/diagnostic-text.ts';
import { configOf } from '../state-dir.ts';
import { withProject } from '../with-project.ts';

interface CheckReport {
  readonly files: number;
  readonly dags: number;
  readonly tasks: number;
  readonly diagnostics: readonly Diagnostic[];
}

const NO_FILES: Diagnostic = {
  severity: 'warning',
  rule: 'no-dag-files',
  message: 'dags/ has no DAG file',
  hint: "they end in .yaml, .yml or .ts; 'orch init' in an empty folder writes examples",
};

/** `orch check [files]`: every mistake in DAG files and config, with its place. */
export const check = defineCommand<{ types?: boolean; watch?: boolean }>({
  description:
    'Types of TypeScript DAGs are checked if the project has typescript. Exit 3 if there is a mistake.',
  examples: [
    { command: 'orch check', what: 'the whole project' },
    { command: 'orch check dags/pipeline.yaml', what: 'one file' },
    { command: 'orch check --watch', what: 'again after every change, until Ctrl-C' },
    { command: 'orch check --json', what: 'for editors and CI' },
  ],
  define: (command) => {
    command.argument('[files...]', 'only these DAG files');
    command.option('--no-types', 'do not check types');
    command.option('-w, --watch', 'check again whenever a file changes');
  },
  run: async (context, { types, watch }, [files]) => {
    const dir = projectDir(context);
    const named =
      Array.isArray(files) && files.length > 0
        ? files.map((file) => projectFile(context, dir, file))
        : undefined;
    const check = (): Promise<number> => checkOnce(context, dir, named, types !== false);
    if (watch !== true) return (await check()) === 0 ? EXIT.ok : EXIT.invalid;
    const { checkAgain } = await import('../check-again.ts');
    return checkAgain(context, dir, check);
  },
});

/** Checks and says what was found; the number of mistakes. */
async function checkOnce(
  context: CommandContext,
  dir: string,
  named: readonly string[] | undefined,
  types: boolean,
): Promise<number> {
  const report = await checkAll(context, dir, named, types);
  const mistakes = report.diagnostics.filter(({ severity }) => severity === 'error').length;
  if (context.flags.json)
    context.json({
      ok: mistakes === 0,
      files: report.files,
      dags: report.dags,
      tasks: report.tasks,
      diagnostics: report.diagnostics,
    });
  else printReport(context, report, mistakes);
  return mistakes;
}

function projectFile(context: CommandContext, dir: string, file: string): string {
  const path = relative(dir, resolve(context.host.cwd, file)).split(sep).join('/');
  if (!/^dags\/[^/]+$/.test(path))
    throw new AppError('usage', `'${file}' is no DAG file: those are directly in dags/ of the project.`);
  return path;
}

async function checkAll(
  context: CommandContext,
  dir: string,
  files: readonly string[] | undefined,
  types: boolean,
): Promise<CheckReport> {
  const { config, diagnostics: unfit } = readConfig(context, dir);
  const parsed = await readFilesAnew(dir, config, files);
  const dags = parsed.flatMap(({ file, dags }) =>
    dags.map(({ spec, graphHash, code }) => ({ file, spec, graphHash, codeHash: code.digest })),
  );
  const diagnostics = parsed.flatMap(({ diagnostics }) => diagnostics);
  if (files === undefined) rememberDags({ dir, dags, diagnostics }, 'all');
  const sources = parsed.map(({ file }) => file).filter((file) => file.endsWith('.ts'));
  const typed = types && sources.length > 0 ? await typeDiagnostics(dir, sources) : [];
  const sourceOf = sourcesIn(dir);
  const known = new Set(diagnostics.map(({ file, line }) => `${file}:${line}`));
  return {
    files: parsed.length,
    dags: dags.length,
    tasks: dags.reduce((sum, { spec }) => sum + spec.tasks.length, 0),
    diagnostics: [
      ...unfit,
      ...diagnostics,
      ...(config === null ? [] : await poolMistakes(context, config, dags, sourceOf)),
      ...foreignTemplates(dags, sourceOf),
      ...(parsed.length === 0 ? [NO_FILES] : []),
      ...typed.filter(({ file, line }) => !known.has(`${file}:${line}`)),
    ],
  };
}

/**
 * Tasks that could never get slots. A pool that the config does not have may be stored: the database is asked
 * only then, and where it is away, what the config says counts.
 */
async function poolMistakes(
  context: CommandContext,
  { pools, store }: Config,
  dags: Parameters<typeof poolProblems>[0],
  sourceOf: SourceOf,
): Promise<readonly Diagnostic[]> {
  const problems = poolProblems(dags, poolsInForce(pools, []), sourceOf);
  const isMade = store.kind === 'postgres' || existsSync(join(store.path, 'orch.db'));
  if (problems.length === 0 || !isMade) return problems;
  try {
    return poolProblems(dags, await withProject(context, readPools), sourceOf);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'unavailable') throw error;
    return problems;
  }
}

async function typeDiagnostics(dir: string, sources: readonly string[]): Promise<readonly Diagnostic[]> {
  const { checkTypes } = await import('../check-types.ts');
  return checkTypes(dir, sources);
}

/** The config, or what is wrong with it. */
function readConfig(
  context: CommandContext,
  dir: string,
): { readonly config: Config | null; readonly diagnostics: readonly Diagnostic[] } {
  try {
    return { config: configOf(dir, context), diagnostics: [] };
  } catch (error) {
    if (!(error instanceof AppError) || !Array.isArray(error.details.diagnostics)) throw error;
    return { config: null, diagnostics: error.details.diagnostics as unknown as readonly Diagnostic[] };
  }
}

function printReport(
  context: CommandContext,
  { files, dags, tasks, diagnostics }: CheckReport,
  mistakes: number,
): void {
  const { style } = context;
  for (const diagnostic of diagnostics) context.print(diagnosticText(diagnostic, style));
  if (diagnostics.length > 0) context.print('');
  const warnings = diagnostics.length - mistakes;
  const read = `${counted(files, 'file')}, ${counted(dags, 'DAG')}, ${counted(tasks, 'task')}`;
  const found = [counted(mistakes, 'mistake'), ...(warnings > 0 ? [counted(warnings, 'warning')] : [])].join(
    ', ',
  );
  if (mistakes > 0) context.print(`${style.bad('✗')} ${found} in ${read}`);
  else
    context.print(
      `${style.good('✓')} ${read}: ${warnings > 0 ? counted(warnings, 'warning') : 'no mistakes'}`,
    );
}
