import type { Account } from '../../client/generated/api.ts';
import { type AccountChange, endAccount, setAccount } from '../../core/accounts/keep-accounts.ts';
import type { AccountRecord, Grant } from '../../core/model/account.ts';
import { AppError } from '../../core/model/errors.ts';
import { nearest } from '../../core/model/nearest.ts';
import type { Project } from '../../core/scheduler/project.ts';
import { audited } from '../audited.ts';
import { chosenAction, takesNoName } from '../chosen-action.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import {
  defineGrants,
  type GrantOptions,
  grantsOf,
  grantsText,
  requireAccountName,
  warnOfUnknownDags,
} from '../grant-flags.ts';
import { newPassword } from '../new-password.ts';
import type { Server } from '../remote/server.ts';
import { tableLines, tableWidth } from '../render/table.ts';
import { dateText, instantText } from '../render/time-text.ts';
import { withProject } from '../with-project.ts';

interface UserOptions extends GrantOptions {
  readonly disable?: boolean;
  readonly enable?: boolean;
  readonly newPassword?: boolean;
  readonly passwordStdin?: boolean;
}

/** Where accounts are: in a project of this machine, or behind a server. */
interface UserPlace {
  list(): Promise<readonly Account[]>;
  save(wanted: AccountChange): Promise<Account>;
  remove(name: string): Promise<void>;
  /** Ids of the DAGs that are known there. */
  dagIds(): Promise<readonly string[]>;
}

type Act = (
  context: CommandContext,
  place: UserPlace,
  options: UserOptions,
  name: string | undefined,
) => Promise<number>;

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
  run: (context, options, args) => {
    const act = wish(options, args);
    return withProject(context, (project) => act(context, usersHere(project)));
  },
});

/** `orch user` of a server. */
export const userThere: RemoteRun<UserOptions> = (context, server, options, args) =>
  wish(options, args)(context, usersThere(server));

/** What is asked for. @throws AppError `usage` for words that do not fit. */
function wish(options: UserOptions, [action, name]: Parameters<RemoteRun>[3]) {
  const act = chosenAction('user', ACTIONS, action, name);
  if (action === 'list') takesNoName('user', action, name);
  return (context: CommandContext, place: UserPlace) =>
    act(context, place, options, name === undefined ? name : String(name));
}

function usersHere(project: Project): UserPlace {
  const { accounts } = project.store;
  return {
    list: async () => (await accounts.accounts()).map(accountJson),
    save: (wanted) =>
      audited(project, { action: 'saveAccount', target: `name=${wanted.name}`, status: 200 }, async (by) =>
        accountJson(await setAccount(accounts, wanted, { by, at: project.clock.now() })),
      ),
    remove: async (name) => {
      const change = { action: 'removeAccount', target: `name=${name}`, status: 204 };
      await audited(project, change, () => endAccount(accounts, name, project.clock.now()));
    },
    dagIds: async () => (await project.store.dags()).map(({ dagId }) => dagId),
  };
}

function usersThere(server: Server): UserPlace {
  return {
    list: async () => (await server.call('listAccounts', {})).items,
    save: ({ name, grants, ...rest }) =>
      server.call('saveAccount', {
        params: { name },
        body: { ...(grants === undefined ? {} : { grants: [...grants] }), ...rest },
      }),
    remove: (name) => server.call('removeAccount', { params: { name } }),
    dagIds: async () => (await server.items('listDags', {})).map(({ dagId }) => dagId),
  };
}

async function set(
  context: CommandContext,
  place: UserPlace,
  options: UserOptions,
  name: string | undefined,
): Promise<number> {
  if (name === undefined) throw new AppError('usage', "'orch user set' needs the name of an account.");
  requireAccountName(name);
  if (options.disable && options.enable) throw new AppError('usage', 'Choose one of --disable, --enable.');
  const given = grantsOf(options);
  const accounts = await place.list();
  const before = accounts.find((one) => one.name === name);
  if (given === null && before === undefined) throw unknownUser(name, accounts, 'A new one needs a --role.');
  if (given !== null) warnOfUnknownDags(context, await place.dagIds(), given);
  const asks = options.passwordStdin || options.newPassword || before === undefined;
  const password = asks ? await newPassword(context, options.passwordStdin === true) : undefined;
  if (password === null) return EXIT.interrupted;
  const disabled = options.disable ? true : options.enable ? false : undefined;
  const saved = await place.save({
    name,
    ...(given === null ? {} : { grants: given }),
    ...(password === undefined ? {} : { password }),
    ...(disabled === undefined ? {} : { disabled }),
  });
  if (context.flags.json) context.json(saved);
  const state = saved.disabled ? ', and cannot log in: it is disabled' : '';
  const may = grantsText(saved.grants as Grant[]);
  context.say(`user ${name} is ${before === undefined ? 'new' : 'changed'}: ${may}${state}`);
  return EXIT.ok;
}

async function list(context: CommandContext, place: UserPlace): Promise<number> {
  const accounts = await place.list();
  if (context.flags.json) context.json({ items: accounts, nextCursor: null });
  else if (accounts.length === 0)
    context.say('There are no users: orch user set <name> --role <role> makes one.');
  else context.print(table(context, accounts).join('\n'));
  return EXIT.ok;
}

async function remove(
  context: CommandContext,
  place: UserPlace,
  _options: UserOptions,
  name: string | undefined,
): Promise<number> {
  if (name === undefined) throw new AppError('usage', "'orch user remove' needs the name of an account.");
  const accounts = await place.list();
  const before = accounts.find((one) => one.name === name);
  if (before === undefined) throw unknownUser(name, accounts, 'See: orch user list.');
  await place.remove(name);
  if (context.flags.json) context.json(before);
  context.say(`user ${name} is removed, and logged out everywhere`);
  return EXIT.ok;
}

function unknownUser(name: string, accounts: readonly Account[], otherwise: string): AppError {
  const similar = nearest(
    name,
    accounts.map((one) => one.name),
  );
  const hint = similar === null ? otherwise : `Did you mean '${similar}'? ${otherwise}`;
  return new AppError('not_found', `There is no user '${name}'. ${hint}`);
}

function table(context: CommandContext, accounts: readonly Account[]): string[] {
  const { bold, dim } = context.style;
  const columns = [
    { title: 'name', text: ({ name }: Account) => name, paint: bold },
    { title: 'may', text: ({ grants }: Account) => grantsText(grants as Grant[]), flex: true },
    { title: 'state', text: ({ disabled }: Account) => (disabled ? 'disabled' : 'holds') },
    { title: 'made (UTC)', text: ({ createdAt }: Account) => dateText(Date.parse(createdAt)) },
    { title: 'made by', text: ({ createdBy }: Account) => createdBy, flex: true, paint: dim },
  ];
  return tableLines(columns, accounts, tableWidth(context.host.stdout), dim);
}

function accountJson({ passwordHash, grants, createdAt, ...one }: AccountRecord): Account {
  const made = { hasPassword: passwordHash !== null, createdAt: instantText(createdAt) };
  return { ...one, ...made, grants: grants.map((grant) => ({ ...grant })) };
}
