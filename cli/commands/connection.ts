import {
  type Connection,
  type ConnectionType,
  fieldsOf,
  parseConnection,
} from '../../core/model/connection.ts';
import { AppError } from '../../core/model/errors.ts';
import type { Project } from '../../core/scheduler/project.ts';
import { connectionRecord, openConnection } from '../../core/secrets/keep-values.ts';
import { audited } from '../audited.ts';
import { chosenAction, takesNoName } from '../chosen-action.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { reach } from '../reach-connection.ts';
import { NEVER_A_WORD, secretInput } from '../secret-input.ts';
import { listedValues, printValues } from '../value-list.ts';
import { withProject } from '../with-project.ts';
import { removeValue, requireName, unknownValue, warnOfEnvironment } from './variable.ts';

type Act = (context: CommandContext, options: object, name: string) => Promise<number>;

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
  run: (context, options, [action, name]) => {
    const act = chosenAction('connection', ACTIONS, action, name);
    if (act === list) takesNoName('connection', action, name);
    else requireName('connection', String(action), name);
    return act(context, options, String(name ?? ''));
  },
});

function list(context: CommandContext): Promise<number> {
  return withProject(context, async (project) => {
    printValues(context, 'connection', await listedValues(project, 'connection'));
    return EXIT.ok;
  });
}

function show(context: CommandContext, _options: object, name: string): Promise<number> {
  return withProject(context, async (project) => {
    const shown = withoutSecrets(await connectionNamed(project, name));
    if (context.flags.json) context.json({ name, ...shown });
    else
      context.print(
        Object.entries(shown)
          .map(([field, value]) => `${field}: ${value}`)
          .join('\n'),
      );
    return EXIT.ok;
  });
}

function set(context: CommandContext, _options: object, name: string): Promise<number> {
  return withProject(context, async (project) => {
    const { store, clock, keys } = project;
    const text = await secretInput(context, process.stdin, `Connection ${name}, a URL or JSON: `);
    if (text === null) return EXIT.interrupted;
    const read = parseConnection(text);
    if (!read.ok) throw new AppError('usage', `The connection ${read.problem}. Nothing was changed.`);
    const before = await store.connections.one(name);
    const change = { action: 'saveConnection', target: `name=${name}`, status: 200 };
    await audited(project, change, (by) =>
      store.connections.save(connectionRecord({ keys }, name, read.connection, { by, at: clock.now() })),
    );
    const { type } = read.connection;
    if (context.flags.json) context.json({ name, type });
    context.say(`connection ${name} is ${before === null ? 'new' : 'changed'}: ${type}`);
    warnOfEnvironment(context, project, 'connection', name);
    return EXIT.ok;
  });
}

function remove(context: CommandContext, _options: object, name: string): Promise<number> {
  return withProject(context, (project) => removeValue(context, project, 'connection', name));
}

function test(context: CommandContext, _options: object, name: string): Promise<number> {
  return withProject(context, async (project) => {
    const place = await reach(await connectionNamed(project, name));
    if (context.flags.json) context.json({ name, reached: place });
    context.say(`${place} takes connections; nobody has logged in`);
    return EXIT.ok;
  });
}

/** A connection as a task would find it. */
async function connectionNamed(project: Project, name: string): Promise<Connection> {
  const found = (await listedValues(project, 'connection')).find((one) => one.name === name);
  if (found === undefined) throw await unknownValue(project, 'connection', name);
  if (found.record !== null) return openConnection({ keys: project.keys }, found.record);
  const read = parseConnection(found.text);
  if (!read.ok) throw new AppError('invalid', `Connection '${name}' ${read.problem}.`);
  return read.connection;
}

function withoutSecrets(one: Connection): { readonly [field: string]: string | number } {
  const fields = fieldsOf(one.type as ConnectionType);
  const entries = Object.entries(one).map(([name, value]) => [name, fields[name]?.secret ? '***' : value]);
  return Object.fromEntries(entries) as { readonly [field: string]: string | number };
}
