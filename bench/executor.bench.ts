import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalExecutor } from '../core/executors/local.ts';
import type { AttemptDefinition, AttemptEvent, AttemptOrder } from '../core/model/attempt.ts';
import { systemClock } from '../core/model/clock.ts';
import type { TaskAction } from '../core/model/dag.ts';
import { attemptId, type NodeNo, type RunNo, type RunUid, type TryNo } from '../core/model/ids.ts';

/**
 * What the executor alone costs: `node bench/executor.bench.ts [runners]`. Round trip of a function that does
 * nothing, attempts per second with 8 outstanding, and commands one after the other.
 */
const projectDir = mkdtempSync(join(tmpdir(), 'orch-executor-bench-'));
mkdirSync(join(projectDir, 'dags'));
writeFileSync(
  join(projectDir, 'dags/work.ts'),
  'export const noop = () => undefined;\nexport const one = () => ({ n: 1 });\n',
);
const max = Number(process.argv[2] ?? 3);
const stateDir = join(projectDir, '.orch');
const executor = createLocalExecutor({
  projectDir,
  stateDir,
  clock: systemClock,
  epoch: 1,
  runners: { max },
});
let onEnded: (event: AttemptEvent) => void = () => undefined;
executor.onEvent = (event) => {
  if (event.type === 'attempt.ended') onEnded(event);
};

let node = 0;
let definitions = 0;

function definition(action: TaskAction): AttemptDefinition {
  definitions += 1;
  return {
    id: definitions,
    runNo: 1 as RunNo,
    runUid: '01890000-0000-7000-8000-000000000001' as RunUid,
    dagId: 'work',
    taskPath: `task${definitions}`,
    fanOutPath: null,
    action,
    inputNames: [],
    with: null,
    env: null,
    params: {},
    run: {
      id: 'r' as RunUid,
      dagId: 'work',
      logicalDate: null,
      interval: null,
      trigger: 'manual',
      assets: {},
      file: null,
    },
    code: { root: projectDir, entry: 'dags/work.ts' },
    isolation: 'process',
    timeoutMs: 3_600_000,
    killGraceMs: 10_000,
    memoryMb: null,
    itemNames: [],
  };
}

function order(of: AttemptDefinition, spinUs: number): AttemptOrder {
  node += 1;
  const nodeNo = node as NodeNo;
  const tryNo = 1 as TryNo;
  const id = attemptId(of.runNo, nodeNo, tryNo);
  return {
    attemptId: id,
    runNo: of.runNo,
    nodeNo,
    tryNo,
    definition: of,
    keys: [],
    items: [],
    inputs: [],
    spinUs,
  };
}

/** Runs `count` attempts with so many outstanding; milliseconds in all and the round trips. */
async function run(count: number, outstanding: number, spinUs: number, next: () => AttemptDefinition) {
  const trips = new Float64Array(count);
  const since = new Map<string, number>();
  let submitted = 0;
  let ended = 0;
  const startedMs = performance.now();
  await new Promise<void>((resolve, reject) => {
    const submit = (): void => {
      submitted += 1;
      const one = order(next(), spinUs);
      since.set(one.attemptId, performance.now());
      executor.submit(one);
    };
    onEnded = (event) => {
      if (event.type !== 'attempt.ended') return;
      if (event.outcome.kind !== 'success') reject(new Error(JSON.stringify(event.outcome)));
      trips[ended++] = performance.now() - (since.get(event.attemptId) ?? 0);
      since.delete(event.attemptId);
      if (submitted < count) submit();
      else if (ended === count) resolve();
    };
    for (let index = 0; index < outstanding; index++) submit();
  });
  return { totalMs: performance.now() - startedMs, trips: trips.sort() };
}

const us = (ms: number | undefined): string => `${((ms ?? 0) * 1000).toFixed(1)} us`;

await executor.start();
const noop = definition({ kind: 'function', ref: './work.ts#noop' });
const shell = definition({ kind: 'shell', run: 'true' });
await run(3_000, 1, 100, () => noop);
for (const [name, spinUs] of [
  ['spinning', 100],
  ['sleeping', 0],
] as const) {
  const { trips } = await run(5_000, 1, spinUs, () => noop);
  console.log(`round trip, ${name}: p50 ${us(trips[2_500])} p99 ${us(trips[4_950])}`);
}
const fresh = await run(2_000, 1, 100, () => definition({ kind: 'function', ref: './work.ts#one' }));
console.log(`round trip, a new definition each: p50 ${us(fresh.trips[1_000])}`);
for (const outstanding of [1, 2, 8, 32]) {
  const { totalMs } = await run(40_000, outstanding, 100, () => noop);
  console.log(`${outstanding} outstanding: ${Math.round(40_000 / (totalMs / 1000))} attempts/s`);
}
const many = await run(40_000, 8, 100, () => definition({ kind: 'function', ref: './work.ts#noop' }));
console.log(`8 outstanding, a new definition each: ${Math.round(40_000 / (many.totalMs / 1000))} attempts/s`);
const commands = await run(100, 1, 0, () => shell);
console.log(`100 x true, one after the other: ${commands.totalMs.toFixed(0)} ms`);
const parallel = await run(200, 8, 0, () => shell);
console.log(`200 x true, 8 at once: ${parallel.totalMs.toFixed(0)} ms`);
await executor.close();
rmSync(projectDir, { recursive: true, force: true });
