import { hostname } from 'node:os';
import type { Static } from 'typebox';
import { reportInForce } from '../core/scheduler/report-in-force.ts';
import type { CurrentFigures } from './schemas/figures.ts';
import type { Services } from './services.ts';
import { instant } from './views.ts';

/** Figures of now: of the machine of this server, and of what there is to do for whoever leads. */
export async function readFigures(services: Services): Promise<Static<typeof CurrentFigures>> {
  const { store, clock, meter, config } = services;
  const now = clock.now();
  const { tally } = store.operations;
  const [machine, report, today, active, requests] = await Promise.all([
    meter.read(),
    reportInForce(store),
    tally.today(now),
    tally.active(),
    store.pendingRequests(),
  ]);
  return {
    at: instant(now),
    host: hostname(),
    ...machine,
    activeTasks: active,
    pendingTasks: report?.pending ?? 0,
    completedTasksToday: today.completed,
    failedTasksToday: today.failed,
    // What was asked above has answered.
    queue: { engine: config.store.kind, connected: true, requests: requests.length },
  };
}
