import { parseConnection } from '../../core/model/connection.ts';
import { AppError } from '../../core/model/errors.ts';
import { chosenAction, takesNoName } from '../chosen-action.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { connectionsThere } from '../remote/values.ts';
import { NEVER_A_WORD, secretInput } from '../secret-input.ts';
import { printValues, requireName } from '../value-list.ts';
import type { ConnectionPlace } from '../value-places.ts';
import { connectionsHere } from '../values-here.ts';
import { withProject } from '../with-project.ts';
import { removeValue, warnOfWinner } from './variable.ts';

type Act = (context: CommandContext, place: ConnectionPlace, name: string) => Promise<number>;

const ACTIONS: { readonly [action: string]: Act } = { list, show, set, delete: remove, test };

/** `orch connection <action>`: where tasks reach other systems, by name. */
export const connection = defineCommand({
  description:
    "A task names the connections that it may read in 'connections'. They are stored encrypted whole: " +
    'passwords and tokens are never shown again, and masked in the logs of tasks. ORCH_CONN_<name> in the ' +
    'environment comes first, the section connections of airflow.yaml last.',
  examples: [
    { command: 'orch connection set warehouse', what: 'asks for a URL or JSON, and does not show it' },
    { command: 'orch connection set warehouse < warehouse.json', what: 'from stdin' },
    { command: 'orch connection show warehouse', what: 'its fields; of secret ones only that they are set' },
    { command: 'orch connection list', what: 'names, types, and where each comes from' },
    { command: 'orch connection test warehouse', what: 'whether its server takes a connection; no login' },
    { command: 'orch connection delete warehouse', what: 'tasks do not find it any more' },
  ],
  excess: NEVER_A_WORD,
  define: (command) => {
    command
      .argument('<action>', 'list, show, set, delete or test')
      .argument('[name]', 'letters, digits and _');
  },
  run: (context, _options, args) => {
    const act = wish(args);
    return withProject(context, (project) => act(context, connectionsHere(project)));
  },
});

/** `orch connection` of a server. */
export const connectionThere: RemoteRun = (context, server, _options, args) =>
  wish(args)(context, connectionsThere(server));

/** What is asked for. @throws AppError `usage` for words that do not fit. */
function wish([action, name]: Parameters<RemoteRun>[3]) {
  const act = chosenAction('connection', ACTIONS, action, name);
  if (act === list) takesNoName('connection', action, name);
  else requireName('connection', String(action), name);
  return (context: CommandContext, place: ConnectionPlace) => act(context, place, String(name ?? ''));
}

async function list(context: CommandContext, place: ConnectionPlace): Promise<number> {
  printValues(context, 'connection', await place.list());
  return EXIT.ok;
}

async function show(context: CommandContext, place: ConnectionPlace, name: string): Promise<number> {
  const shown = await place.fields(name);
  if (context.flags.json) context.json({ name, ...shown });
  else
    context.print(
      Object.entries(shown)
        .map(([field, value]) => `${field}: ${value}`)
        .join('\n'),
    );
  return EXIT.ok;
}

async function set(context: CommandContext, place: ConnectionPlace, name: string): Promise<number> {
  const text = await secretInput(context, `Connection ${name}, a URL or JSON: `);
  if (text === null) return EXIT.interrupted;
  const read = parseConnection(text);
  if (!read.ok) throw new AppError('usage', `The connection ${read.problem}. Nothing was changed.`);
  const before = await place.stored(name);
  await place.save(name, read.connection);
  const { type } = read.connection;
  if (context.flags.json) context.json({ name, type });
  context.say(`connection ${name} is ${before === null ? 'new' : 'changed'}: ${type}`);
  warnOfWinner(context, place, name);
  return EXIT.ok;
}

function remove(context: CommandContext, place: ConnectionPlace, name: string): Promise<number> {
  return removeValue(context, place, 'connection', name);
}

async function test(context: CommandContext, place: ConnectionPlace, name: string): Promise<number> {
  const { place: reached, error } = await place.test(name);
  if (error !== null) throw new AppError('unavailable', `${reached} cannot be reached: ${error}.`);
  if (context.flags.json) context.json({ name, reached });
  context.say(`${reached} takes connections; nobody has logged in`);
  return EXIT.ok;
}
