import { type AlertPlace, LISTED_MAX } from '../alerts-here.ts';
import type { Server } from './server.ts';
import { WHOLE_ID } from './server-desk.ts';

/** Alerts in which an id that is not whole is looked for. */
const SEARCHED_MAX = 2_000;

/** The alerts of a server. */
export function alertsThere(server: Server): AlertPlace {
  return {
    alerts: ({ levels, states, rule, dagId }) => {
      const query = {
        state: [...states],
        ...(levels === null ? {} : { level: [...levels] }),
        ...(rule === undefined ? {} : { rule }),
        ...(dagId === undefined ? {} : { dagId: [dagId] }),
      };
      return server.items('listAlerts', { query }, LISTED_MAX);
    },
    byPrefix: async (id) => {
      if (WHOLE_ID.test(id)) return [await server.call('getAlert', { params: { alertId: id } })];
      const newest = await server.items('listAlerts', {}, SEARCHED_MAX);
      return newest.filter(({ alertId }) => alertId.startsWith(id));
    },
    acknowledge: (alertId) => server.call('acknowledgeAlert', { params: { alertId }, body: {} }),
    mutes: async () => (await server.call('listAlertMutes', {})).items,
    mute: ({ until, ...body }) => {
      const ends = until === null ? {} : { until: new Date(until).toISOString() };
      return server.call('createAlertMute', { body: { ...body, ...ends } });
    },
    unmute: (muteId) => server.call('removeAlertMute', { params: { muteId } }),
    rules: async () => (await server.call('listAlertRules', {})).items,
    channels: async () => (await server.call('listAlertChannels', {})).items.map(({ name }) => name),
    test: async (name) => (await server.call('testAlertChannel', { params: { name }, body: {} })).error,
  };
}
