import { AppError } from '../../core/model/errors.ts';
import { nearest } from '../../core/model/nearest.ts';
import { VALUE_NAME, type ValueOf, type ValueRecord, valueProblem } from '../../core/model/variable.ts';
import type { Project } from '../../core/scheduler/project.ts';
import { rotateValues, variableRecord } from '../../core/secrets/keep-values.ts';
import { audited } from '../audited.ts';
import { chosenAction, takesNoName } from '../chosen-action.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { instantText } from '../render/time-text.ts';
import { NEVER_A_WORD, secretInput } from '../secret-input.ts';
import { type ListedValue, listedValues, printValues } from '../value-list.ts';
import { withProject } from '../with-project.ts';

interface VariableOptions {
  readonly secret?: boolean;
}

type Act = (context: CommandContext, options: VariableOptions, name: string) => Promise<number>;

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
  run: (context, options, [action, name]) => {
    const act = chosenAction('variable', ACTIONS, action, name);
    if (act === list || act === rotate) takesNoName('variable', action, name);
    else requireName('variable', String(action), name);
    return act(context, options, String(name ?? ''));
  },
});

/** @throws AppError `usage` for a name that is missing, or none. */
export function requireName(of: ValueOf, action: string, name: unknown): void {
  if (name === undefined) throw new AppError('usage', `'orch ${of} ${action}' needs the name of a ${of}.`);
  if (!new RegExp(VALUE_NAME).test(String(name)))
    throw new AppError('usage', `'${name}' is no name: a letter or _, then letters, digits and _.`);
}

function list(context: CommandContext): Promise<number> {
  return withProject(context, async (project) => {
    const values = await listedValues(project, 'variable');
    printValues(context, 'variable', values);
    return EXIT.ok;
  });
}

function get(context: CommandContext, _options: VariableOptions, name: string): Promise<number> {
  return withProject(context, async (project) => {
    const found = (await listedValues(project, 'variable')).find((one) => one.name === name);
    if (found === undefined) throw await unknownValue(project, 'variable', name);
    if (found.kind === 'secret')
      throw new AppError('conflict', `Variable '${name}' is a secret: its value is not shown.`);
    const value = textOf(project, found);
    if (context.flags.json) context.json({ name, value, from: found.from });
    else context.print(value);
    return EXIT.ok;
  });
}

function textOf({ keys }: Project, found: ListedValue): string {
  return found.record === null ? found.text : keys.open(found.record);
}

function set(context: CommandContext, options: VariableOptions, name: string): Promise<number> {
  const secret = options.secret === true;
  return withProject(context, async (project) => {
    const { store, clock, keys } = project;
    const before = await store.variables.one(name);
    if (before?.kind === 'secret' && !secret)
      throw new AppError(
        'usage',
        `Variable '${name}' is a secret: say --secret to set it again, or delete it first.`,
      );
    const value = await secretInput(context, process.stdin, `Value of ${name}: `);
    if (value === null) return EXIT.interrupted;
    const problem = valueProblem(value, secret);
    if (problem !== null) throw new AppError('usage', `The value ${problem}. Nothing was changed.`);
    const change = { action: 'saveVariable', target: `name=${name}`, status: 200 };
    await audited(project, change, (by) =>
      store.variables.save(variableRecord({ keys }, { name, value, secret }, { by, at: clock.now() })),
    );
    if (context.flags.json) context.json({ name, secret });
    context.say(`variable ${name} is ${before === null ? 'new' : 'changed'}${secret ? ': a secret' : ''}`);
    warnOfEnvironment(context, project, 'variable', name);
    return EXIT.ok;
  });
}

function remove(context: CommandContext, _options: VariableOptions, name: string): Promise<number> {
  return withProject(context, (project) => removeValue(context, project, 'variable', name));
}

/** Deletes a variable or connection from the store. */
export async function removeValue(
  context: CommandContext,
  project: Project,
  of: ValueOf,
  name: string,
): Promise<number> {
  const rows = of === 'variable' ? project.store.variables : project.store.connections;
  const before: ValueRecord | null = await rows.one(name);
  if (before === null) throw await unknownValue(project, of, name);
  const action = of === 'variable' ? 'removeVariable' : 'removeConnection';
  await audited(project, { action, target: `name=${name}`, status: 204 }, () => rows.remove(name));
  if (context.flags.json) context.json({ name, changedAt: instantText(before.changedAt) });
  context.say(`${of} ${name} is deleted`);
  return EXIT.ok;
}

function rotate(context: CommandContext): Promise<number> {
  return withProject(context, async (project) => {
    const { variables, connections } = project.store;
    const change = { action: 'rotateKeys', target: '', status: 200 };
    const changed = await audited(project, change, () =>
      rotateValues({ variables, connections, keys: project.keys }),
    );
    if (context.flags.json) context.json({ changed });
    context.say(`${changed} values were encrypted anew; all of them have the first key now`);
    return EXIT.ok;
  });
}

/** The error for a name that is not stored, with the one that is most like it. */
export async function unknownValue(project: Project, of: ValueOf, name: string): Promise<AppError> {
  const known = (await listedValues(project, of)).map((one) => one.name);
  const given = known.includes(name);
  if (given) return new AppError('conflict', `${name} does not come from the store: see orch ${of} list.`);
  const similar = nearest(name, known);
  const hint = similar === null ? `See: orch ${of} list.` : `Did you mean '${similar}'?`;
  return new AppError('not_found', `There is no ${of} '${name}'. ${hint}`);
}

/** What is stored is not what tasks find while the environment says something else. */
export function warnOfEnvironment(
  context: CommandContext,
  { config }: Project,
  of: ValueOf,
  name: string,
): void {
  const given = (of === 'variable' ? config.variables : config.connections)[name];
  if (given?.wins) context.warn(`${given.origin.place} comes before it as long as it is set`);
}
