import { testMessage } from '../../core/alerting/compose.ts';
import { DeliveryError } from '../../core/channels/delivery-error.ts';
import { send } from '../../core/channels/send.ts';
import {
  ALERT_LEVELS,
  ALERT_STATES,
  type AlertLevel,
  type AlertMute,
  type AlertRecord,
  type AlertRule,
  type AlertState,
} from '../../core/model/alert.ts';
import { durationText } from '../../core/model/duration.ts';
import { AppError } from '../../core/model/errors.ts';
import { nearest } from '../../core/model/nearest.ts';
import type { Project } from '../../core/scheduler/project.ts';
import { newRunUid } from '../../core/scheduler/run-uid.ts';
import { audited } from '../audited.ts';
import { chosenAction, takesNoName } from '../chosen-action.ts';
import { collect, defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { durationFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { type Column, tableLines, tableWidth } from '../render/table.ts';
import { agoText, instantText } from '../render/time-text.ts';
import { withProject } from '../with-project.ts';

interface AlertsOptions {
  readonly state?: readonly string[];
  readonly level?: readonly string[];
  readonly rule?: string;
  readonly dag?: string;
  readonly for?: string;
  readonly reason?: string;
}

type Act = (context: CommandContext, options: AlertsOptions, name: string | undefined) => Promise<number>;

const ACTIONS: { readonly [action: string]: Act } = {
  list,
  show,
  ack,
  mute,
  unmute,
  mutes: listMutes,
  rules: listRules,
  test: testChannel,
};
/** The beginning of an id that is enough, as far as only one has it. */
const PREFIX_MIN = 4;
const LISTED_MAX = 100;

/** `orch alerts <action>`: what is wrong, and who is told of it. */
export const alerts = defineCommand<AlertsOptions>({
  description:
    'Rules and channels are in the section alerts of airflow.yaml. Alerts are those that a scheduler has ' +
    'raised; whoever leads tells of them.',
  examples: [
    { command: 'orch alerts list', what: 'what is wrong now' },
    { command: 'orch alerts list --state resolved --level critical', what: 'what was' },
    { command: 'orch alerts ack 019ac0de', what: 'you take care: nobody is told of it again' },
    {
      command: 'orch alerts mute --dag prices --for 2h --reason "move of the exchange"',
      what: 'quiet for a while',
    },
    { command: 'orch alerts test ops', what: 'sends a message to a channel now' },
  ],
  define: (command) => {
    command
      .argument('<action>', 'list, show, ack, mute, unmute, mutes, rules or test')
      .argument('[name]', 'show, ack, unmute: an id or its beginning; test: a channel')
      .option('--state <state>', `list: ${ALERT_STATES.join(', ')} (repeatable)`, collect)
      .option('--level <level>', `list: ${ALERT_LEVELS.join(', ')} (repeatable)`, collect)
      .option('--rule <rule>', 'list, mute: of this rule only')
      .option('--dag <dag>', 'list, mute: about this DAG only')
      .option('--for <duration>', 'mute: for so long; otherwise until it is taken back')
      .option('--reason <text>', 'mute: why');
  },
  run: (context, options, [action, name]) => {
    const act = chosenAction('alerts', ACTIONS, action, name);
    const needs = NEEDS[String(action)];
    if (needs === undefined) takesNoName('alerts', action, name);
    else if (name === undefined) throw new AppError('usage', `'orch alerts ${action}' needs ${needs}.`);
    return act(context, options, name === undefined ? name : String(name));
  },
});

/** What actions cannot do without. */
const NEEDS: { readonly [action: string]: string } = {
  show: 'the id of an alert',
  ack: 'the id of an alert',
  unmute: "the id of a mute: see 'orch alerts mutes'",
  test: 'the name of a channel of airflow.yaml',
};

function chosen<Word extends string>(
  flag: string,
  words: readonly Word[],
  given: readonly string[] | undefined,
): readonly Word[] | null {
  const wrong = given?.find((word) => !words.includes(word as Word));
  if (wrong !== undefined) {
    const similar = nearest(wrong, words);
    const hint = similar === null ? `It is one of ${words.join(', ')}.` : `Did you mean '${similar}'?`;
    throw new AppError('usage', `There is no ${flag} '${wrong}'. ${hint}`);
  }
  return (given as readonly Word[] | undefined) ?? null;
}

function list(context: CommandContext, options: AlertsOptions): Promise<number> {
  const levels = chosen<AlertLevel>('level', ALERT_LEVELS, options.level);
  const states =
    chosen<AlertState>('state', ALERT_STATES, options.state) ?? (['open', 'acknowledged'] as const);
  return withProject(context, async ({ store, clock }) => {
    const found = await store.alerts.alerts({
      limit: LISTED_MAX,
      states,
      ...(levels === null ? {} : { levels }),
      ...(options.rule === undefined ? {} : { rule: options.rule }),
      ...(options.dag === undefined ? {} : { dagIds: [options.dag] }),
    });
    if (context.flags.json) context.json({ items: found.map(alertJson), nextCursor: null });
    else if (found.length === 0) context.say('There are no such alerts.');
    else {
      const now = clock.now();
      print(context, found, [
        { title: 'id', text: ({ alertId }) => alertId },
        { title: 'level', text: ({ level }) => level },
        { title: 'state', text: ({ state }) => state },
        { title: 'rule', text: ({ rule }) => rule, flex: true },
        { title: 'seen', text: ({ count }) => `${count}`, align: 'right' },
        { title: 'last', text: ({ lastSeenAt }) => agoText(lastSeenAt, now) },
        { title: 'what', text: ({ title }) => title, flex: true },
      ]);
    }
    return EXIT.ok;
  });
}

function show(context: CommandContext, _options: AlertsOptions, name: string | undefined): Promise<number> {
  return withProject(context, async (project) => {
    const one = await findAlert(project, 'show', name);
    if (context.flags.json) context.json(alertJson(one));
    else
      context.print(
        [
          `${one.title} (${one.level}, ${one.state})`,
          `  ${one.message}`,
          `  rule    ${one.rule}`,
          `  seen    ${one.count} times, ${instantText(one.firstSeenAt)} to ${instantText(one.lastSeenAt)}`,
          ...(one.runId === null ? [] : [`  run     ${one.runId}`]),
          ...(one.acknowledgedBy === null ? [] : [`  taken   by ${one.acknowledgedBy}`]),
          ...(one.resolvedAt === null ? [] : [`  over    ${instantText(one.resolvedAt)}`]),
        ].join('\n'),
      );
    return EXIT.ok;
  });
}

function ack(context: CommandContext, _options: AlertsOptions, name: string | undefined): Promise<number> {
  return withProject(context, async (project) => {
    const one = await findAlert(project, 'ack', name);
    if (one.state === 'resolved') throw new AppError('conflict', `Alert ${one.alertId} is over.`);
    const change = { action: 'acknowledgeAlert', target: `alertId=${one.alertId}`, status: 200 };
    const at = project.clock.now();
    await audited(project, change, (by) => project.store.alerts.acknowledge(one.alertId, by, at));
    if (context.flags.json) context.json(alertJson(await findAlert(project, 'ack', one.alertId)));
    context.say(`alert ${one.alertId} is taken care of: ${one.title}`);
    return EXIT.ok;
  });
}

function mute(context: CommandContext, options: AlertsOptions): Promise<number> {
  const { rule = null, dag: dagId = null, reason = '' } = options;
  const lastsMs = options.for === undefined ? null : durationFlag('--for', options.for);
  return withProject(context, async (project) => {
    const { store, clock, config } = project;
    const rules = config.alerts.rules.map(({ name }) => name);
    if (rule !== null && !rules.includes(rule)) throw missing('rule', rule, rules);
    const createdAt = clock.now();
    const until = lastsMs === null ? null : createdAt + lastsMs;
    const what = { muteId: newRunUid(createdAt), rule, dagId, until, reason, createdAt };
    const change = {
      action: 'createAlertMute',
      target: `rule=${rule ?? '*'} dagId=${dagId ?? '*'}`,
      status: 201,
    };
    const made = await audited(project, change, async (by) => {
      const one: AlertMute = { ...what, createdBy: by };
      await store.alerts.saveMute(one);
      return one;
    });
    if (context.flags.json) context.json(muteJson(made));
    const ends = until === null ? `until 'orch alerts unmute ${made.muteId}'` : `until ${instantText(until)}`;
    context.say(`nobody is told of ${muteText(made)} ${ends}`);
    return EXIT.ok;
  });
}

function unmute(context: CommandContext, _options: AlertsOptions, name: string | undefined): Promise<number> {
  return withProject(context, async (project) => {
    const { store, clock } = project;
    const mutes = await store.alerts.mutes(clock.now());
    const found = mutes.filter(({ muteId }) => isMeant(muteId, name));
    const [one] = found;
    if (one === undefined || found.length > 1)
      throw new AppError('not_found', `There is no mute '${name ?? ''}'. See: orch alerts mutes.`);
    const change = { action: 'removeAlertMute', target: `muteId=${one.muteId}`, status: 204 };
    await audited(project, change, () => store.alerts.removeMute(one.muteId));
    if (context.flags.json) context.json(muteJson(one));
    context.say(`${muteText(one)} is told of again`);
    return EXIT.ok;
  });
}

function listMutes(context: CommandContext): Promise<number> {
  return withProject(context, async ({ store, clock }) => {
    const found = await store.alerts.mutes(clock.now());
    if (context.flags.json) context.json({ items: found.map(muteJson), nextCursor: null });
    else if (found.length === 0) context.say('There are no mutes.');
    else
      print(context, found, [
        { title: 'id', text: ({ muteId }) => muteId },
        { title: 'mutes', text: muteText, flex: true },
        { title: 'until', text: ({ until }) => (until === null ? 'taken back' : String(instantText(until))) },
        { title: 'by', text: ({ createdBy }) => createdBy },
        { title: 'reason', text: ({ reason }) => reason, flex: true },
      ]);
    return EXIT.ok;
  });
}

function listRules(context: CommandContext): Promise<number> {
  return withProject(context, async ({ config }) => {
    const { rules } = config.alerts;
    if (context.flags.json) context.json({ items: rules.map((rule) => ({ ...rule })), nextCursor: null });
    else if (rules.length === 0) context.say('There are no rules: docs/alerts.md shows the first one.');
    else
      print(context, rules, [
        { title: 'rule', text: ({ name }) => name },
        { title: 'on', text: onText },
        { title: 'level', text: ({ level }) => level },
        { title: 'dags', text: ({ dags }) => dags.join(' ') || '*', flex: true },
        { title: 'tells', text: ({ channels }) => channels.join(' ') || 'nobody', flex: true },
        { title: 'cool-down', text: ({ coolDownMs }) => durationText(coolDownMs) },
      ]);
    return EXIT.ok;
  });
}

function testChannel(
  context: CommandContext,
  _options: AlertsOptions,
  name: string | undefined,
): Promise<number> {
  return withProject(context, async (project) => {
    const { config, clock } = project;
    const { channels } = config.alerts;
    const channel = channels.find((one) => one.name === name);
    if (channel === undefined)
      throw missing(
        'channel',
        name ?? '',
        channels.map((one) => one.name),
      );
    const change = { action: 'testAlertChannel', target: `name=${channel.name}`, status: 200 };
    const message = testMessage(newRunUid(clock.now()), channel.name, clock.now());
    await audited(project, change, () => send(channel, message, clock)).catch((error: unknown) => {
      if (!(error instanceof DeliveryError)) throw error;
      throw new AppError('unavailable', `A message to ${channel.name} did not arrive: ${error.message}.`);
    });
    if (context.flags.json) context.json({ arrived: true, error: null });
    context.say(`a message to ${channel.name} has arrived`);
    return EXIT.ok;
  });
}

function print<Row>(context: CommandContext, rows: readonly Row[], columns: readonly Column<Row>[]): void {
  const width = tableWidth(context.host.stdout);
  context.print(tableLines(columns, rows, width, context.style.dim).join('\n'));
}

function missing(what: string, name: string, known: readonly string[]): AppError {
  const similar = nearest(name, known);
  const all = known.length === 0 ? 'None is configured.' : `There are: ${known.join(', ')}.`;
  const hint = similar === null ? all : `Did you mean '${similar}'?`;
  return new AppError('not_found', `There is no ${what} '${name}'. ${hint}`);
}

/** The alert that an id or its beginning names. */
async function findAlert({ store }: Project, action: string, id: string | undefined): Promise<AlertRecord> {
  if (id === undefined) throw new AppError('usage', `'orch alerts ${action}' needs the id of an alert.`);
  const found = id.length < PREFIX_MIN ? [] : await store.alerts.byPrefix(id);
  const [one] = found;
  if (found.length > 1)
    throw new AppError(
      'usage',
      `Several alerts begin with '${id}': ${found.map((a) => a.alertId).join(', ')}.`,
    );
  if (one === undefined)
    throw new AppError('not_found', `There is no alert with the id '${id}'. See: orch alerts list.`);
  return one;
}

function isMeant(id: string, given: string | undefined): boolean {
  return given !== undefined && given.length >= PREFIX_MIN && id.startsWith(given);
}

function onText({ on, resource, threshold }: AlertRule): string {
  if (resource !== null) return `${resource} at ${threshold} %`;
  return threshold === 0 ? on : `${on} at ${threshold}`;
}

function muteText({ rule, dagId }: AlertMute): string {
  const what = rule === null ? 'all rules' : `rule ${rule}`;
  return dagId === null ? what : `${what} about ${dagId}`;
}

function alertJson({ fingerprint: _, ...one }: AlertRecord): object {
  return {
    ...one,
    firstSeenAt: instantText(one.firstSeenAt),
    lastSeenAt: instantText(one.lastSeenAt),
    acknowledgedAt: instantText(one.acknowledgedAt),
    resolvedAt: instantText(one.resolvedAt),
  };
}

function muteJson(one: AlertMute): object {
  return { ...one, until: instantText(one.until), createdAt: instantText(one.createdAt) };
}
