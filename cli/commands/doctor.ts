import { AppError } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import { examine } from '../examine.ts';
import { EXIT } from '../exit-code.ts';
import { projectDir } from '../project-dir.ts';
import { findingLines } from '../render/finding-lines.ts';
import { repairProject } from '../repair-project.ts';

interface DoctorOptions {
  readonly repair?: boolean;
  readonly dryRun?: boolean;
}

/**
 * `orch doctor`: checks the machine and the state of a project, and says what to do. `--repair` mends what is
 * stored.
 */
export const doctor = defineCommand<DoctorOptions>({
  description:
    'Reads everything that is stored; on a large project this takes a while. Exit 1 if there is a problem. ' +
    '--repair needs a project that no process leads; the journal has a line for each change.',
  examples: [
    { command: 'orch doctor', what: 'check this machine and project' },
    { command: 'orch doctor --json', what: 'for a report' },
    { command: 'orch doctor --repair -n', what: 'what a repair of what is stored would do' },
    { command: 'orch doctor --repair', what: 'repair what is stored' },
  ],
  define: (command) => {
    command
      .option('--repair', 'repair what is stored, where what is right can be told')
      .option('-n, --dry-run', 'with --repair: only say what would be done');
  },
  run: async (context, options) => {
    if (options.repair === true) return repairProject(context, options.dryRun === true);
    if (options.dryRun === true)
      throw new AppError('usage', "--dry-run goes with --repair: 'orch doctor --repair --dry-run'.");
    let dir: string | null;
    try {
      dir = projectDir(context);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      dir = null;
    }
    const findings = await examine(context, dir);
    const problems = findings.filter(({ level }) => level === 'problem').length;
    if (context.flags.json) context.json({ ok: problems === 0, items: findings });
    else context.print(findings.flatMap((one) => findingLines(one, context.style)).join('\n'));
    return problems === 0 ? EXIT.ok : EXIT.runFailed;
  },
});
