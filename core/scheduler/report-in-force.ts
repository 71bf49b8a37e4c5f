import type { SchedulerReport } from '../model/scheduler-report.ts';
import type { Store } from '../store/store.ts';

/** What the scheduler that leads has said of itself last; `null`: none leads, or it has said nothing. */
export async function reportInForce(
  store: Pick<Store, 'leader' | 'operations'>,
): Promise<SchedulerReport | null> {
  const report = await store.operations.facts.report();
  if (report === null) return null;
  return (await store.leader())?.epoch === report.epoch ? report : null;
}
