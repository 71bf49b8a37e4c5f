import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchProject, emptyProject } from '../systems/orch-project.ts';

/** Something of everything, over and over: a second brings about a dozen attempts. */
const DAGS: Readonly<Record<string, string>> = {
  'steps.yaml': `id: steps
schedule: '* * * * * *'
tasks:
  shell: { run: 'echo "$ORCH_ATTEMPT"' }
  call: { uses: './soak/body.ts#call', after: [shell], cache: { ttl: 30s } }
  fan:
    after: [call]
    forEach: { over: [A, B, C], tasks: { a: { uses: './soak/body.ts#call' } } }
  hooked: { run: 'true', after: [fan], onSuccess: { run: 'true' } }
`,
  'flaky.yaml': `id: flaky
schedule: '*/2 * * * * *'
maxActiveRuns: 3
tasks:
  fails: { uses: './soak/body.ts#fail', retries: { max: 2, delay: 200ms } }
  then: { run: 'true', after: [fails], triggerRule: all_done }
`,
  'looks.yaml': `id: looks
schedule: '*/5 * * * * *'
tasks:
  sensor: { uses: './soak/body.ts#look', sensor: { every: 300ms, timeout: 30s } }
  loop: { uses: './soak/body.ts#call', after: [sensor] }
`,
};

const BODY = `export const call = (_, ctx) => { console.log('called'); return { at: ctx.attempt }; };
export const fail = () => { throw new Error('on purpose'); };
export const look = (_, ctx) => Math.random() < 0.4;
`;

/** A project whose DAGs are due every few seconds, and whose runs go after two minutes. */
export function soakProject(): BenchProject {
  const project = emptyProject('retention: { runs: 2m, keep: 5 }\n');
  mkdirSync(join(project.dir, 'dags', 'soak'));
  writeFileSync(join(project.dir, 'dags', 'soak', 'body.ts'), BODY);
  for (const [file, text] of Object.entries(DAGS)) writeFileSync(join(project.dir, 'dags', file), text);
  return project;
}
