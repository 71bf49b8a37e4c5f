import { join } from 'node:path';
import { violationText } from '../core/model/violation.ts';
import { repairOf } from '../core/planner/repair.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { Finding } from './examine.ts';
import { viewViolations } from './violation-view.ts';

/** What the check of all that is stored found. */
export async function storeFinding({ config, stateDir, store }: Project): Promise<Finding> {
  const where = config.store.kind === 'sqlite' ? join(stateDir, 'orch.db') : 'PostgreSQL';
  const found = await store.checkIntegrity();
  if (found.length === 0) return { level: 'ok', topic: 'store', text: `${where} is sound` };
  const repairs = found.map(repairOf);
  const reasons = new Set(repairs.flatMap(({ left }) => left.map(({ why }) => why)));
  const advice = [
    ...(repairs.some(({ steps }) => steps.length > 0)
      ? ["'orch doctor --repair -n' lists what a repair would do"]
      : []),
    ...[...reasons].map((why) => `not repaired: ${why}`),
  ];
  return {
    level: 'problem',
    topic: 'store',
    text: `${where}: ${found.map(violationText).join(' ')}`,
    advice: advice.join('; '),
    violations: await viewViolations(store, found),
  };
}
