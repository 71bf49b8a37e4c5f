import { Type } from 'typebox';
import { alertJson, muteJson, ruleJson } from '../../core/alerting/alert-json.ts';
import { testMessage } from '../../core/alerting/compose.ts';
import { DeliveryError } from '../../core/channels/delivery-error.ts';
import { send } from '../../core/channels/send.ts';
import type { AlertDelivery, AlertMute, AlertRecord } from '../../core/model/alert.ts';
import { AppError } from '../../core/model/errors.ts';
import type { Access } from '../access.ts';
import { alertsInForce } from '../alerts-in-force.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { readInstant } from '../instants.ts';
import { API, type Route, route } from '../route.ts';
import {
  Alert,
  AlertId,
  AlertLevel,
  AlertState,
  Channel,
  ConfigName,
  Mute,
  MuteId,
  Rule,
} from '../schemas/alert.ts';
import { DagId, exact, limitOf, orNull, PAGING, pageOf } from '../schemas/words.ts';
import type { Services } from '../services.ts';
import { instant } from '../views.ts';

const tag = 'alerts';
const alertId = { alertId: AlertId };
/** So many of the newest messages of a channel are shown with it. */
const LATEST = 10;

async function find({ store }: Services, access: Access, id: string): Promise<AlertRecord> {
  const found = await store.alerts.alert(id);
  if (found === null || !access.has('viewer', found.dagId))
    throw new AppError('not_found', `there is no alert ${id}`);
  if (found.dagId === null) access.requireGlobal();
  else access.requireDag(found.dagId);
  return found;
}

const list = route('get', `${API}/alerts`, {
  id: 'listAlerts',
  tag,
  summary: 'What is or was wrong, newest first',
  role: 'viewer',
  query: {
    ...PAGING,
    level: Type.Optional(Type.Array(AlertLevel)),
    state: Type.Optional(Type.Array(AlertState)),
    rule: Type.Optional(ConfigName),
    dagId: Type.Optional(Type.Array(DagId)),
  },
  answer: pageOf('AlertPage', Alert),
  handle: async ({ store }, { query, access }) => {
    const limit = limitOf(query);
    const at = readCursor(query.cursor, ['string']);
    const dagIds = await access.dagIds(query.dagId);
    const found =
      dagIds?.length === 0
        ? []
        : await store.alerts.alerts({
            limit: limit + 1,
            ...(query.level === undefined ? {} : { levels: query.level }),
            ...(query.state === undefined ? {} : { states: query.state }),
            ...(query.rule === undefined ? {} : { rule: query.rule }),
            ...(dagIds === null ? {} : { dagIds }),
            ...(at === null ? {} : { before: at[0] }),
          });
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const nextCursor = found.length > limit && last !== undefined ? writeCursor([last.alertId]) : null;
    return { items: items.map(alertJson), nextCursor };
  },
});

const get = route('get', `${API}/alerts/{alertId}`, {
  id: 'getAlert',
  tag,
  summary: 'An alert',
  role: 'viewer',
  params: alertId,
  answer: Alert,
  handle: async (services, { params, access }) => alertJson(await find(services, access, params.alertId)),
});

const acknowledge = route('post', `${API}/alerts/{alertId}/acknowledge`, {
  id: 'acknowledgeAlert',
  tag,
  summary: 'Says that you take care of it: nobody is told of it any more but that it is over',
  role: 'operator',
  params: alertId,
  body: exact({}),
  answer: Alert,
  handle: async (services, { params, access }) => {
    const one = await find(services, access, params.alertId);
    const { store, clock } = services;
    if (one.state === 'resolved') throw new AppError('conflict', `alert ${one.alertId} is over`);
    await store.alerts.acknowledge(one.alertId, access.principal.name, clock.now());
    return alertJson(await find(services, access, one.alertId));
  },
});

const listMutes = route('get', `${API}/alerts/mutes`, {
  id: 'listAlertMutes',
  tag,
  summary: 'What nobody is told of for now, newest first',
  role: 'viewer',
  answer: pageOf('AlertMutePage', Mute),
  handle: async ({ store, clock }, { access }) => {
    const mutes = await store.alerts.mutes(clock.now());
    return {
      items: mutes.filter(({ dagId }) => access.has('viewer', dagId)).map(muteJson),
      nextCursor: null,
    };
  },
});

const createMute = route('post', `${API}/alerts/mutes`, {
  id: 'createAlertMute',
  tag,
  summary: 'Tells nobody of some alerts for a while; what is still wrong at its end is told then',
  role: 'operator',
  body: exact({
    rule: Type.Optional(orNull(ConfigName)),
    dagId: Type.Optional(orNull(DagId)),
    until: Type.Optional(
      orNull(Type.String({ description: 'an instant; null or absent: until it is taken back' })),
    ),
    reason: Type.Optional(Type.String({ maxLength: 1_000 })),
  }),
  answer: Mute,
  status: 201,
  handle: async (services, { body, access, newId }) => {
    const { store, clock } = services;
    const { rule = null, dagId = null, reason = '' } = body;
    if (dagId === null) access.requireGlobal();
    else await access.dag(dagId);
    if (rule !== null && !alertsInForce(services).rules.some(({ name }) => name === rule))
      throw new AppError('invalid', `there is no rule ${rule}`);
    const until = body.until == null ? null : readInstant('until', body.until);
    const createdAt = clock.now();
    if (until !== null && until <= createdAt) throw new AppError('invalid', 'until must be yet to come');
    const createdBy = access.principal.name;
    const mute: AlertMute = { muteId: newId(), rule, dagId, until, reason, createdBy, createdAt };
    await store.alerts.saveMute(mute);
    return muteJson(mute);
  },
});

const removeMute = route('delete', `${API}/alerts/mutes/{muteId}`, {
  id: 'removeAlertMute',
  tag,
  summary: 'Takes a mute back: what is still wrong is told within a minute',
  role: 'operator',
  params: { muteId: MuteId },
  handle: async ({ store, clock }, { params, access }) => {
    const missing = new AppError('not_found', `there is no mute ${params.muteId}`);
    const mute = (await store.alerts.mutes(clock.now())).find(({ muteId }) => muteId === params.muteId);
    if (mute === undefined || !access.has('viewer', mute.dagId)) throw missing;
    if (mute.dagId === null) access.requireGlobal();
    else access.requireDag(mute.dagId);
    if (!(await store.alerts.removeMute(mute.muteId))) throw missing;
  },
});

const rules = route('get', `${API}/alerts/rules`, {
  id: 'listAlertRules',
  tag,
  summary: 'The rules of the config',
  role: 'viewer',
  answer: pageOf('AlertRulePage', Rule),
  handle: async (services, { access }) => {
    access.requireGlobal();
    return { items: alertsInForce(services).rules.map(ruleJson), nextCursor: null };
  },
});

function deliveryView({ message, state, tries, createdAt, dueAt, error }: AlertDelivery) {
  const times = { createdAt: instant(createdAt), dueAt: instant(dueAt) };
  return { messageId: message.id, title: message.title, state, tries, ...times, error };
}

const channels = route('get', `${API}/alerts/channels`, {
  id: 'listAlertChannels',
  tag,
  summary: 'Where messages go, without addresses, and how it went',
  role: 'viewer',
  answer: pageOf('AlertChannelPage', Channel),
  handle: async (services, { access }) => {
    const { store } = services;
    access.requireGlobal();
    const items: Channel[] = [];
    for (const { name, kind } of alertsInForce(services).channels) {
      const how = await store.alerts.undelivered(name);
      const latest = await store.alerts.deliveries(name, LATEST);
      items.push({ name, kind, ...how, latest: latest.map(deliveryView) });
    }
    return { items, nextCursor: null };
  },
});

const testChannel = route('post', `${API}/alerts/channels/{name}/test`, {
  id: 'testAlertChannel',
  tag,
  summary: 'Sends a message to a channel now, in one try',
  role: 'admin',
  params: { name: ConfigName },
  body: exact({}),
  answer: exact({
    arrived: Type.Boolean(),
    error: orNull(Type.String({ description: 'why it did not arrive' })),
  }),
  handle: async (services, { params, access, newId }) => {
    const { clock } = services;
    access.requireGlobal();
    const channel = alertsInForce(services).channels.find(({ name }) => name === params.name);
    if (channel === undefined) throw new AppError('not_found', `there is no channel ${params.name}`);
    try {
      await send(channel, testMessage(newId(), channel.name, clock.now()), clock);
      return { arrived: true, error: null };
    } catch (error) {
      if (error instanceof DeliveryError) return { arrived: false, error: error.message };
      throw error;
    }
  },
});

/** What is wrong, and who is told of it. */
export const alertRoutes: readonly Route[] = [
  list,
  listMutes,
  createMute,
  removeMute,
  rules,
  channels,
  testChannel,
  get,
  acknowledge,
];
