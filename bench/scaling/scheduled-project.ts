import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchProject, emptyProject } from '../systems/orch-project.ts';

/** DAGs of one file: a file is evaluated in a process of its own, which takes longer than a DAG. */
const DAGS_A_FILE = 100;
const BODY = "uses: './bench/orch-body.ts#body', with: { fib: 0 }";

/** So many DAGs of one task each that does nothing, all with one schedule. */
export interface ScheduledDags {
  readonly prefix: string;
  readonly count: number;
  readonly schedule: string;
}

/** A project with scheduled DAGs; their tasks write into `witness/` when they ran. */
export function scheduledProject(
  kinds: readonly ScheduledDags[],
  config = '',
  dagsAFile = DAGS_A_FILE,
): BenchProject {
  const project = emptyProject(`runners:\n  maxAttempts: 1000000\n${config}`);
  mkdirSync(join(project.dir, 'dags', 'bench'));
  const body = fileURLToPath(new URL('../systems/orch-body.ts', import.meta.url));
  copyFileSync(body, join(project.dir, 'dags', 'bench', 'orch-body.ts'));
  for (const { prefix, count, schedule } of kinds) {
    const dag = (no: number): string =>
      `---\nid: ${prefix}${no}\nschedule: '${schedule}'\ntasks: { t: { ${BODY} } }\n`;
    for (let first = 0; first < count; first += dagsAFile) {
      const size = Math.min(dagsAFile, count - first);
      const text = Array.from({ length: size }, (_, no) => dag(first + no)).join('');
      writeFileSync(join(project.dir, 'dags', `${prefix}${first}.yaml`), text);
    }
  }
  return project;
}
