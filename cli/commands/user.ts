import { endAccount, setAccount } from '../../core/accounts/keep-accounts.ts';
import { ACCOUNT_NAME, type AccountRecord } from '../../core/model/account.ts';
import { AppError } from '../../core/model/errors.ts';
import { nearest } from '../../core/model/nearest.ts';
import type { Project } from '../../core/scheduler/project.ts';
import { audited } from '../audited.ts';
import { chosenAction, takesNoName } from '../chosen-action.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { defineGrants, type GrantOptions, grantsOf, grantsText, warnOfUnknownDags } from '../grant-flags.ts';
import { newPassword } from '../new-password.ts';
import { tableLines, tableWidth } from '../render/table.ts';
import { dateText, instantText } from '../render/time-text.ts';
import { withProject } from '../with-project.ts';

interface UserOptions extends GrantOptions {
  readonly disable?: boolean;
  readonly enable?: boolean;
  readonly newPassword?: boolean;
  readonly passwordStdin?: boolean;
}

type Act = (context: CommandContext, options: UserOptions, name: string | undefined) => Promise<number>;

const ACTIONS: { readonly [action: string]: Act } = { set, list, remove };

/** `orch user <action>`: who may log in to the HTTP API. */
export const user = defineCommand<UserOptions>({
  description:
    'People log in to the HTTP API with a name and a password. The password of a new account is asked for; ' +
    'what is not given of one that exists stays as it is. A new password, --disable and remove log it out.',
  examples: [
    { command: 'orch user set ann --role admin', what: 'a new account; asks for its password' },
    { command: "orch user set bob --role operator --dags 'market_*'", what: 'may do less from now on' },
    { command: 'orch user set ann --new-password', what: 'asks for another password' },
    { command: 'orch user set bob --role viewer --password-stdin < file', what: 'without a terminal' },
    { command: 'orch user list', what: 'all accounts' },
    { command: 'orch user remove bob', what: 'ends the account and its logins' },
  ],
  define: (command) => {
    command.argument('<action>', 'set, list or remove').argument('[name]', 'the name of the account');
    defineGrants(command);
    command
      .option('--disable', 'set: cannot log in until --enable')
      .option('--enable', 'set: can log in again')
      .option('--new-password', 'set: ask for another password')
      .option('--password-stdin', 'set: read the password from stdin');
  },
  run: (context, options, [action, name]) => {
    const act = chosenAction('user', ACTIONS, action, name);
    if (action === 'list') takesNoName('user', action, name);
    return act(context, options, name === undefined ? name : String(name));
  },
});

async function set(context: CommandContext, options: UserOptions, name: string | undefined): Promise<number> {
  if (name === undefined) throw new AppError('usage', "'orch user set' needs the name of an account.");
  if (!new RegExp(ACCOUNT_NAME).test(name))
    throw new AppError('usage', `'${name}' is no name: letters, digits and . _ @ + - after the first one.`);
  if (options.disable && options.enable) throw new AppError('usage', 'Choose one of --disable, --enable.');
  const given = grantsOf(options);
  return withProject(context, async (project) => {
    const { accounts } = project.store;
    const before = await accounts.account(name);
    const grants = given ?? before?.grants;
    if (grants === undefined) throw unknownUser(name, await accounts.accounts(), 'A new one needs a --role.');
    await warnOfUnknownDags(context, project, given ?? []);
    const asks = options.passwordStdin || options.newPassword || before === null;
    const password = asks
      ? await newPassword(context, process.stdin, options.passwordStdin === true)
      : undefined;
    if (password === null) return EXIT.interrupted;
    const disabled = options.disable ? true : options.enable ? false : undefined;
    const wanted = {
      name,
      grants,
      ...(password === undefined ? {} : { password }),
      ...(disabled === undefined ? {} : { disabled }),
    };
    const change = { action: 'saveAccount', target: `name=${name}`, status: 200 };
    const saved = await audited(project, change, (by) =>
      setAccount(accounts, wanted, { by, at: project.clock.now() }),
    );
    if (context.flags.json) context.json(userJson(saved));
    const state = saved.disabled ? ', and cannot log in: it is disabled' : '';
    context.say(`user ${name} is ${before === null ? 'new' : 'changed'}: ${grantsText(grants)}${state}`);
    return EXIT.ok;
  });
}

function list(context: CommandContext): Promise<number> {
  return withProject(context, async ({ store }) => {
    const accounts = await store.accounts.accounts();
    if (context.flags.json) context.json({ items: accounts.map(userJson), nextCursor: null });
    else if (accounts.length === 0)
      context.say('There are no users: orch user set <name> --role <role> makes one.');
    else context.print(table(context, accounts).join('\n'));
    return EXIT.ok;
  });
}

async function remove(
  context: CommandContext,
  _options: UserOptions,
  name: string | undefined,
): Promise<number> {
  if (name === undefined) throw new AppError('usage', "'orch user remove' needs the name of an account.");
  return withProject(context, async (project: Project) => {
    const { accounts } = project.store;
    const before = await accounts.account(name);
    if (before === null) throw unknownUser(name, await accounts.accounts(), 'See: orch user list.');
    const change = { action: 'removeAccount', target: `name=${name}`, status: 204 };
    await audited(project, change, () => endAccount(accounts, name, project.clock.now()));
    if (context.flags.json) context.json(userJson(before));
    context.say(`user ${name} is removed, and logged out everywhere`);
    return EXIT.ok;
  });
}

function unknownUser(name: string, accounts: readonly AccountRecord[], otherwise: string): AppError {
  const similar = nearest(
    name,
    accounts.map((one) => one.name),
  );
  const hint = similar === null ? otherwise : `Did you mean '${similar}'? ${otherwise}`;
  return new AppError('not_found', `There is no user '${name}'. ${hint}`);
}

function table(context: CommandContext, accounts: readonly AccountRecord[]): string[] {
  const { bold, dim } = context.style;
  const columns = [
    { title: 'name', text: ({ name }: AccountRecord) => name, paint: bold },
    { title: 'may', text: ({ grants }: AccountRecord) => grantsText(grants), flex: true },
    { title: 'state', text: ({ disabled }: AccountRecord) => (disabled ? 'disabled' : 'holds') },
    { title: 'made (UTC)', text: ({ createdAt }: AccountRecord) => dateText(createdAt) },
    { title: 'made by', text: ({ createdBy }: AccountRecord) => createdBy, flex: true, paint: dim },
  ];
  return tableLines(columns, accounts, tableWidth(context.host.stdout), dim);
}

function userJson({ passwordHash, createdAt, ...one }: AccountRecord): object {
  return { ...one, hasPassword: passwordHash !== null, createdAt: instantText(createdAt) };
}
