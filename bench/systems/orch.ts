import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunNo } from '../../core/model/ids.ts';
import { isRunFinished } from '../../core/model/states.ts';
import { openProject } from '../../core/scheduler/project.ts';
import { openSession } from '../../core/scheduler/session.ts';
import type { Store } from '../../core/store/store.ts';
import type { BenchSystem } from '../system.ts';
import { dagIdOf, workloadProject } from './orch-project.ts';
import { readWitness } from './orch-witness.ts';

/** How often the end of a run is looked for; the total of a run is known to this precision. */
const LOOK_EVERY_MS = 1;

async function untilEnded(store: Store, runNo: RunNo): Promise<void> {
  for (;;) {
    const run = await store.run(runNo);
    if (run && isRunFinished(run.state)) {
      if (run.state !== 'success') throw new Error(`the run ended ${run.state}: ${run.because?.text ?? ''}`);
      return;
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** orch as `orch trigger` runs it: this process leads, keeper and runners are processes of their own. */
export async function openOrch(durability: 'normal' | 'full'): Promise<BenchSystem> {
  const folder = workloadProject(durability);
  const project = await openProject(folder.dir);
  const session = await openSession(project);
  return {
    async run(workload) {
      const runUid = randomUUID();
      const answer = await session.ask({
        type: 'trigger',
        dagId: dagIdOf(workload),
        runUid,
        trigger: 'manual',
        params: {},
        scope: {},
        maxParallel: null,
        inputsFrom: null,
        replaces: null,
      });
      if (!answer.ok) throw new Error(answer.message);
      const [run] = await project.store.runsByUid(runUid);
      if (!run) throw new Error('the run was accepted but is not stored');
      await untilEnded(project.store, run.runNo);
    },
    settle: (tasks, witness) => readWitness(folder.dir, tasks.length, witness),
    async close() {
      await session.close();
      await project.close();
      folder.remove();
    },
  };
}
