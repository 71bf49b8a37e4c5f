import { DBOS } from '@dbos-inc/dbos-sdk';
import { runBody } from '../body.ts';
import { inDependencyOrder } from '../dependency-order.ts';
import type { BenchSystem, Services } from '../system.ts';
import type { Witness } from '../witness.ts';
import type { BenchTask } from '../workloads.ts';
import { CONCURRENCY } from '../workloads.ts';

/** DBOS on PostgreSQL with default durability: one workflow, every task a checkpointed step of it. */
export async function openDbos(services: Services): Promise<BenchSystem> {
  let current: { readonly tasks: readonly BenchTask[]; readonly witness: Witness } | null = null;
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: services.postgresUrl ?? '',
    systemDatabasePoolSize: 20,
    logLevel: 'error',
  });
  const workflow = DBOS.registerWorkflow(
    async () => {
      const { tasks = [], witness } = current ?? {};
      await inDependencyOrder(tasks, CONCURRENCY, (task) =>
        DBOS.runStep(async () => void witness?.saw(task.id, runBody(task.fib)), { name: task.id }),
      );
    },
    { name: 'benchWorkflow' },
  );
  await DBOS.launch();
  return {
    async run(_workload, tasks, witness) {
      current = { tasks, witness };
      const handle = await DBOS.startWorkflow(workflow)();
      await handle.getResult();
    },
    close: () => DBOS.shutdown(),
  };
}
