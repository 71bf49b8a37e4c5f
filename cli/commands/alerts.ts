import type { Alert, AlertMute, AlertRule } from '../../client/generated/api.ts';
import { ALERT_LEVELS, ALERT_STATES, type AlertLevel, type AlertState } from '../../core/model/alert.ts';
import { durationText } from '../../core/model/duration.ts';
import { AppError } from '../../core/model/errors.ts';
import { nearest } from '../../core/model/nearest.ts';
import { type AlertPlace, alertsHere } from '../alerts-here.ts';
import { chosenAction, takesNoName } from '../chosen-action.ts';
import { collect, defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { durationFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { alertsThere } from '../remote/alerts.ts';
import { type Column, tableLines, tableWidth } from '../render/table.ts';
import { agoText } from '../render/time-text.ts';
import { withProject } from '../with-project.ts';

interface AlertsOptions {
  readonly state?: readonly string[];
  readonly level?: readonly string[];
  readonly rule?: string;
  readonly dag?: string;
  readonly for?: string;
  readonly reason?: string;
}

interface Wish {
  readonly place: AlertPlace;
  readonly options: AlertsOptions;
  /** Empty where an action takes none. */
  readonly name: string;
}

type Act = (context: CommandContext, wish: Wish) => Promise<number>;

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
  run: (context, options, args) => {
    const act = wish(options, args);
    return withProject(context, (project) => act(context, alertsHere(project)));
  },
});

/** `orch alerts` of a server. */
export const alertsOfServer: RemoteRun<AlertsOptions> = (context, server, options, args) =>
  wish(options, args)(context, alertsThere(server));

/** What is asked for. @throws AppError `usage` for words that do not fit. */
function wish(options: AlertsOptions, [action, name]: Parameters<RemoteRun>[3]) {
  const act = chosenAction('alerts', ACTIONS, action, name);
  const needs = NEEDS[String(action)];
  if (needs === undefined) takesNoName('alerts', action, name);
  else if (name === undefined) throw new AppError('usage', `'orch alerts ${action}' needs ${needs}.`);
  return (context: CommandContext, place: AlertPlace) =>
    act(context, { place, options, name: String(name ?? '') });
}

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

async function list(context: CommandContext, { place, options }: Wish): Promise<number> {
  const { rule, dag: dagId } = options;
  const found = await place.alerts({
    levels: chosen<AlertLevel>('level', ALERT_LEVELS, options.level),
    states: chosen<AlertState>('state', ALERT_STATES, options.state) ?? ['open', 'acknowledged'],
    ...(rule === undefined ? {} : { rule }),
    ...(dagId === undefined ? {} : { dagId }),
  });
  const now = context.host.clock.now();
  return printList(context, found, 'There are no such alerts.', [
    { title: 'id', text: ({ alertId }) => alertId },
    { title: 'level', text: ({ level }) => level },
    { title: 'state', text: ({ state }) => state },
    { title: 'rule', text: (one) => one.rule, flex: true },
    { title: 'seen', text: ({ count }) => `${count}`, align: 'right' },
    { title: 'last', text: ({ lastSeenAt }) => agoText(Date.parse(lastSeenAt), now) },
    { title: 'what', text: ({ title }) => title, flex: true },
  ]);
}

async function show(context: CommandContext, { place, name }: Wish): Promise<number> {
  const one = await alertOf(place, name);
  if (context.flags.json) context.json(one);
  else
    context.print(
      [
        `${one.title} (${one.level}, ${one.state})`,
        `  ${one.message}`,
        `  rule    ${one.rule}`,
        `  seen    ${one.count} times, ${one.firstSeenAt} to ${one.lastSeenAt}`,
        ...(one.runId === null ? [] : [`  run     ${one.runId}`]),
        ...(one.acknowledgedBy === null ? [] : [`  taken   by ${one.acknowledgedBy}`]),
        ...(one.resolvedAt === null ? [] : [`  over    ${one.resolvedAt}`]),
      ].join('\n'),
    );
  return EXIT.ok;
}

async function ack(context: CommandContext, { place, name }: Wish): Promise<number> {
  const one = await alertOf(place, name);
  if (one.state === 'resolved') throw new AppError('conflict', `Alert ${one.alertId} is over.`);
  const taken = await place.acknowledge(one.alertId);
  if (context.flags.json) context.json(taken);
  context.say(`alert ${one.alertId} is taken care of: ${one.title}`);
  return EXIT.ok;
}

async function mute(context: CommandContext, { place, options }: Wish): Promise<number> {
  const { rule = null, dag: dagId = null, reason = '' } = options;
  const lastsMs = options.for === undefined ? null : durationFlag('--for', options.for);
  if (rule !== null) {
    const names = await rulesSeen(place);
    if (names !== null && !names.includes(rule)) throw missing('rule', rule, names);
  }
  const until = lastsMs === null ? null : context.host.clock.now() + lastsMs;
  const made = await place.mute({ rule, dagId, until, reason });
  if (context.flags.json) context.json(made);
  const ends = `until ${made.until ?? `'orch alerts unmute ${made.muteId}'`}`;
  context.say(`nobody is told of ${muteText(made)} ${ends}`);
  return EXIT.ok;
}

/** The names of all rules; `null`: they are not for who may see some DAGs only. */
async function rulesSeen(place: AlertPlace): Promise<string[] | null> {
  try {
    return (await place.rules()).map(({ name }) => name);
  } catch (error) {
    if (error instanceof AppError && error.code === 'forbidden') return null;
    throw error;
  }
}

async function unmute(context: CommandContext, { place, name }: Wish): Promise<number> {
  const found = (await place.mutes()).filter(
    ({ muteId }) => name.length >= PREFIX_MIN && muteId.startsWith(name),
  );
  const [one] = found;
  if (one === undefined || found.length > 1)
    throw new AppError('not_found', `There is no mute '${name}'. See: orch alerts mutes.`);
  await place.unmute(one.muteId);
  if (context.flags.json) context.json(one);
  context.say(`${muteText(one)} is told of again`);
  return EXIT.ok;
}

async function listMutes(context: CommandContext, { place }: Wish): Promise<number> {
  return printList(context, await place.mutes(), 'There are no mutes.', [
    { title: 'id', text: ({ muteId }) => muteId },
    { title: 'mutes', text: muteText, flex: true },
    { title: 'until', text: ({ until }) => until ?? 'taken back' },
    { title: 'by', text: ({ createdBy }) => createdBy },
    { title: 'reason', text: ({ reason }) => reason, flex: true },
  ]);
}

async function listRules(context: CommandContext, { place }: Wish): Promise<number> {
  const none = 'There are no rules: docs/alerts.md shows the first one.';
  return printList(context, await place.rules(), none, [
    { title: 'rule', text: ({ name }) => name },
    { title: 'on', text: onText },
    { title: 'level', text: ({ level }) => level },
    { title: 'dags', text: ({ dags }) => dags.join(' ') || '*', flex: true },
    { title: 'tells', text: ({ channels }) => channels.join(' ') || 'nobody', flex: true },
    { title: 'cool-down', text: ({ coolDownMs }) => durationText(coolDownMs) },
  ]);
}

async function testChannel(context: CommandContext, { place, name }: Wish): Promise<number> {
  const channels = await place.channels();
  if (!channels.includes(name)) throw missing('channel', name, channels);
  const error = await place.test(name);
  if (error !== null) throw new AppError('unavailable', `A message to ${name} did not arrive: ${error}.`);
  if (context.flags.json) context.json({ arrived: true, error });
  context.say(`a message to ${name} has arrived`);
  return EXIT.ok;
}

function printList<Row>(
  context: CommandContext,
  items: readonly Row[],
  none: string,
  columns: readonly Column<Row>[],
): number {
  const { flags, host, style } = context;
  if (flags.json) context.json({ items, nextCursor: null });
  else if (items.length === 0) context.say(none);
  else context.print(tableLines(columns, items, tableWidth(host.stdout), style.dim).join('\n'));
  return EXIT.ok;
}

function missing(what: string, name: string, known: readonly string[]): AppError {
  const similar = nearest(name, known);
  const all = known.length === 0 ? 'None is configured.' : `There are: ${known.join(', ')}.`;
  const hint = similar === null ? all : `Did you mean '${similar}'?`;
  return new AppError('not_found', `There is no ${what} '${name}'. ${hint}`);
}

/** The alert that an id or its beginning names. */
async function alertOf(place: AlertPlace, id: string): Promise<Alert> {
  const found = id.length < PREFIX_MIN ? [] : await place.byPrefix(id);
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

function onText({ on, resource, threshold }: AlertRule): string {
  if (resource !== null) return `${resource} at ${threshold} %`;
  return threshold === 0 ? on : `${on} at ${threshold}`;
}

function muteText({ rule, dagId }: AlertMute): string {
  const what = rule === null ? 'all rules' : `rule ${rule}`;
  return dagId === null ? what : `${what} about ${dagId}`;
}
