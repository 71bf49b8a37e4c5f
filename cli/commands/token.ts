import type { Token } from '../../client/generated/api.ts';
import { isInForce, makeToken, type NewToken } from '../../core/accounts/keep-accounts.ts';
import type { Grant, TokenRecord } from '../../core/model/account.ts';
import { AppError } from '../../core/model/errors.ts';
import { nearest } from '../../core/model/nearest.ts';
import type { Project } from '../../core/scheduler/project.ts';
import { audited } from '../audited.ts';
import { chosenAction, takesNoName } from '../chosen-action.ts';
import { defineCommand, type RemoteRun } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { durationFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import {
  defineGrants,
  type GrantOptions,
  grantsOf,
  grantsText,
  requireAccountName,
  warnOfUnknownDags,
} from '../grant-flags.ts';
import type { Server } from '../remote/server.ts';
import { tableLines, tableWidth } from '../render/table.ts';
import { agoText, dateText, instantText } from '../render/time-text.ts';
import { withProject } from '../with-project.ts';

interface TokenOptions extends GrantOptions {
  readonly expires?: string;
}

/** A token to be made; `lastsMs` `null`: it holds until it is revoked. */
type Wanted = Omit<NewToken, 'expiresAt'> & { readonly lastsMs: number | null };

/** Where tokens are: in a project of this machine, or behind a server. */
interface TokenPlace {
  /** Newest first. */
  list(): Promise<readonly Token[]>;
  make(wanted: Wanted): Promise<{ readonly token: Token; readonly secret: string }>;
  revoke(tokenId: string): Promise<void>;
  /** Ids of the DAGs that are known there. */
  dagIds(): Promise<readonly string[]>;
}

type Act = (
  context: CommandContext,
  place: TokenPlace,
  options: TokenOptions,
  name: string | undefined,
) => Promise<number>;

const ACTIONS: { readonly [action: string]: Act } = { create, list, revoke };
/** The beginning of an id that is enough, as far as only one has it. */
const PREFIX_MIN = 4;
const SHOWN_DIGITS = 8;

/** `orch token <action>`: what programs show the HTTP API. */
export const token = defineCommand<TokenOptions>({
  description:
    'A program that uses the HTTP API shows its token in a header, Authorization: Bearer <secret>. The ' +
    'secret is printed once, alone on stdout; a hash of it is stored.',
  examples: [
    { command: 'TOKEN=$(orch token create ci --role operator)', what: 'may start and stop runs' },
    {
      command: "orch token create desk --role viewer --dags 'market_*' --expires 90d",
      what: 'may read some DAGs, for a while',
    },
    { command: 'orch token list', what: 'who made which, and when it was used' },
    { command: 'orch token revoke 5f0c19b2', what: 'ends it at once' },
  ],
  define: (command) => {
    command
      .argument('<action>', 'create, list or revoke')
      .argument('[name]', 'create: a name, which the audit log shows; revoke: the id or its beginning');
    defineGrants(command);
    command.option('--expires <duration>', 'create: how long it holds, such as 90d; otherwise until revoked');
  },
  run: (context, options, args) => {
    const act = wish(options, args);
    return withProject(context, (project) => act(context, tokensHere(project)));
  },
});

/** `orch token` of a server. */
export const tokenThere: RemoteRun<TokenOptions> = (context, server, options, args) =>
  wish(options, args)(context, tokensThere(server, context.host.clock.now()));

/** What is asked for. @throws AppError `usage` for words that do not fit. */
function wish(options: TokenOptions, [action, name]: Parameters<RemoteRun>[3]) {
  const act = chosenAction('token', ACTIONS, action, name);
  if (action === 'list') takesNoName('token', action, name);
  return (context: CommandContext, place: TokenPlace) =>
    act(context, place, options, name === undefined ? name : String(name));
}

function tokensHere(project: Project): TokenPlace {
  const { accounts } = project.store;
  return {
    list: async () => (await accounts.tokens()).map(tokenJson),
    make: ({ name, grants, lastsMs }) => {
      const at = project.clock.now();
      const wanted = { name, grants, expiresAt: lastsMs === null ? null : at + lastsMs };
      return audited(project, { action: 'createToken', target: `name=${name}`, status: 201 }, async (by) => {
        const { token, secret } = await makeToken(accounts, wanted, { by, at });
        return { token: tokenJson(token), secret };
      });
    },
    revoke: async (tokenId) => {
      const change = { action: 'revokeToken', target: `tokenId=${tokenId}`, status: 204 };
      await audited(project, change, () => accounts.revokeToken(tokenId, project.clock.now()));
    },
    dagIds: async () => (await project.store.dags()).map(({ dagId }) => dagId),
  };
}

function tokensThere(server: Server, now: number): TokenPlace {
  return {
    list: async () => (await server.call('listTokens', {})).items,
    make: ({ name, grants, lastsMs }) => {
      const until = lastsMs === null ? {} : { expiresAt: new Date(now + lastsMs).toISOString() };
      return server.call('createToken', { body: { name, grants: [...grants], ...until } });
    },
    revoke: (tokenId) => server.call('revokeToken', { params: { tokenId } }),
    dagIds: async () => (await server.items('listDags', {})).map(({ dagId }) => dagId),
  };
}

async function create(
  context: CommandContext,
  place: TokenPlace,
  options: TokenOptions,
  name: string | undefined,
): Promise<number> {
  if (name === undefined) throw new AppError('usage', "'orch token create' needs a name for the token.");
  requireAccountName(name);
  const grants = grantsOf(options);
  if (grants === null) throw new AppError('usage', "'orch token create' needs a --role.");
  const lastsMs = options.expires === undefined ? null : durationFlag('--expires', options.expires);
  warnOfUnknownDags(context, await place.dagIds(), grants);
  const { token, secret } = await place.make({ name, grants, lastsMs });
  if (context.flags.json) context.json({ token, secret });
  else context.print(secret);
  const { expiresAt } = token;
  const until = expiresAt === null ? 'until it is revoked' : `until ${dateText(Date.parse(expiresAt))} UTC`;
  const id = shortId(token);
  context.say(`token ${name} (${id}): ${grantsText(grants)}, ${until}. Its secret is shown this once.`);
  return EXIT.ok;
}

async function list(context: CommandContext, place: TokenPlace): Promise<number> {
  const tokens = await place.list();
  if (context.flags.json) context.json({ items: tokens, nextCursor: null });
  else if (tokens.length === 0)
    context.say('There are no tokens: orch token create <name> --role <role> makes one.');
  else context.print(table(context, tokens).join('\n'));
  return EXIT.ok;
}

async function revoke(
  context: CommandContext,
  place: TokenPlace,
  _options: TokenOptions,
  id: string | undefined,
): Promise<number> {
  if (id === undefined) throw new AppError('usage', "'orch token revoke' needs the id of a token.");
  const one = tokenOf(await place.list(), id);
  const now = context.host.clock.now();
  if (one.revokedAt !== null)
    throw new AppError(
      'conflict',
      `Token ${shortId(one)} was revoked ${agoText(Date.parse(one.revokedAt), now)}.`,
    );
  await place.revoke(one.tokenId);
  if (context.flags.json) context.json({ ...one, revokedAt: instantText(now) });
  context.say(`token ${one.name} (${shortId(one)}) is revoked`);
  return EXIT.ok;
}

/** The token that an id or its beginning names. */
function tokenOf(tokens: readonly Token[], id: string): Token {
  const found = tokens.filter(
    ({ tokenId }) => tokenId === id || (id.length >= PREFIX_MIN && tokenId.startsWith(id)),
  );
  const [one] = found;
  if (found.length === 1 && one !== undefined) return one;
  if (found.length > 1)
    throw new AppError('usage', `Several tokens begin with '${id}': ${found.map(shortId).join(', ')}.`);
  const named = tokens.find(({ name, revokedAt }) => name === id && revokedAt === null);
  const similar = nearest(id, tokens.map(shortId));
  const meant = named === undefined ? similar : shortId(named);
  const hint = meant === null ? 'See: orch token list.' : `Did you mean '${meant}'?`;
  throw new AppError('not_found', `There is no token with the id '${id}'. ${hint}`);
}

function shortId({ tokenId }: Token): string {
  return tokenId.slice(0, SHOWN_DIGITS);
}

function stateText({ expiresAt, revokedAt }: Token, now: number): string {
  const until = expiresAt === null ? null : Date.parse(expiresAt);
  if (revokedAt !== null) return 'revoked';
  if (until === null) return 'holds';
  return isInForce({ expiresAt: until, revokedAt: null }, now) ? `until ${dateText(until)}` : 'expired';
}

function table({ host, style }: CommandContext, tokens: readonly Token[]): string[] {
  const now = host.clock.now();
  const columns = [
    { title: 'id', text: shortId },
    { title: 'name', text: ({ name }: Token) => name, paint: style.bold },
    { title: 'may', text: ({ grants }: Token) => grantsText(grants as Grant[]), flex: true },
    { title: 'state (UTC)', text: (one: Token) => stateText(one, now) },
    {
      title: 'used',
      text: ({ usedAt }: Token) => (usedAt === null ? 'never' : agoText(Date.parse(usedAt), now)),
    },
    { title: 'made by', text: ({ createdBy }: Token) => createdBy, flex: true, paint: style.dim },
  ];
  return tableLines(columns, tokens, tableWidth(host.stdout), style.dim);
}

function tokenJson({ grants, createdAt, ...one }: TokenRecord): Token {
  return {
    ...one,
    grants: grants.map((grant) => ({ ...grant })),
    createdAt: instantText(createdAt),
    expiresAt: instantText(one.expiresAt),
    usedAt: instantText(one.usedAt),
    revokedAt: instantText(one.revokedAt),
  };
}
