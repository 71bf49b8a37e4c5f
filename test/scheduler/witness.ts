import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the bodies of tasks say of themselves, outside the store: one line at the start, one at the end. */
export interface WitnessLine {
  readonly mark: 'START' | 'END';
  readonly instance: string;
  readonly attemptId: string;
  readonly pid: number;
  /** CLOCK_MONOTONIC in milliseconds: comparable between processes. */
  readonly at: number;
}

/**
 * TypeScript of a module of task bodies that witness their start and end; by name, what each does in between.
 */
export function witnessModule(bodies: { readonly [name: string]: string }): string {
  const functions = Object.entries(bodies).map(
    ([name, work]) => `export async function ${name}(_inputs, ctx) {
  mark('START', ctx);
  ${work}
  mark('END', ctx);
}`,
  );
  return `import { appendFileSync } from 'node:fs';
function mark(word, ctx) {
  const instance = ctx.taskId + '[' + (ctx.key ?? '') + ']';
  const at = Number(process.hrtime.bigint()) / 1e6;
  const line = [word, instance, ctx.attemptId, process.pid, at].join(' ') + '\\n';
  appendFileSync(ctx.projectDir + '/witness.log', line);
}
${functions.join('\n')}
`;
}

/** Reads the witness of a project. */
export function readWitness(dir: string): WitnessLine[] {
  let text = '';
  try {
    text = readFileSync(join(dir, 'witness.log'), 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [mark, instance, attemptId, pid, at] = line.split(' ');
      return {
        mark: mark as WitnessLine['mark'],
        instance: instance ?? '',
        attemptId: attemptId ?? '',
        pid: Number(pid),
        at: Number(at),
      };
    });
}

/**
 * What must never be seen: an attempt that started twice, and an attempt that started while an earlier one of
 * the instance was still at work.
 */
export function violations(lines: readonly WitnessLine[]): string[] {
  const found: string[] = [];
  const started = new Set<string>();
  const byInstance = new Map<string, WitnessLine[]>();
  for (const line of lines) {
    if (line.mark === 'START' && started.has(line.attemptId))
      found.push(`attempt ${line.attemptId} started twice`);
    if (line.mark === 'START') started.add(line.attemptId);
    // Instances of two runs of one DAG are two instances.
    const instance = `run ${line.attemptId.split('.')[0]}: ${line.instance}`;
    byInstance.set(instance, [...(byInstance.get(instance) ?? []), line]);
  }
  for (const [instance, own] of byInstance) {
    const ends = new Map(own.filter((line) => line.mark === 'END').map((line) => [line.attemptId, line.at]));
    const starts = own.filter((line) => line.mark === 'START').sort((a, b) => a.at - b.at);
    for (const [index, later] of starts.entries()) {
      for (const earlier of starts.slice(0, index)) {
        const endedAt = ends.get(earlier.attemptId);
        if (endedAt !== undefined && endedAt > later.at)
          found.push(`${instance}: two attempts at work at once`);
      }
    }
  }
  return found;
}
