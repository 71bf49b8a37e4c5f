import type { Logger } from '../log/logger.ts';
import type { Lease } from '../store/store.ts';
import type { AlertDesk } from './alert-desk.ts';
import type { Leader } from './leader.ts';
import type { Project } from './project.ts';
import { asError } from './quarantine.ts';

/**
 * The alerts of a process that leads; `null` without rules: then nothing of them is loaded. Trouble with
 * alerts is no reason not to lead.
 */
export async function alertsOf(
  project: Project,
  lease: Lease,
  leader: Leader,
  log: Logger,
): Promise<AlertDesk | null> {
  if (project.config.alerts.rules.length > 0) {
    const { openAlerts } = await import('./open-alerts.ts');
    return openAlerts(project, lease, leader, log);
  }
  await project.store.alerts.forgetCursor(lease).catch((error: unknown) => {
    log.warn({ err: asError(error) }, 'rules of alerts that come later may look at what is past');
  });
  return null;
}
