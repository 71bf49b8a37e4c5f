import { randomUUID } from 'node:crypto';
import { openProject, type Project } from '../../core/scheduler/project.ts';
import { openSession, type Session } from '../../core/scheduler/session.ts';
import type { BenchSystem } from '../system.ts';
import type { Workload } from '../workloads.ts';
import { dagIdOf, workloadProject } from './orch-project.ts';
import { readWitness } from './orch-witness.ts';

/** orch as `orch trigger` runs it: this process leads, keeper and runners are processes of their own. */
export async function openOrch(durability: 'normal' | 'full'): Promise<BenchSystem> {
  const folder = workloadProject(durability);
  const project = await openProject(folder.dir);
  const session = await openSession(project);
  return {
    run: (workload) => runOnce(project, session, workload, randomUUID()),
    settle: (tasks, witness) => readWitness(folder.dir, tasks.length, witness),
    async close() {
      await session.close();
      await project.close();
      folder.remove();
    },
  };
}

/** Triggers the DAG of a workload and resolves when it is known that the run has succeeded. */
export async function runOnce(
  project: Project,
  session: Session,
  workload: Workload,
  runUid: string,
): Promise<void> {
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
  const ended = await session.finished(run.runNo);
  if (ended.state !== 'success') throw new Error(`the run ended ${ended.state}: ${ended.because?.text}`);
}
