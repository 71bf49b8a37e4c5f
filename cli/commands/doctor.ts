import { AppError } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import { examine, type Finding } from '../examine.ts';
import { EXIT } from '../exit-code.ts';
import { projectDir } from '../project-dir.ts';
import type { Style } from '../style.ts';

const GLYPHS = { ok: '✓', warning: '!', problem: '✗' } as const;

/** `orch doctor`: checks the machine and the state of a project, and says what to do. */
export const doctor = defineCommand({
  description:
    'Reads everything that is stored; on a large project this takes a while. Exit 1 if there is a problem.',
  examples: [
    { command: 'orch doctor', what: 'check this machine and project' },
    { command: 'orch doctor --json', what: 'for a report' },
  ],
  define: () => {},
  run: async (context) => {
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
    else context.print(findings.map((one) => line(one, context.style)).join('\n'));
    return problems === 0 ? EXIT.ok : EXIT.runFailed;
  },
});

function line({ level, topic, text, advice }: Finding, style: Style): string {
  const paint = level === 'ok' ? style.good : level === 'warning' ? style.warn : style.bad;
  const head = `${paint(GLYPHS[level])} ${style.bold(topic.padEnd(10))} ${text}`;
  return advice === undefined ? head : `${head}\n${' '.repeat(13)}${style.dim(advice)}`;
}
