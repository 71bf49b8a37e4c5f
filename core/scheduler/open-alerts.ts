import type { Config } from '../config/config.ts';
import type { Logger } from '../log/logger.ts';
import type { Lease } from '../store/store.ts';
import { AlertDesk } from './alert-desk.ts';
import type { Leader } from './leader.ts';
import type { Project } from './project.ts';
import { machineSampler, sampleAlerts } from './sample-alerts.ts';

/** Has some rules look at what the leader of a project does. */
export async function openAlerts(
  project: Project,
  alerts: Config['alerts'],
  lease: Lease,
  leader: Leader,
  log: Logger,
): Promise<AlertDesk> {
  const { store, clock, stateDir } = project;
  const { rules, channels } = alerts;
  const isMeasured = rules.some(({ on }) => on === 'resource');
  const resources = isMeasured ? machineSampler(stateDir) : null;
  const desk = new AlertDesk({
    rules,
    channels,
    store,
    lease,
    clock,
    log,
    sample: () => sampleAlerts({ store, leader, clock, resources }),
    onTurned: (turned) => {
      for (const { alertId, rule, level, title, dagId, state } of turned) {
        const dag = dagId === null ? {} : { dag: dagId };
        const facts = { ...dag, alert: alertId, rule, level, title };
        const code = state === 'resolved' ? 'alert_resolved' : 'alert_opened';
        leader.tell({ type: 'noted', code, facts });
      }
    },
  });
  await desk.start();
  return desk;
}
