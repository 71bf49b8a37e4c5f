import { AppError } from '../../core/model/errors.ts';
import { chosenAction, takesNoName } from '../chosen-action.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { askHidden } from '../new-password.ts';
import {
  contextsFile,
  readContexts,
  requireContext,
  type ServerContext,
  serverUrl,
  writeContexts,
} from '../remote/contexts.ts';
import { readSecret } from '../remote/read-secret.ts';
import { Server } from '../remote/server.ts';
import { tableLines, tableWidth } from '../render/table.ts';

interface ContextOptions {
  /** False with `--no-token`. */
  readonly token?: boolean;
}

type Act = (context: CommandContext, options: ContextOptions, args: readonly string[]) => Promise<number>;

const ACTIONS: { readonly [action: string]: Act } = { add, use, list, remove };

/** `orch context <action>`: names for servers, with the tokens for them. */
export const serverContext = defineCommand<ContextOptions>({
  description:
    'The context in use is asked outside of projects; elsewhere --server names one. Names and tokens are ' +
    'kept in a file that only you can read.',
  examples: [
    { command: 'orch context add prod https://orch.example.org', what: 'asks for the token' },
    { command: 'orch context add prod https://orch.example.org < token', what: 'the token from a file' },
    { command: 'orch runs --server prod', what: 'asks it' },
    { command: 'orch context use prod', what: 'is asked wherever no project is' },
  ],
  define: (command) => {
    command
      .argument('<action>', 'add, use, list or remove')
      .argument('[name]', 'the name')
      .argument('[url]', 'add: the address of the server');
    command.option('--no-token', 'add: nobody has to log in there');
  },
  run: (context, options, [action, ...args]) =>
    chosenAction(
      'context',
      ACTIONS,
      action,
      args[0],
    )(context, options, args.filter((one) => one !== undefined).map(String)),
});

async function add(
  context: CommandContext,
  options: ContextOptions,
  [name, url]: readonly string[],
): Promise<number> {
  if (name === undefined || url === undefined)
    throw new AppError('usage', "'orch context add' needs a name and the address of a server.");
  if (name.includes('://') && !url.includes('://'))
    throw new AppError('usage', `The name comes first: orch context add ${url} ${name}`);
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(name))
    throw new AppError('usage', `'${name}' is no name of a context: letters, digits and . _ - in it.`);
  const known = readContexts(context.host);
  const address = serverUrl(url);
  const token = options.token === false ? null : await askToken(context);
  if (token === undefined) {
    context.say('Nothing was kept.');
    return EXIT.interrupted;
  }
  const made: ServerContext = {
    url: address,
    ...(token === null ? {} : { token }),
    ...(context.flags.allowHttp ? { allowHttp: true } : {}),
  };
  // A token that is not valid is told now, and not kept.
  const me = await new Server(made).call('getMe', {});
  writeContexts(context.host, { ...known, contexts: { ...known.contexts, [name]: made } });
  if (context.flags.json) context.json({ name, url: made.url, hasToken: token !== null, as: me.name });
  else context.print(`context ${name} is ${made.url}, as ${me.name}`);
  return EXIT.ok;
}

/** The token that stdin gives, or the user types; `null` for an empty line, `undefined` for Ctrl-C. */
async function askToken(context: CommandContext): Promise<string | null | undefined> {
  const { stdin } = context.host;
  if (stdin.isTTY !== true) return readSecret(stdin);
  const line = await askHidden(context, 'Token, nothing for none: ');
  if (line === null) return undefined;
  return line.trim() === '' ? null : line.trim();
}

async function use(
  context: CommandContext,
  _options: ContextOptions,
  [name]: readonly string[],
): Promise<number> {
  if (name === undefined) throw new AppError('usage', "'orch context use' needs the name of a context.");
  const known = readContexts(context.host);
  const { url } = requireContext(known, name);
  writeContexts(context.host, { ...known, current: name });
  if (context.flags.json) context.json({ name, url });
  else context.print(`context ${name} (${url}) is asked outside of projects`);
  return EXIT.ok;
}

async function list(
  context: CommandContext,
  _options: ContextOptions,
  [name]: readonly string[],
): Promise<number> {
  takesNoName('context', 'list', name);
  const { current, contexts } = readContexts(context.host);
  const items = Object.entries(contexts).map(([name, { url, token }]) => ({
    name,
    url,
    hasToken: token !== undefined,
    inUse: name === current,
  }));
  if (context.flags.json) context.json({ items, nextCursor: null });
  else if (items.length === 0) context.say(`There are no contexts in ${contextsFile(context.host)}.`);
  else {
    type Item = (typeof items)[number];
    const columns = [
      { title: '', text: ({ inUse }: Item) => (inUse ? '*' : '') },
      { title: 'name', text: ({ name }: Item) => name, paint: context.style.bold },
      { title: 'server', text: ({ url }: Item) => url, flex: true },
      { title: 'token', text: ({ hasToken }: Item) => (hasToken ? 'yes' : 'no') },
    ];
    context.print(tableLines(columns, items, tableWidth(context.host.stdout), context.style.dim).join('\n'));
  }
  return EXIT.ok;
}

async function remove(
  context: CommandContext,
  _options: ContextOptions,
  [name]: readonly string[],
): Promise<number> {
  if (name === undefined) throw new AppError('usage', "'orch context remove' needs the name of a context.");
  const known = readContexts(context.host);
  requireContext(known, name);
  const { [name]: _, ...contexts } = known.contexts;
  writeContexts(context.host, { current: known.current === name ? null : known.current, contexts });
  if (context.flags.json) context.json({ name });
  else context.print(`context ${name} is removed`);
  return EXIT.ok;
}
