import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openProject } from '../../core/scheduler/project.ts';
import { openSession } from '../../core/scheduler/session.ts';
import { quantile } from '../statistics.ts';
import { runOnce } from '../systems/orch.ts';
import { workloadProject } from '../systems/orch-project.ts';
import { readSpans, type SeenSpan } from '../systems/orch-witness.ts';
import { WORKLOADS } from '../workloads.ts';
import { ms, type Reading } from './reading.ts';

/** Runners write what they saw some milliseconds later. */
const LINES_MS = 100;

/** Gaps of a chain, again and again, while a fan of 100,000 runs in another DAG. */
export async function fairness(quick: boolean): Promise<Reading[]> {
  const wide = quick ? WORKLOADS.W5 : WORKLOADS.W6;
  const folder = workloadProject('normal');
  const project = await openProject(folder.dir);
  const session = await openSession(project);
  const run = (workload: typeof wide): Promise<void> => runOnce(project, session, workload, randomUUID());
  try {
    await run(WORKLOADS.W1);
    await sleep(LINES_MS);
    readSpans(folder.dir);
    let isOver = false;
    const fan = run(wide).finally(() => {
      isOver = true;
    });
    while (!isOver) await run(WORKLOADS.W1);
    await fan;
    await sleep(LINES_MS);
    const gaps = gapsBeside(readSpans(folder.dir));
    const p99 = gaps.length === 0 ? Number.POSITIVE_INFINITY : quantile(gaps, 0.99);
    const what = `W1 while ${wide.name} runs: gap p50 / p99 of ${gaps.length}`;
    const found = gaps.length === 0 ? 'no chain came on' : `${ms(quantile(gaps, 0.5))} / ${ms(p99)}`;
    return [{ goal: '9', what, aim: 'p99 <= 5 ms', found, met: p99 <= 5 }];
  } finally {
    await session.close('now');
    await project.close();
    folder.remove();
  }
}

/** Gaps of chains, one chain after the other, while bodies of the fan ran. */
function gapsBeside(spans: readonly SeenSpan[]): number[] {
  const isLink = ({ taskId }: SeenSpan): boolean => /^t\d+$/.test(taskId);
  const fan = spans.filter(({ taskId }) => taskId === 'middle.m');
  const fromAt = fan.reduce((first, { startedAt }) => Math.min(first, startedAt), Number.POSITIVE_INFINITY);
  const untilAt = fan.reduce((last, { endedAt }) => Math.max(last, endedAt), 0);
  const links = spans.filter(isLink).sort((a, b) => a.startedAt - b.startedAt);
  return links.flatMap(({ taskId, startedAt }, at) => {
    const before = links[at - 1];
    const follows = before !== undefined && taskId !== 't0';
    return follows && before.endedAt >= fromAt && startedAt <= untilAt ? [startedAt - before.endedAt] : [];
  });
}
