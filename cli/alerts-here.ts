import type { Alert, AlertMute, AlertRule } from '../client/generated/api.ts';
import { alertJson, muteJson, ruleJson } from '../core/alerting/alert-json.ts';
import { testMessage } from '../core/alerting/compose.ts';
import { DeliveryError } from '../core/channels/delivery-error.ts';
import { send } from '../core/channels/send.ts';
import type { AlertLevel, AlertState } from '../core/model/alert.ts';
import type { Project } from '../core/scheduler/project.ts';
import { newRunUid } from '../core/scheduler/run-uid.ts';
import { audited } from './audited.ts';

/** Alerts that a list has at most. */
export const LISTED_MAX = 100;

/** Which alerts are wanted; `null`: of any level. */
export interface AlertFilter {
  readonly levels: readonly AlertLevel[] | null;
  readonly states: readonly AlertState[];
  readonly rule?: string;
  readonly dagId?: string;
}

/** Where alerts are: in a project of this machine, or behind a server. */
export interface AlertPlace {
  /** Newest first, {@link LISTED_MAX} at most. */
  alerts(filter: AlertFilter): Promise<readonly Alert[]>;
  byPrefix(id: string): Promise<readonly Alert[]>;
  acknowledge(alertId: string): Promise<Alert>;
  mutes(): Promise<readonly AlertMute[]>;
  mute(wanted: NewMute): Promise<AlertMute>;
  unmute(muteId: string): Promise<void>;
  rules(): Promise<readonly AlertRule[]>;
  /** Names of channels. */
  channels(): Promise<readonly string[]>;
  /** Sends a message now; why it did not arrive, `null`: it did. */
  test(channel: string): Promise<string | null>;
}

/** A mute that is to be made. */
export interface NewMute {
  readonly rule: string | null;
  readonly dagId: string | null;
  readonly until: number | null;
  readonly reason: string;
}

/** The alerts of a project. */
export function alertsHere(project: Project): AlertPlace {
  const { store, clock, config } = project;
  return {
    alerts: async ({ levels, states, rule, dagId }) => {
      const found = await store.alerts.alerts({
        limit: LISTED_MAX,
        states,
        ...(levels === null ? {} : { levels }),
        ...(rule === undefined ? {} : { rule }),
        ...(dagId === undefined ? {} : { dagIds: [dagId] }),
      });
      return found.map(alertJson);
    },
    byPrefix: async (id) => (await store.alerts.byPrefix(id)).map(alertJson),
    acknowledge: async (alertId) => {
      const change = { action: 'acknowledgeAlert', target: `alertId=${alertId}`, status: 200 };
      await audited(project, change, (by) => store.alerts.acknowledge(alertId, by, clock.now()));
      const found = await store.alerts.alert(alertId);
      if (found === null) throw new Error(`alert ${alertId} vanished`);
      return alertJson(found);
    },
    mutes: async () => (await store.alerts.mutes(clock.now())).map(muteJson),
    mute: ({ rule, dagId, until, reason }) => {
      const createdAt = clock.now();
      const what = { muteId: newRunUid(createdAt), rule, dagId, until, reason, createdAt };
      const target = `rule=${rule ?? '*'} dagId=${dagId ?? '*'}`;
      return audited(project, { action: 'createAlertMute', target, status: 201 }, async (createdBy) => {
        await store.alerts.saveMute({ ...what, createdBy });
        return muteJson({ ...what, createdBy });
      });
    },
    unmute: async (muteId) => {
      const change = { action: 'removeAlertMute', target: `muteId=${muteId}`, status: 204 };
      await audited(project, change, () => store.alerts.removeMute(muteId));
    },
    rules: async () => config.alerts.rules.map(ruleJson),
    channels: async () => config.alerts.channels.map(({ name }) => name),
    test: (name) => testHere(project, name),
  };
}

async function testHere(project: Project, name: string): Promise<string | null> {
  const { config, clock } = project;
  const channel = config.alerts.channels.find((one) => one.name === name);
  if (channel === undefined) throw new Error(`channel ${name} vanished`);
  const change = { action: 'testAlertChannel', target: `name=${name}`, status: 200 };
  const message = testMessage(newRunUid(clock.now()), name, clock.now());
  return audited(project, change, async () => {
    try {
      await send(channel, message, clock);
      return null;
    } catch (error) {
      if (error instanceof DeliveryError) return error.message;
      throw error;
    }
  });
}
