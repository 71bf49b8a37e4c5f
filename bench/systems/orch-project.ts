import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Workload } from '../workloads.ts';
import { CONCURRENCY, STAGES, WORKLOADS } from '../workloads.ts';

/** A folder with a project of orch in it, for a benchmark. */
export interface BenchProject {
  readonly dir: string;
  remove(): void;
}

const BODY = "uses: './bench/orch-body.ts#body'";

function task(id: string, after: string | null, fib: number, indent = '  '): string {
  const wiring = after === null ? '' : `, after: [${after}]`;
  return `${indent}${id}: { ${BODY}, with: { fib: ${fib} }${wiring} }`;
}

function fanOut(id: string, wiring: readonly string[], over: string, tasks: readonly string[]): string[] {
  return [`  ${id}:`, ...wiring, '    forEach:', `      over: ${over}`, '      tasks:', ...tasks];
}

/** The tasks of a workload as YAML. The keys of a fan are what its source puts out, as in a real pipeline. */
function tasksYaml({ shape, size, fib }: Workload): string[] {
  const numbers = Array.from({ length: size }, (_, index) => index);
  switch (shape) {
    case 'chain':
      return numbers.map((n) => task(`t${n}`, n > 0 ? `t${n - 1}` : null, fib));
    case 'independent':
      return numbers.map((n) => task(`t${n}`, null, fib));
    case 'pipelines': {
      const stages = STAGES.map((stage, index) => task(stage, STAGES[index - 1] ?? null, fib, '        '));
      return fanOut('symbol', [], JSON.stringify(numbers.map((n) => `s${n}`)), stages);
    }
    case 'fan':
      return [
        `  src: { uses: './bench/orch-body.ts#source', with: { fib: ${fib}, keys: ${size} } }`,
        ...fanOut('middle', ['    needs: { src: src }'], `"\${{ needs.src }}"\n      maxKeys: ${size}`, [
          task('m', null, fib, '        '),
        ]),
        task('sink', 'middle', fib),
      ];
  }
}

/** Id of a workload's DAG. */
export function dagIdOf(workload: Workload): string {
  return workload.name.toLowerCase();
}

function dagYaml(workload: Workload): string {
  return [
    `id: ${dagIdOf(workload)}`,
    `maxActiveTasks: ${CONCURRENCY}`,
    'tasks:',
    ...tasksYaml(workload),
    '',
  ].join('\n');
}

/** A project without DAGs, with a folder for what their tasks see. */
export function emptyProject(config: string): BenchProject {
  const dir = mkdtempSync(join(tmpdir(), 'orch-bench-'));
  mkdirSync(join(dir, 'dags'));
  mkdirSync(join(dir, 'witness'));
  writeFileSync(join(dir, 'airflow.yaml'), config);
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** A project with one DAG for every workload; their tasks write into `witness/` when they ran. */
export function workloadProject(durability: 'normal' | 'full'): BenchProject {
  // A runner that is replaced takes the witness lines of its last milliseconds with it.
  const config = `store:\n  durability: ${durability}\nrunners:\n  maxAttempts: 1000000\n`;
  const project = emptyProject(config);
  mkdirSync(join(project.dir, 'dags', 'bench'));
  const body = fileURLToPath(new URL('./orch-body.ts', import.meta.url));
  copyFileSync(body, join(project.dir, 'dags', 'bench', 'orch-body.ts'));
  for (const workload of Object.values(WORKLOADS)) {
    writeFileSync(join(project.dir, 'dags', `${dagIdOf(workload)}.yaml`), dagYaml(workload));
  }
  return project;
}

/** A project with a chain of shell steps and a fan of them: `true`, as often as `chain` and `fan` say. */
export function shellProject(chain: number, fan: number): BenchProject {
  const project = emptyProject('');
  const step = (id: string, after: string): string =>
    `  ${id}: { run: 'true'${after ? `, after: [${after}]` : ''} }`;
  const middle = Array.from({ length: fan }, (_, n) => `m${n}`);
  const chainTasks = Array.from({ length: chain }, (_, n) => step(`t${n}`, n > 0 ? `t${n - 1}` : ''));
  const fanTasks = [step('src', ''), ...middle.map((id) => step(id, 'src')), step('sink', middle.join(', '))];
  const dag = (id: string, tasks: readonly string[]): string =>
    `id: ${id}\nmaxActiveTasks: ${CONCURRENCY}\ntasks:\n${tasks.join('\n')}\n`;
  writeFileSync(join(project.dir, 'dags', 'shell_chain.yaml'), dag('shell_chain', chainTasks));
  writeFileSync(join(project.dir, 'dags', 'shell_fan.yaml'), dag('shell_fan', fanTasks));
  return project;
}
