import { AppError } from '../../core/model/errors.ts';
import { type ValueOf, valueProblem } from '../../core/model/variable.ts';
import { chosenAction, takesNoName } from '../chosen-action.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { variablesThere } from '../remote/values.ts';
import { instantText } from '../render/time-text.ts';
import { NEVER_A_WORD, secretInput } from '../secret-input.ts';
import { printValues, requireListed, requireName, requireStored } from '../value-list.ts';
import type { ValuePlace, VariablePlace } from '../value-places.ts';
import { variablesHere } from '../values-here.ts';
import { withProject } from '../with-project.ts';

interface VariableOptions {
  readonly secret?: boolean;
}

interface Wish {
  readonly place: VariablePlace;
  readonly name: string;
  readonly secret: boolean;
}

type Act = (context: CommandContext, wish: Wish) => Promise<number>;

const ACTIONS: { readonly [action: string]: Act } = { list, get, set, delete: remove, rotate };

/** `orch variable <action>`: values that tasks declare by name. */
export const variable = defineCommand<VariableOptions>({
  description:
    "A task names the variables that it may read in 'variables'. They are stored encrypted; a secret one " +
    'is never shown again, and masked in logs. ORCH_VAR_<name> in the environment comes first, the section ' +
    'variables of airflow.yaml last.',
  examples: [
    { command: 'orch variable set api_key --secret', what: 'asks for the value, and does not show it' },
    { command: 'orch variable set region < region.txt', what: 'the value from stdin' },
    { command: 'orch variable get region', what: 'the value, if it is no secret' },
    { command: 'orch variable list', what: 'names, and where each comes from' },
    { command: 'orch variable delete region', what: 'tasks do not find it any more' },
    { command: 'orch variable rotate', what: 'encrypt all values and connections with the first key' },
  ],
  excess: NEVER_A_WORD,
  define: (command) => {
    command
      .argument('<action>', 'list, get, set, delete or rotate')
      .argument('[name]', 'letters, digits and _')
      .option('--secret', 'set: never show the value, and mask it in logs');
  },
  run: (context, options, args) => {
    const act = wish(options, args);
    return withProject(context, (project) => act(context, variablesHere(project)));
  },
});

/** `orch variable` of a server. */
export const variableThere: RemoteRun<VariableOptions> = (context, server, options, args) =>
  wish(options, args)(context, variablesThere(server));

/** What is asked for. @throws AppError `usage` for words that do not fit. */
function wish({ secret = false }: VariableOptions, [action, name]: Parameters<RemoteRun>[3]) {
  const act = chosenAction('variable', ACTIONS, action, name);
  if (act === list || act === rotate) takesNoName('variable', action, name);
  else requireName('variable', String(action), name);
  return (context: CommandContext, place: VariablePlace) =>
    act(context, { place, name: String(name ?? ''), secret });
}

async function list(context: CommandContext, { place }: Wish): Promise<number> {
  printValues(context, 'variable', await place.list());
  return EXIT.ok;
}

async function get(context: CommandContext, { place, name }: Wish): Promise<number> {
  const found = requireListed(await place.list(), 'variable', name);
  if (found.kind === 'secret')
    throw new AppError('conflict', `Variable '${name}' is a secret: its value is not shown.`);
  const value = await place.value(name);
  if (context.flags.json) context.json({ name, value, from: found.from });
  else context.print(value);
  return EXIT.ok;
}

async function set(context: CommandContext, { place, name, secret }: Wish): Promise<number> {
  const before = await place.stored(name);
  if (before?.kind === 'secret' && !secret)
    throw new AppError(
      'usage',
      `Variable '${name}' is a secret: say --secret to set it again, or delete it first.`,
    );
  const value = await secretInput(context, `Value of ${name}: `);
  if (value === null) return EXIT.interrupted;
  const problem = valueProblem(value, secret);
  if (problem !== null) throw new AppError('usage', `The value ${problem}. Nothing was changed.`);
  await place.save({ name, value, secret });
  if (context.flags.json) context.json({ name, secret });
  context.say(`variable ${name} is ${before === null ? 'new' : 'changed'}${secret ? ': a secret' : ''}`);
  warnOfWinner(context, place, name);
  return EXIT.ok;
}

function remove(context: CommandContext, { place, name }: Wish): Promise<number> {
  return removeValue(context, place, 'variable', name);
}

/** Deletes a variable or connection from the store. */
export async function removeValue(
  context: CommandContext,
  place: ValuePlace,
  of: ValueOf,
  name: string,
): Promise<number> {
  const { changedAt } = (await place.stored(name)) ?? requireStored(await place.list(), of, name);
  await place.remove(name);
  if (context.flags.json) context.json({ name, changedAt: instantText(changedAt) });
  context.say(`${of} ${name} is deleted`);
  return EXIT.ok;
}

async function rotate(context: CommandContext, { place }: Wish): Promise<number> {
  const changed = await place.rotate();
  if (context.flags.json) context.json({ changed });
  context.say(`${changed} values were encrypted anew; all of them have the first key now`);
  return EXIT.ok;
}

/** What is stored is not what tasks find while something else says otherwise. */
export function warnOfWinner(context: CommandContext, place: ValuePlace, name: string): void {
  const winner = place.winner(name);
  if (winner !== null) context.warn(`${winner} comes before it as long as it is set`);
}
